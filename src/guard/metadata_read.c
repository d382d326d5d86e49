// The schema of TUF metadata
// SPDX-License-Identifier: Apache-2.0
//
// 1. Nothing here looks at a signature: whatever is read may come from anybody.
// 2. Every list is bounded before memory is taken for it; what is taken is the file's own.
// 3. `entries` are sorted by name and no two are the same (the scanner refuses a key twice).
#include "guard/metadata.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SHOWN_MAX = 80, // of a name in a text for people
};

struct reading {
    struct metadata *to;
    const struct canonical_document *document;
    struct refusal *refusal;
};

#define SHOWN(slice) (int)((slice).size < SHOWN_MAX ? (slice).size : SHOWN_MAX), (slice).data

static enum status refuse(const struct reading *reading, const char *what) {
    return refusal_set(reading->refusal, REFUSAL_FORMAT, "%s metadata: %s",
                       metadata_type_name(reading->to->type), what);
}

static void *reading_new(const struct reading *reading, size_t count, size_t size) {
    // Never NULL: the ceiling is above what the file's text can ask for, see metadata_read.
    void *memory = arena_new(&reading->to->arena, count, size);
    assert(memory);
    return memory;
}

static const struct canonical_value *member(const struct reading *reading,
                                            const struct canonical_value *object, const char *key) {
    return canonical_find(reading->document, object, key);
}

static bool member_text(const struct reading *reading, const struct canonical_value *object,
                        const char *key, struct slice *ret_text) {
    return canonical_string(reading->document, member(reading, object, key), ret_text);
}

static bool member_integer(const struct reading *reading, const struct canonical_value *object,
                           const char *key, int64_t *ret_number) {
    return canonical_integer(reading->document, member(reading, object, key), ret_number);
}

// "1.0.34", "1.0": the major version is the one that we read (4.3).
static bool version_is_ours(struct slice text) {
    size_t dots = 0;
    if (!slice_starts(text, SLICE("1.")) || text.size > 32)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        dots += text.data[i] == '.';
        if (!digit && (text.data[i] != '.' || text.data[i - 1] == '.'))
            return false;
    }
    return dots <= 2 && text.data[text.size - 1] != '.';
}

// "2030-01-01T00:00:00Z", and nothing else (4.2.1).
static bool expires_read(struct slice text, int64_t *ret_time_ns) {
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    if (text.size != sizeof form - 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (form[i] == 'd' ? !digit : text.data[i] != (uint8_t)form[i])
            return false;
    }
    return clock_parse(text, ret_time_ns);
}

static enum status common_read(struct reading *reading) {
    struct metadata *to = reading->to;
    const struct canonical_value *part = to->signed_part;
    struct slice type, specification, expires;
    if (!member_text(reading, part, "_type", &type) ||
        !slice_equal_string(type, metadata_type_name(to->type)))
        return refuse(reading, "_type is another one");
    if (!member_text(reading, part, "spec_version", &specification) ||
        !version_is_ours(specification))
        return refuse(reading, "spec_version is not 1.x");
    if (!member_integer(reading, part, "version", &to->version) || to->version < 1)
        return refuse(reading, "version is no number from 1 on");
    if (!member_text(reading, part, "expires", &expires) || !expires_read(expires, &to->expires_ns))
        return refuse(reading, "expires is not written as 2030-01-01T00:00:00Z");
    return STATUS_OK;
}

static enum status signatures_read(struct reading *reading) {
    struct metadata *to = reading->to;
    const struct canonical_value *list =
        member(reading, canonical_root(reading->document), "signatures");
    if (!canonical_is(list, CANONICAL_ARRAY))
        return refuse(reading, "there is no list of signatures");
    if (list->count > METADATA_SIGNATURES_MAX)
        return refuse(reading, "too many signatures");
    to->signatures = reading_new(reading, list->count, sizeof *to->signatures);
    for (const struct canonical_value *one = canonical_first(reading->document, list); one;
         one = canonical_next(reading->document, list, one)) {
        struct metadata_signature *signature = &to->signatures[to->signature_count];
        if (!member_text(reading, one, "keyid", &signature->keyid) ||
            !member_text(reading, one, "sig", &signature->hex))
            return refuse(reading, "a signature without keyid or sig");
        for (uint32_t i = 0; i < to->signature_count; i++)
            if (slice_equal(to->signatures[i].keyid, signature->keyid))
                return refuse(reading, "two signatures with the same keyid");
        to->signature_count++;
    }
    return STATUS_OK;
}

static int key_compare(const void *a, const void *b) {
    return slice_compare(((const struct metadata_key *)a)->keyid,
                         ((const struct metadata_key *)b)->keyid);
}

