// Any bytes as TUF metadata of each type
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/delegation.h"
#include "guard/guard.h"
#include "guard/owner_set.h"
#include "guard/release_list.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_into(const struct metadata *metadata) {
    struct metadata_file file;
    uint64_t signed_by[METADATA_KEYS_MAX / 64];
    for (uint32_t i = 0; i < metadata->entry_count; i++) {
        const struct metadata_entry *entry = &metadata->entries[i];
        assert(metadata_find(metadata, entry->name) == entry);
        metadata_entry_read(metadata, entry, &file);
        metadata_file_check(&file, "file", SLICE("hello"), NULL);
    }
    for (unsigned type = 0; metadata->type == METADATA_ROOT && type < METADATA_TYPE_COUNT; type++) {
        const struct metadata_role *role = &metadata->roles[type];
        assert(role->threshold > 0);
        metadata_signers(metadata, role, metadata, signed_by);
    }
    for (uint32_t i = 0; i < metadata->delegation_count; i++)
        metadata_verify(metadata, &metadata->delegations[i], metadata, NULL);
}

// What the owners' tools make of it.
static void look_at_lists(const struct metadata *metadata) {
    struct owner_set owners;
    struct release_list releases;
    char bin[METADATA_BIN_NAME_SIZE];
    if (metadata->type == METADATA_ROOT) {
        owner_set_init(&owners);
        owner_set_read(&owners, metadata, NULL);
        owner_set_done(&owners);
    }
    if (metadata->type == METADATA_TARGETS) {
        struct metadata_role role;
        uint32_t at = 0, count = 0;
        release_list_init(&releases);
        if (release_list_read(&releases, metadata, NULL) == STATUS_OK)
            assert(releases.count == metadata->entry_count);
        release_list_done(&releases);
        while (delegation_next(metadata, SLICE("a/file.exe"), &at, &role, bin))
            assert(++count <= metadata->delegation_count + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (unsigned type = 0; type < METADATA_TYPE_COUNT; type++) {
        struct metadata *metadata;
        if (metadata_read(slice_of(data, size), (enum metadata_type)type, 0, &metadata, NULL) !=
            STATUS_OK)
            continue;
        fuzz_understood();
        assert(metadata->version > 0);
        assert(slice_equal(metadata->bytes, slice_of(data, size)));
        look_into(metadata);
        look_at_lists(metadata);
        metadata_free(metadata);
    }
    return 0;
}
