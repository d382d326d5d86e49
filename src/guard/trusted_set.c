// What a client believes so far, and why
// SPDX-License-Identifier: Apache-2.0
//
// 1. Whatever is in the set was signed by the threshold of the root, or delegator, in force.
// 2. Roots come before timestamp, timestamp before snapshot, snapshot before targets.
// 3. `fresh` of timestamp and snapshot: not expired, and the snapshot is the timestamp's. What is
//    not fresh serves for comparison with what comes next, and for nothing else.
#include "guard/trusted_set.h"

#include "base/memory.h"

#include <assert.h>
#include <stdio.h>

struct loaded_targets {
    char *role;
    struct metadata *metadata;
};

struct trusted_set {
    int64_t now_ns;
    struct metadata *root, *timestamp, *snapshot;
    bool root_ended, timestamp_fresh, snapshot_fresh;
    bool rotated;
    struct loaded_targets *loaded; // [0] is the top
    size_t loaded_count;
};

enum status trusted_set_new(struct slice root, int64_t now_ns, struct trusted_set **ret_set,
                            struct refusal *refusal) {
    struct metadata *first;
    enum status status = metadata_read(root, METADATA_ROOT, 0, &first, refusal);
    if (status != STATUS_OK)
        return status;
    status = metadata_verify(first, &first->roles[METADATA_ROOT], first, refusal);
    if (status != STATUS_OK) {
        metadata_free(first);
        return status;
    }
    struct trusted_set *set = memory_new(1, sizeof *set);
    set->now_ns = now_ns;
    set->root = first;
    *ret_set = set;
    return STATUS_OK;
}

void trusted_set_free(struct trusted_set *set) {
    if (!set)
        return;
    metadata_free(set->root);
    metadata_free(set->timestamp);
    metadata_free(set->snapshot);
    for (size_t i = 0; i < set->loaded_count; i++) {
        memory_free(set->loaded[i].role);
        metadata_free(set->loaded[i].metadata);
    }
    memory_free(set->loaded);
    memory_free(set);
}

static bool key_is_same(const struct metadata *a, uint32_t one, const struct metadata *b,
                        uint32_t other) {
    if (one == UINT32_MAX || other == UINT32_MAX)
        return false;
    const struct metadata_key *first = &a->keys[one], *second = &b->keys[other];
    return slice_equal(first->keyid, second->keyid) && first->usable == second->usable &&
           (!first->usable ||
            memcmp(first->key.identity, second->key.identity, sizeof first->key.identity) == 0);
}

// Whether a role has the same keys in both.
static bool role_is_same(const struct metadata *a, const struct metadata *b,
                         enum metadata_type type) {
    const struct metadata_role *one = &a->roles[type], *other = &b->roles[type];
    if (one->key_count != other->key_count)
        return false;
    for (uint32_t i = 0; i < one->key_count; i++) {
        bool found = false;
        for (uint32_t j = 0; j < other->key_count && !found; j++)
            found = key_is_same(a, one->keys[i], b, other->keys[j]);
        if (!found)
            return false;
    }
    return true;
}

enum status trusted_set_root(struct trusted_set *set, struct slice bytes, struct refusal *refusal) {
    assert(!set->root_ended);
    struct metadata *next;
    enum status status = metadata_read(bytes, METADATA_ROOT, 0, &next, refusal);
    if (status != STATUS_OK)
        return status;
    status = metadata_verify(set->root, &set->root->roles[METADATA_ROOT], next, refusal);
    if (status == STATUS_OK)
        status = metadata_verify(next, &next->roles[METADATA_ROOT], next, refusal);
    if (status == STATUS_OK && next->version != set->root->version + 1)
        status =
            refusal_set(refusal, REFUSAL_ROLLBACK, "root version %lld does not follow version %lld",
                        (long long)next->version, (long long)set->root->version);
    if (status != STATUS_OK) {
        metadata_free(next);
        return status;
    }
    set->rotated = !role_is_same(set->root, next, METADATA_TIMESTAMP) ||
                   !role_is_same(set->root, next, METADATA_SNAPSHOT);
    metadata_free(set->root);
    set->root = next;
    return STATUS_OK;
}

bool trusted_set_rotated(const struct trusted_set *set) {
    return set->rotated;
}

enum status trusted_set_root_end(struct trusted_set *set, struct refusal *refusal) {
    set->root_ended = true;
    return metadata_expiry(set->root, "root", set->now_ns, refusal);
}