static enum status keys_read(struct reading *reading, const struct canonical_value *object) {
    struct metadata *to = reading->to;
    if (!canonical_is(object, CANONICAL_OBJECT))
        return refuse(reading, "keys is no object");
    if (object->count > METADATA_KEYS_MAX)
        return refuse(reading, "too many keys");
    to->keys = reading_new(reading, object->count, sizeof *to->keys);
    for (const struct canonical_value *one = canonical_first(reading->document, object); one;
         one = canonical_next(reading->document, object, one)) {
        struct slice text;
        if (!member_text(reading, one, "keytype", &text) ||
            !member_text(reading, one, "scheme", &text) ||
            !canonical_is(member(reading, one, "keyval"), CANONICAL_OBJECT))
            return refuse(reading, "a key without keytype, scheme or keyval");
        struct metadata_key *key = &to->keys[to->key_count++];
        key->keyid = canonical_key(reading->document, one);
        // A key that we cannot use signs nothing, which is all that it may do.
        key->usable = key_read(&key->key, reading->document, one, NULL) == STATUS_OK;
    }
    qsort(to->keys, to->key_count, sizeof *to->keys, key_compare);
    return STATUS_OK;
}

static uint32_t key_find(const struct metadata *metadata, struct slice keyid) {
    const struct metadata_key wanted = {.keyid = keyid};
    const struct metadata_key *found = NULL;
    if (metadata->key_count)
        found = bsearch(&wanted, metadata->keys, metadata->key_count, sizeof wanted, key_compare);
    return found ? (uint32_t)(found - metadata->keys) : UINT32_MAX;
}

// "keyids" and "threshold" of a role of root, a delegation or bins.
static enum status role_read(struct reading *reading, const struct canonical_value *object,
                             struct metadata_role *role) {
    const struct canonical_value *list = member(reading, object, "keyids");
    uint64_t seen[METADATA_KEYS_MAX / 64] = {0};
    int64_t threshold;
    if (!canonical_is(list, CANONICAL_ARRAY) || list->count > METADATA_KEYS_MAX)
        return refuse(reading, "a role without a list of keyids");
    uint32_t *keys = reading_new(reading, list->count, sizeof *keys);
    for (const struct canonical_value *one = canonical_first(reading->document, list); one;
         one = canonical_next(reading->document, list, one)) {
        struct slice keyid;
        if (!canonical_string(reading->document, one, &keyid))
            return refuse(reading, "a keyid that is no text");
        uint32_t key = keys[role->key_count++] = key_find(reading->to, keyid);
        if (key == UINT32_MAX)
            continue;
        if (seen[key / 64] >> key % 64 & 1)
            return refuse(reading, "a role that names a keyid twice");
        seen[key / 64] |= 1ull << key % 64;
    }
    role->keys = keys;
    if (!member_integer(reading, object, "threshold", &threshold) || threshold < 1 ||
        threshold > UINT32_MAX)
        return refuse(reading, "a threshold that is no number from 1 on");
    role->threshold = (uint32_t)threshold;
    return STATUS_OK;
}

static enum status root_read(struct reading *reading) {
    struct metadata *to = reading->to;
    const struct canonical_value *consistent =
        member(reading, to->signed_part, "consistent_snapshot");
    if (consistent && !canonical_boolean(consistent, &to->consistent_snapshot))
        return refuse(reading, "consistent_snapshot is neither true nor false");
    enum status status = keys_read(reading, member(reading, to->signed_part, "keys"));
    const struct canonical_value *roles = member(reading, to->signed_part, "roles");
    for (unsigned type = 0; status == STATUS_OK && type < METADATA_TYPE_COUNT; type++) {
        const char *name = metadata_type_name((enum metadata_type)type);
        const struct canonical_value *role = member(reading, roles, name);
        if (!canonical_is(role, CANONICAL_OBJECT))
            return refuse(reading, "one of the four roles is missing");
        to->roles[type].name = slice_of_string(name);
        status = role_read(reading, role, &to->roles[type]);
    }
    return status;
}

static bool hashes_are_sound(const struct reading *reading, const struct canonical_value *hashes) {
    uint8_t digest[DIGEST_SIZE_MAX];
    if (!canonical_is(hashes, CANONICAL_OBJECT) || hashes->count == 0)
        return false;
    for (const struct canonical_value *one = canonical_first(reading->document, hashes); one;
         one = canonical_next(reading->document, hashes, one)) {
        struct slice name = canonical_key(reading->document, one), text;
        if (!canonical_string(reading->document, one, &text) || text.size == 0)
            return false;
        bool known = name.size == 6 && memcmp(name.data, "sha", 3) == 0;
        if (known && memcmp(name.data, "sha256", 6) == 0 && !key_read_hex(text, digest, 32))
            return false;
        if (known && memcmp(name.data, "sha512", 6) == 0 && !key_read_hex(text, digest, 64))
            return false;
    }
    return true;
}

