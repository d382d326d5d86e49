// Who may sign: the keys of a root, to be changed
// SPDX-License-Identifier: Apache-2.0
#include "guard/owner_set.h"

#include "guard/canonical_json.h"

#include <assert.h>
#include <string.h>

enum {
    OWNER_BYTES_MAX = 4 * 1024 * 1024,
    OWNER_SHORT_DIGITS = 8,
};

void owner_set_init(struct owner_set *set) {
    *set = (struct owner_set){0};
    arena_init(&set->arena, OWNER_BYTES_MAX);
}

void owner_set_done(struct owner_set *set) {
    arena_done(&set->arena);
    *set = (struct owner_set){0};
}

static enum status owner_read(struct arena *arena, const struct canonical_document *document,
                              const struct canonical_value *value, struct owner *ret_owner,
                              struct problem *problem) {
    struct key key;
    struct buffer json;
    struct slice name = {NULL, 0};
    char keyid[DIGEST_SHA256_HEX_SIZE];
    if (!canonical_is(value, CANONICAL_OBJECT))
        return problem_set(problem, STATUS_FORMAT, "no public key in JSON");
    enum status status = key_read(&key, document, value, problem);
    if (status != STATUS_OK)
        return status;
    buffer_init(&json, 2 * KEY_PEM_BYTES_MAX);
    canonical_append_json(document, value, &json);
    key_identify(document, value, keyid);
    canonical_string(document, canonical_find(document, value, "x-vedette-owner"), &name);
    if (name.size == 0)
        name = slice_of(keyid, OWNER_SHORT_DIGITS);
    struct owner owner = {arena_keep(arena, slice_of(keyid, sizeof keyid - 1)),
                          arena_keep(arena, name),
                          arena_keep(arena, buffer_slice(&json)),
                          {0}};
    memcpy(owner.identity, key.identity, sizeof owner.identity);
    bool failed = json.failed || !owner.keyid.data || !owner.name.data || !owner.json.data;
    buffer_done(&json);
    key_done(&key);
    if (failed)
        return problem_set(problem, STATUS_LIMIT, "the public key is too long");
    *ret_owner = owner;
    return STATUS_OK;
}

static enum status owner_read_text(struct arena *arena, struct slice json, struct owner *ret_owner,
                                   struct problem *problem) {
    struct canonical_document document;
    canonical_init(&document);
    enum status status = canonical_read(&document, json, 2 * (size_t)KEY_PEM_BYTES_MAX, problem);
    if (status == STATUS_OK)
        status = owner_read(arena, &document, canonical_root(&document), ret_owner, problem);
    canonical_done(&document);
    return status;
}

// The KEY object of a role's nth key.
static enum status owner_of_role(struct owner_set *set, const struct metadata *root,
                                 const struct metadata_role *role, uint32_t n,
                                 struct owner *ret_owner, struct problem *problem) {
    const struct canonical_document *document = &root->document;
    const struct canonical_value *keys = canonical_find(document, root->signed_part, "keys");
    if (role->keys[n] == UINT32_MAX)
        return problem_set(problem, STATUS_FORMAT, "the root names a key that it does not have");
    struct slice keyid = root->keys[role->keys[n]].keyid;
    for (const struct canonical_value *member = canonical_first(document, keys); member;
         member = canonical_next(document, keys, member)) {
        if (!slice_equal(canonical_key(document, member), keyid))
            continue;
        enum status status = owner_read(&set->arena, document, member, ret_owner, problem);
        if (status == STATUS_OK)
            ret_owner->keyid = arena_keep(&set->arena, keyid);
        return status;
    }
    return problem_set(problem, STATUS_FORMAT, "the root names a key that it does not have");
}

enum status owner_set_read(struct owner_set *set, const struct metadata *root,
                           struct problem *problem) {
    if (!root)
        return STATUS_OK;
    const struct metadata_role *owners = &root->roles[METADATA_ROOT];
    const struct metadata_role *online = &root->roles[METADATA_TIMESTAMP];
    enum status status = STATUS_OK;
    struct slice ledger = {NULL, 0};
    if (owners->key_count > OWNERS_MAX)
        return problem_set(problem, STATUS_LIMIT, "the root has more than %d owners", OWNERS_MAX);
    for (uint32_t i = 0; status == STATUS_OK && i < owners->key_count; i++)
        status = owner_of_role(set, root, owners, i, &set->owners[set->count++], problem);
    set->threshold = owners->threshold;
    if (status == STATUS_OK && online->key_count) {
        status = owner_of_role(set, root, online, 0, &set->online, problem);
        set->has_online = status == STATUS_OK;
    }
    canonical_string(&root->document,
                     canonical_find(&root->document, root->signed_part, "x-vedette-ledger"),
                     &ledger);
    set->ledger = arena_keep(&set->arena, ledger);
    return status;
}

enum status owner_set_add(struct owner_set *set, struct slice json, struct problem *problem) {
    struct owner owner;
    enum status status = owner_read_text(&set->arena, json, &owner, problem);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < set->count; i++) {
        bool same = memcmp(set->owners[i].identity, owner.identity, sizeof owner.identity) == 0;
        if (same || slice_equal(set->owners[i].name, owner.name))
            return problem_set(problem, STATUS_USAGE, "%.*s is an owner already%s",
                               (int)owner.name.size, (const char *)owner.name.data,
                               same ? "" : ", with another key: rotate --remove that one first");
    }
    if (set->count == OWNERS_MAX)
        return problem_set(problem, STATUS_USAGE, "there are %d owners already", OWNERS_MAX);
    set->owners[set->count++] = owner;
    return STATUS_OK;
}

enum status owner_set_online(struct owner_set *set, struct slice json, struct problem *problem) {
    enum status status = owner_read_text(&set->arena, json, &set->online, problem);
    set->has_online = set->has_online || status == STATUS_OK;
    return status;
}

const struct owner *owner_set_find(const struct owner_set *set, struct slice word) {
    const struct owner *found = NULL;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct owner *owner = &set->owners[i];
        bool fits = slice_equal(owner->name, word) ||
                    (word.size >= OWNER_SHORT_DIGITS && slice_starts(owner->keyid, word));
        if (fits && found)
            return NULL;
        if (fits)
            found = owner;
    }
    return found;
}

void owner_set_remove(struct owner_set *set, const struct owner *owner) {
    size_t at = (size_t)(owner - set->owners);
    assert(at < set->count);
    memmove(&set->owners[at], &set->owners[at + 1], (set->count - at - 1) * sizeof *set->owners);
    set->count--;
}

uint32_t owner_set_majority(const struct owner_set *set) {
    return set->count / 2 + 1;
}