// A file of one of root's roles.
static enum status read_signed(const struct trusted_set *set, struct slice bytes,
                               enum metadata_type type, struct metadata **ret_metadata,
                               struct refusal *refusal) {
    struct metadata *found;
    enum status status = metadata_read(bytes, type, 0, &found, refusal);
    if (status != STATUS_OK)
        return status;
    status = metadata_verify(set->root, &set->root->roles[type], found, refusal);
    if (status != STATUS_OK)
        metadata_free(found);
    else
        *ret_metadata = found;
    return status;
}

static void snapshot_meta(const struct metadata *timestamp, struct metadata_file *ret_file) {
    metadata_entry_read(timestamp, metadata_find(timestamp, SLICE("snapshot.json")), ret_file);
}

static enum status timestamp_compare(const struct metadata *old, const struct metadata *new,
                                     struct refusal *refusal) {
    struct metadata_file before, after;
    snapshot_meta(old, &before);
    snapshot_meta(new, &after);
    if (new->version < old->version)
        return refusal_set(refusal, REFUSAL_ROLLBACK, "timestamp went back from %lld to %lld",
                           (long long)old->version, (long long)new->version);
    if (new->version > old->version && after.version < before.version)
        return refusal_set(refusal, REFUSAL_ROLLBACK,
                           "the timestamp's snapshot went back from %lld to %lld",
                           (long long)before.version, (long long)after.version);
    return STATUS_OK;
}

enum status trusted_set_timestamp(struct trusted_set *set, struct slice bytes, bool *ret_new,
                                  struct refusal *refusal) {
    assert(set->root_ended && !set->snapshot);
    struct metadata *found;
    enum status status = read_signed(set, bytes, METADATA_TIMESTAMP, &found, refusal);
    if (status != STATUS_OK)
        return status;
    if (set->timestamp)
        status = timestamp_compare(set->timestamp, found, refusal);
    bool newer = !set->timestamp || found->version > set->timestamp->version;
    if (status == STATUS_OK && newer) {
        metadata_free(set->timestamp);
        set->timestamp = found;
    } else {
        metadata_free(found);
    }
    if (status != STATUS_OK)
        return status;
    status = metadata_expiry(set->timestamp, "timestamp", set->now_ns, refusal);
    set->timestamp_fresh = status == STATUS_OK;
    if (status == STATUS_OK && ret_new)
        *ret_new = newer;
    return status;
}

// Every file that the old snapshot lists is in the new one, at no lower version (5.5.5).
static enum status snapshot_compare(const struct metadata *old, const struct metadata *new,
                                    struct refusal *refusal) {
    for (uint32_t i = 0; i < old->entry_count; i++) {
        struct slice name = old->entries[i].name;
        int shown = (int)(name.size < 80 ? name.size : 80);
        const struct metadata_entry *entry = metadata_find(new, name);
        if (!entry)
            return refusal_set(refusal, REFUSAL_ROLLBACK, "the snapshot no longer lists '%.*s'",
                               shown, name.data);
        struct metadata_file before, after;
        metadata_entry_read(old, &old->entries[i], &before);
        metadata_entry_read(new, entry, &after);
        if (after.version < before.version)
            return refusal_set(refusal, REFUSAL_ROLLBACK, "'%.*s' went back from %lld to %lld",
                               shown, name.data, (long long)before.version,
                               (long long)after.version);
    }
    return STATUS_OK;
}

enum status trusted_set_snapshot(struct trusted_set *set, struct slice bytes, bool kept,
                                 struct refusal *refusal) {
    assert(set->timestamp && set->loaded_count == 0);
    // 5.4.4: whatever an expired timestamp says is no news.
    enum status status = metadata_expiry(set->timestamp, "timestamp", set->now_ns, refusal);
    if (status != STATUS_OK)
        return status;
    struct metadata_file file;
    snapshot_meta(set->timestamp, &file);
    if (!kept)
        status = metadata_file_check(&file, "snapshot.json", bytes, refusal);
    struct metadata *found;
    if (status == STATUS_OK)
        status = read_signed(set, bytes, METADATA_SNAPSHOT, &found, refusal);
    if (status != STATUS_OK)
        return status;
    if (set->snapshot)
        status = snapshot_compare(set->snapshot, found, refusal);
    if (status != STATUS_OK || (!kept && found->version != file.version)) {
        long long version = (long long)found->version;
        metadata_free(found);
        return status != STATUS_OK ? status
                                   : refusal_set(refusal, REFUSAL_ROLLBACK,
                                                 "snapshot version %lld, the timestamp says %lld",
                                                 version, (long long)file.version);
    }
    metadata_free(set->snapshot);
    set->snapshot = found;
    status = metadata_expiry(found, "snapshot", set->now_ns, refusal);
    if (status == STATUS_OK && found->version != file.version)
        status =
            refusal_set(refusal, REFUSAL_ROLLBACK, "snapshot version %lld, the timestamp says %lld",
                        (long long)found->version, (long long)file.version);
    set->snapshot_fresh = status == STATUS_OK;
    return status;
}