struct entry_parts {
    const struct canonical_value *length, *hashes, *custom, *version;
};

// In one pass: there are hundreds of thousands of entries.
static struct entry_parts entry_parts_find(const struct reading *reading,
                                           const struct canonical_value *entry) {
    struct entry_parts parts = {0};
    for (const struct canonical_value *one = canonical_first(reading->document, entry); one;
         one = canonical_next(reading->document, entry, one)) {
        struct slice key = canonical_key(reading->document, one);
        // Sizes that the compiler knows: no call.
        if (key.size == 6 && memcmp(key.data, "length", 6) == 0)
            parts.length = one;
        else if (key.size == 6 && memcmp(key.data, "hashes", 6) == 0)
            parts.hashes = one;
        else if (key.size == 6 && memcmp(key.data, "custom", 6) == 0)
            parts.custom = one;
        else if (key.size == 7 && memcmp(key.data, "version", 7) == 0)
            parts.version = one;
    }
    return parts;
}

// A number from 0 on: the scanner has seen that it fits and is no -0.
static bool integer_is_natural(const struct canonical_document *document,
                               const struct canonical_value *value) {
    return canonical_is(value, CANONICAL_INTEGER) && canonical_text(document, value).data[0] != '-';
}

// One entry of "meta" (4.4) or "targets" (4.5).
static bool entry_is_sound(const struct reading *reading, const struct canonical_value *entry) {
    const struct canonical_document *document = reading->document;
    bool target = reading->to->type == METADATA_TARGETS;
    int64_t number;
    if (!canonical_is(entry, CANONICAL_OBJECT))
        return false;
    struct entry_parts parts = entry_parts_find(reading, entry);
    if (parts.length ? !integer_is_natural(document, parts.length) : target)
        return false;
    if (parts.hashes ? !hashes_are_sound(reading, parts.hashes) : target)
        return false;
    if (target)
        return !parts.custom || parts.custom->kind == CANONICAL_OBJECT;
    return canonical_integer(document, parts.version, &number) && number >= 1;
}

static int entry_compare(const void *a, const void *b) {
    return slice_compare(((const struct metadata_entry *)a)->name,
                         ((const struct metadata_entry *)b)->name);
}

static enum status entries_read(struct reading *reading, const char *name) {
    struct metadata *to = reading->to;
    const struct canonical_value *object = member(reading, to->signed_part, name);
    if (!canonical_is(object, CANONICAL_OBJECT))
        return refuse(reading, "the list of files is missing");
    to->entries = reading_new(reading, object->count, sizeof *to->entries);
    for (const struct canonical_value *one = canonical_first(reading->document, object); one;
         one = canonical_next(reading->document, object, one)) {
        struct metadata_entry *entry = &to->entries[to->entry_count];
        *entry = (struct metadata_entry){canonical_key(reading->document, one), one};
        if (!entry_is_sound(reading, one))
            return refusal_set(reading->refusal, REFUSAL_FORMAT,
                               "%s metadata: '%.*s' without a sound version, length or hash",
                               metadata_type_name(to->type), SHOWN(entry->name));
        to->entry_count++;
    }
    if (!reading->document->ordered)
        qsort(to->entries, to->entry_count, sizeof *to->entries, entry_compare);
    return STATUS_OK;
}

static bool texts_are_sound(const struct reading *reading, const struct canonical_value *list) {
    struct slice text;
    if (!canonical_is(list, CANONICAL_ARRAY))
        return false;
    for (const struct canonical_value *one = canonical_first(reading->document, list); one;
         one = canonical_next(reading->document, list, one))
        if (!canonical_string(reading->document, one, &text))
            return false;
    return true;
}

static bool name_is_top(struct slice name) {
    for (unsigned type = 0; type < METADATA_TYPE_COUNT; type++)
        if (slice_equal_string(name, metadata_type_name((enum metadata_type)type)))
            return true;
    return false;
}

static enum status delegation_read(struct reading *reading, const struct canonical_value *object,
                                   struct metadata_role *role) {
    if (!member_text(reading, object, "name", &role->name) || role->name.size == 0 ||
        name_is_top(role->name))
        return refuse(reading, "a delegation without a name of its own");
    if (!canonical_boolean(member(reading, object, "terminating"), &role->terminating))
        return refuse(reading, "a delegation that does not say whether it is terminating");
    role->paths = member(reading, object, "paths");
    role->hash_prefixes = member(reading, object, "path_hash_prefixes");
    if ((role->paths == NULL) == (role->hash_prefixes == NULL) ||
        !texts_are_sound(reading, role->paths ? role->paths : role->hash_prefixes))
        return refuse(reading, "a delegation needs either paths or path_hash_prefixes");
    return role_read(reading, object, role);
}