enum status trusted_set_meta(const struct trusted_set *set, struct slice role,
                             struct metadata_file *ret_file, struct refusal *refusal) {
    assert(set->snapshot);
    char *name = memory_new(role.size + sizeof ".json", 1);
    memcpy(name, role.data, role.size);
    memcpy(name + role.size, ".json", sizeof ".json");
    const struct metadata_entry *entry = metadata_find(set->snapshot, slice_of_string(name));
    memory_free(name);
    if (!entry)
        return refusal_set(refusal, REFUSAL_FORMAT, "the snapshot does not list the role '%.*s'",
                           (int)(role.size < 80 ? role.size : 80), role.data);
    metadata_entry_read(set->snapshot, entry, ret_file);
    return STATUS_OK;
}

static struct metadata *loaded_find(const struct trusted_set *set, struct slice role) {
    for (size_t i = 0; i < set->loaded_count; i++)
        if (slice_equal_string(role, set->loaded[i].role))
            return set->loaded[i].metadata;
    return NULL;
}

bool trusted_set_has(const struct trusted_set *set, struct slice role) {
    return loaded_find(set, role) != NULL;
}

const struct metadata *trusted_set_loaded(const struct trusted_set *set, size_t number) {
    return number < set->loaded_count ? set->loaded[number].metadata : NULL;
}

const char *trusted_set_role(const struct trusted_set *set, const struct metadata *targets) {
    for (size_t i = 0; i < set->loaded_count; i++)
        if (set->loaded[i].metadata == targets)
            return set->loaded[i].role;
    return NULL;
}

// Length, hashes, schema, signatures, version and expiry, in this order (5.6).
static enum status targets_read(const struct trusted_set *set, const struct metadata *delegator,
                                const struct metadata_role *role, struct slice bytes,
                                struct metadata **ret_targets, struct refusal *refusal) {
    struct metadata_file file;
    struct metadata *found;
    char name[120];
    snprintf(name, sizeof name, "'%.*s'", (int)(role->name.size < 100 ? role->name.size : 100),
             (const char *)role->name.data);
    enum status status = trusted_set_meta(set, role->name, &file, refusal);
    if (status == STATUS_OK)
        status = metadata_file_check(&file, name, bytes, refusal);
    if (status == STATUS_OK)
        status = metadata_read(bytes, METADATA_TARGETS, 0, &found, refusal);
    if (status != STATUS_OK)
        return status;
    status = metadata_verify(delegator, role, found, refusal);
    if (status == STATUS_OK && found->version != file.version)
        status = refusal_set(refusal, REFUSAL_ROLLBACK, "%s version %lld, the snapshot says %lld",
                             name, (long long)found->version, (long long)file.version);
    if (status == STATUS_OK)
        status = metadata_expiry(found, name, set->now_ns, refusal);
    if (status != STATUS_OK)
        metadata_free(found);
    else
        *ret_targets = found;
    return status;
}

enum status trusted_set_targets(struct trusted_set *set, const struct metadata *delegator,
                                const struct metadata_role *role, struct slice bytes,
                                const struct metadata **ret_targets, struct refusal *refusal) {
    assert(set->snapshot_fresh && set->timestamp_fresh);
    if (!delegator) {
        delegator = set->root;
        role = &set->root->roles[METADATA_TARGETS];
    }
    struct metadata *found = loaded_find(set, role->name);
    enum status status = STATUS_OK;
    if (found) {
        status = metadata_verify(delegator, role, found, refusal);
    } else {
        status = targets_read(set, delegator, role, bytes, &found, refusal);
        if (status == STATUS_OK) {
            set->loaded = memory_resize(set->loaded, set->loaded_count + 1, sizeof *set->loaded);
            set->loaded[set->loaded_count++] =
                (struct loaded_targets){memory_keep_text(role->name.data, role->name.size), found};
        }
    }
    if (status == STATUS_OK)
        *ret_targets = found;
    return status;
}

const struct metadata *trusted_set_get(const struct trusted_set *set, enum metadata_type type) {
    switch (type) {
    case METADATA_ROOT:
        return set->root;
    case METADATA_TIMESTAMP:
        return set->timestamp;
    case METADATA_SNAPSHOT:
        return set->snapshot;
    default:
        return loaded_find(set, SLICE("targets"));
    }
}

int64_t trusted_set_now(const struct trusted_set *set) {
    return set->now_ns;
}