// TAP 15: 2^bit_length roles that share keys and threshold.
static enum status bins_read(struct reading *reading, const struct canonical_value *object) {
    struct metadata_bins *bins = &reading->to->bins;
    int64_t length;
    if (!member_integer(reading, object, "bit_length", &length) || length < 1 || length > 32 ||
        !member_text(reading, object, "name_prefix", &bins->name_prefix) ||
        bins->name_prefix.size == 0 || bins->name_prefix.size > METADATA_BIN_NAME_SIZE - 16)
        return refuse(reading, "succinct_roles without a sound bit_length or name_prefix");
    bins->bit_length = (unsigned)length;
    return role_read(reading, object, &bins->role);
}

static int name_compare(const void *a, const void *b) {
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static enum status names_check(const struct reading *reading) {
    const struct metadata *to = reading->to;
    struct slice *names = reading_new(reading, to->delegation_count, sizeof *names);
    for (uint32_t i = 0; i < to->delegation_count; i++)
        names[i] = to->delegations[i].name;
    qsort(names, to->delegation_count, sizeof *names, name_compare);
    for (uint32_t i = 1; i < to->delegation_count; i++)
        if (slice_equal(names[i - 1], names[i]))
            return refuse(reading, "two delegations of the same name");
    return STATUS_OK;
}

static enum status delegations_read(struct reading *reading) {
    struct metadata *to = reading->to;
    const struct canonical_value *object = member(reading, to->signed_part, "delegations");
    if (!object)
        return STATUS_OK;
    const struct canonical_value *list = member(reading, object, "roles");
    const struct canonical_value *bins = member(reading, object, "succinct_roles");
    enum status status = keys_read(reading, member(reading, object, "keys"));
    if (status != STATUS_OK)
        return status;
    if ((list == NULL) == (bins == NULL))
        return refuse(reading, "delegations need either roles or succinct_roles");
    if (bins)
        return bins_read(reading, bins);
    if (!canonical_is(list, CANONICAL_ARRAY) || list->count > METADATA_DELEGATIONS_MAX)
        return refuse(reading, "delegations without a list of roles, or of too many");
    to->delegations = reading_new(reading, list->count, sizeof *to->delegations);
    for (const struct canonical_value *one = canonical_first(reading->document, list);
         status == STATUS_OK && one; one = canonical_next(reading->document, list, one))
        status = delegation_read(reading, one, &to->delegations[to->delegation_count++]);
    return status == STATUS_OK ? names_check(reading) : status;
}

static enum status parts_read(struct reading *reading) {
    struct metadata *to = reading->to;
    to->signed_part = member(reading, canonical_root(reading->document), "signed");
    if (!canonical_is(to->signed_part, CANONICAL_OBJECT))
        return refuse(reading, "there is no signed part");
    enum status status = common_read(reading);
    if (status == STATUS_OK)
        status = signatures_read(reading);
    if (status != STATUS_OK)
        return status;
    if (to->type == METADATA_ROOT)
        return root_read(reading);
    if (to->type == METADATA_TARGETS) {
        status = entries_read(reading, "targets");
        return status == STATUS_OK ? delegations_read(reading) : status;
    }
    status = entries_read(reading, "meta");
    if (status == STATUS_OK && to->type == METADATA_TIMESTAMP &&
        !metadata_find(to, SLICE("snapshot.json")))
        return refuse(reading, "snapshot.json is missing");
    return status;
}

// As received. A text that was canonical already stands in the document, byte for byte.
static void bytes_keep(struct metadata *to, struct slice bytes) {
    if (to->document.verbatim) {
        to->bytes = slice_of(to->document.canonical, bytes.size);
        return;
    }
    to->copy = memory_resize(NULL, bytes.size, 1);
    memory_expect_large(to->copy, bytes.size);
    memcpy(to->copy, bytes.data, bytes.size);
    to->bytes = slice_of(to->copy, bytes.size);
}

enum status metadata_read(struct slice bytes, enum metadata_type type, size_t bytes_max,
                          struct metadata **ret_metadata, struct refusal *refusal) {
    struct metadata *to = memory_new(1, sizeof *to);
    struct problem problem;
    to->type = type;
    canonical_init(&to->document);
    // Each thing that is kept takes less than eight times its shortest text.
    arena_init(&to->arena, 8 * bytes.size + 1024 * 1024);
    enum status status = canonical_read(&to->document, bytes, bytes_max, &problem);
    if (status == STATUS_OK) {
        bytes_keep(to, bytes);
        struct reading reading = {to, &to->document, refusal};
        status = parts_read(&reading);
    } else {
        status = refusal_set(refusal, status == STATUS_LIMIT ? REFUSAL_LENGTH : REFUSAL_FORMAT,
                             "%s metadata: %s", metadata_type_name(type), problem.text);
    }
    if (status != STATUS_OK)
        metadata_free(to);
    else
        *ret_metadata = to;
    return status;
}
