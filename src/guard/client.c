// The TUF client: refresh, find, download
// SPDX-License-Identifier: Apache-2.0
//
// 1. A refresh works on a set of its own; the client's changes hands only when all went well.
// 2. What is kept on disk was accepted by the set first. Kept files are believed no more than
//    fetched ones: they go through the same checks.
// 3. Timestamp and snapshot are removed before a root is kept that changes their keys: killed
//    between the two, the client has lost a comparison, not the way out of a fast-forward attack.
#include "guard/client.h"

#include "base/clock.h"
#include "base/durable_file.h"
#include "base/memory.h"
#include "guard/delegation.h"
#include "guard/metadata_store.h"
#include "guard/trusted_set.h"

#include <assert.h>
#include <time.h>
#include <unistd.h>

struct client {
    struct client_options options;
    char *directory;
    struct trusted_set *set; // NULL before the first refresh that succeeded
    struct arena names;      // of roles, while one target is looked for
};

// A refresh under way.
struct refresh {
    struct client *client;
    struct trusted_set *set;
    struct buffer bytes; // of the file at hand
    struct refusal *refusal;
};

static size_t limit_or(size_t limit, size_t fallback) {
    return limit ? limit : fallback;
}

static int64_t client_now(const struct client *client) {
    if (client->options.now_ns != CLOCK_NONE)
        return client->options.now_ns;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct client *client_new(const struct client_options *options) {
    struct client *client = memory_new(1, sizeof *client);
    client->options = *options;
    client->directory = memory_keep_text(options->directory, strlen(options->directory));
    client->options.directory = client->directory;
    arena_init(&client->names, 16 * 1024 * 1024);
    return client;
}

void client_free(struct client *client) {
    if (!client)
        return;
    trusted_set_free(client->set);
    arena_done(&client->names);
    memory_free(client->directory);
    memory_free(client);
}

enum status client_install_root(const char *directory, struct slice root, struct refusal *refusal) {
    struct trusted_set *set;
    struct problem problem;
    enum status status = trusted_set_new(root, 0, &set, refusal);
    if (status != STATUS_OK)
        return status;
    trusted_set_free(set);
    if (durable_directory_make(directory, 0755, &problem) != STATUS_OK)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    return store_write(directory, SLICE("root"), root, true, refusal);
}

// The file of a role at a version: "3.snapshot.json"; version 0: "snapshot.json".
static enum status refresh_fetch(struct refresh *refresh, struct slice role, int64_t version,
                                 size_t length_max) {
    const struct client_source *source = &refresh->client->options.source;
    struct buffer path;
    buffer_init(&path, 8192);
    if (version) {
        buffer_append_i64(&path, version);
        buffer_append_byte(&path, '.');
    }
    store_encode_role(&path, role);
    buffer_append(&path, ".json", sizeof ".json");
    buffer_reset(&refresh->bytes);
    enum status status =
        path.failed ? refusal_set(refresh->refusal, REFUSAL_FORMAT, "a role name is too long")
        : !source->fetch
            ? refusal_set(refresh->refusal, REFUSAL_MISSING,
                          "%s is not kept and nothing is fetched", (const char *)path.data)
            : source->fetch(source->context, (const char *)path.data, length_max, &refresh->bytes,
                            refresh->refusal);
    buffer_done(&path);
    return status;
}

// The role as it is kept; false when it is not. Whatever is wrong with it, it is fetched anew.
static bool refresh_kept(struct refresh *refresh, struct slice role) {
    buffer_reset(&refresh->bytes);
    return store_read(refresh->client->directory, role, &refresh->bytes, NULL) == STATUS_OK;
}

static enum status refresh_keep(struct refresh *refresh, struct slice role, bool durable) {
    return store_write(refresh->client->directory, role, buffer_slice(&refresh->bytes), durable,
                       refresh->refusal);
}

static enum status root_step(struct refresh *refresh) {
    enum status status =
        trusted_set_root(refresh->set, buffer_slice(&refresh->bytes), refresh->refusal);
    if (status == STATUS_OK && trusted_set_rotated(refresh->set)) {
        const char *directory = refresh->client->directory;
        status = store_forget(directory, SLICE("timestamp"), refresh->refusal);
        if (status == STATUS_OK)
            status = store_forget(directory, SLICE("snapshot"), refresh->refusal);
    }
    return status == STATUS_OK ? refresh_keep(refresh, SLICE("root"), true) : status;
}

// 5.3: from the root that is kept to the newest one, version by version.
static enum status refresh_root(struct refresh *refresh) {
    const struct client_limits *limits = &refresh->client->options.limits;
    size_t rotations = limit_or(limits->root_rotations_max, 256);
    for (size_t i = 0; i < rotations; i++) {
        int64_t version = trusted_set_get(refresh->set, METADATA_ROOT)->version;
        if (version == INT64_MAX)
            break;
        struct refusal missing;
        struct refusal *refusal = refresh->refusal;
        refresh->refusal = &missing;
        enum status status = refresh_fetch(refresh, SLICE("root"), version + 1,
                                           limit_or(limits->root_bytes_max, 512000));
        refresh->refusal = refusal;
        if (status != STATUS_OK && missing.reason == REFUSAL_MISSING)
            break;
        if (status != STATUS_OK)
            return refusal_wrap(refusal, missing.reason, &missing.problem);
        status = root_step(refresh);
        if (status != STATUS_OK)
            return status;
    }
    return trusted_set_root_end(refresh->set, refresh->refusal);
}

// 5.4.
static enum status refresh_timestamp(struct refresh *refresh) {
    bool newer = true;
    if (refresh_kept(refresh, SLICE("timestamp")))
        trusted_set_timestamp(refresh->set, buffer_slice(&refresh->bytes), &newer, NULL);
    enum status status =
        refresh_fetch(refresh, SLICE("timestamp"), 0,
                      limit_or(refresh->client->options.limits.timestamp_bytes_max, 16384));
    if (status == STATUS_OK)
        status = trusted_set_timestamp(refresh->set, buffer_slice(&refresh->bytes), &newer,
                                       refresh->refusal);
    if (status == STATUS_OK && newer)
        status = refresh_keep(refresh, SLICE("timestamp"), true);
    return status;
}

// How much may be fetched of a file: what was signed, else what is configured.
static size_t length_bound(const struct metadata_file *file, size_t limit, size_t fallback) {
    uint64_t length = file->length >= 0 ? (uint64_t)file->length : limit_or(limit, fallback);
    return length < CANONICAL_BYTES_MAX ? (size_t)length : CANONICAL_BYTES_MAX;
}

static int64_t consistent_version(const struct refresh *refresh, const struct metadata_file *file) {
    return trusted_set_get(refresh->set, METADATA_ROOT)->consistent_snapshot ? file->version : 0;
}

// 5.5.
static enum status refresh_snapshot(struct refresh *refresh) {
    const struct metadata *timestamp = trusted_set_get(refresh->set, METADATA_TIMESTAMP);
    if (refresh_kept(refresh, SLICE("snapshot")) &&
        trusted_set_snapshot(refresh->set, buffer_slice(&refresh->bytes), true, NULL) == STATUS_OK)
        return STATUS_OK;
    struct metadata_file file;
    metadata_entry_read(timestamp, metadata_find(timestamp, SLICE("snapshot.json")), &file);
    size_t bound =
        length_bound(&file, refresh->client->options.limits.snapshot_bytes_max, 16 * 1024 * 1024);
    enum status status =
        refresh_fetch(refresh, SLICE("snapshot"), consistent_version(refresh, &file), bound);
    if (status == STATUS_OK)
        status = trusted_set_snapshot(refresh->set, buffer_slice(&refresh->bytes), false,
                                      refresh->refusal);
    return status == STATUS_OK ? refresh_keep(refresh, SLICE("snapshot"), true) : status;
}

// 5.6: of the top (`delegator` and `role` NULL) or of a delegation.
static enum status refresh_targets(struct refresh *refresh, const struct metadata *delegator,
                                   const struct metadata_role *role,
                                   const struct metadata **ret_targets) {
    struct slice name = role ? role->name : SLICE("targets");
    if (trusted_set_has(refresh->set, name))
        return trusted_set_targets(refresh->set, delegator, role, (struct slice){0}, ret_targets,
                                   refresh->refusal);
    if (refresh_kept(refresh, name) &&
        trusted_set_targets(refresh->set, delegator, role, buffer_slice(&refresh->bytes),
                            ret_targets, NULL) == STATUS_OK)
        return STATUS_OK;
    struct metadata_file file;
    enum status status = trusted_set_meta(refresh->set, name, &file, refresh->refusal);
    if (status != STATUS_OK)
        return status;
    size_t bound =
        length_bound(&file, refresh->client->options.limits.targets_bytes_max, 64 * 1024 * 1024);
    status = refresh_fetch(refresh, name, consistent_version(refresh, &file), bound);
    if (status == STATUS_OK)
        status = trusted_set_targets(refresh->set, delegator, role, buffer_slice(&refresh->bytes),
                                     ret_targets, refresh->refusal);
    // What is lost of targets is fetched anew: the snapshot knows the version.
    return status == STATUS_OK ? refresh_keep(refresh, name, false) : status;
}

static enum status refresh_begin(struct refresh *refresh, int64_t now_ns) {
    const char *directory = refresh->client->directory;
    enum status status = store_clock_check(directory, now_ns, refresh->refusal);
    if (status == STATUS_OK)
        status = store_read(directory, SLICE("root"), &refresh->bytes, refresh->refusal);
    if (status == STATUS_OK)
        status =
            trusted_set_new(buffer_slice(&refresh->bytes), now_ns, &refresh->set, refresh->refusal);
    return status;
}

static enum status refresh_all(struct refresh *refresh) {
    const struct metadata *targets;
    enum status status = refresh_root(refresh);
    if (status == STATUS_OK)
        status = refresh_timestamp(refresh);
    if (status == STATUS_OK)
        status = refresh_snapshot(refresh);
    if (status == STATUS_OK)
        status = refresh_targets(refresh, NULL, NULL, &targets);
    if (status == STATUS_OK)
        status = store_clock_write(refresh->client->directory, trusted_set_now(refresh->set),
                                   refresh->refusal);
    return status;
}

static enum status refresh_offline(struct refresh *refresh) {
    const struct metadata *targets;
    enum status status = trusted_set_root_end(refresh->set, refresh->refusal);
    if (status == STATUS_OK) {
        buffer_reset(&refresh->bytes);
        status = store_read(refresh->client->directory, SLICE("timestamp"), &refresh->bytes,
                            refresh->refusal);
    }
    if (status == STATUS_OK)
        status = trusted_set_timestamp(refresh->set, buffer_slice(&refresh->bytes), NULL,
                                       refresh->refusal);
    if (status == STATUS_OK) {
        buffer_reset(&refresh->bytes);
        status = store_read(refresh->client->directory, SLICE("snapshot"), &refresh->bytes,
                            refresh->refusal);
    }
    if (status == STATUS_OK)
        status = trusted_set_snapshot(refresh->set, buffer_slice(&refresh->bytes), true,
                                      refresh->refusal);
    if (status == STATUS_OK) {
        buffer_reset(&refresh->bytes);
        status = store_read(refresh->client->directory, SLICE("targets"), &refresh->bytes,
                            refresh->refusal);
    }
    if (status == STATUS_OK)
        status = trusted_set_targets(refresh->set, NULL, NULL, buffer_slice(&refresh->bytes),
                                     &targets, refresh->refusal);
    return status;
}

static enum status client_run(struct client *client, enum status (*work)(struct refresh *refresh),
                              struct refusal *refusal) {
    struct refresh refresh = {.client = client, .refusal = refusal};
    struct problem problem;
    int lock;
    if (durable_lock(client->directory, true, &lock, &problem) != STATUS_OK)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    buffer_init(&refresh.bytes, CANONICAL_BYTES_MAX + DURABLE_READ_BYTES);
    enum status status = refresh_begin(&refresh, client_now(client));
    if (status == STATUS_OK)
        status = work(&refresh);
    buffer_done(&refresh.bytes);
    close(lock);
    if (status == STATUS_OK) {
        trusted_set_free(client->set);
        client->set = refresh.set;
    } else {
        trusted_set_free(refresh.set);
    }
    return status;
}

enum status client_refresh(struct client *client, struct refusal *refusal) {
    return client_run(client, refresh_all, refusal);
}

enum status client_open_kept(struct client *client, struct refusal *refusal) {
    return client_run(client, refresh_offline, refusal);
}

// A role that is still to be looked into.
struct visit {
    const struct metadata *delegator;
    struct metadata_role role;
};

struct search {
    struct refresh refresh;
    struct slice path;
    struct visit *to_visit;
    size_t count, capacity;
    struct slice *visited;
    size_t visited_count;
};

static void search_push(struct search *search, const struct visit *visit) {
    if (search->count == search->capacity) {
        search->capacity = search->capacity * 2 + 16;
        search->to_visit =
            memory_resize(search->to_visit, search->capacity, sizeof *search->to_visit);
    }
    search->to_visit[search->count++] = *visit;
}

// Put what `targets` delegates the path to on the pile, the first on top. A terminating one is
// the last, and what was on the pile before is not looked into any more.
static void search_delegations(struct search *search, const struct metadata *targets) {
    char name[METADATA_BIN_NAME_SIZE];
    struct visit visit = {.delegator = targets};
    uint32_t at = 0;
    size_t from = search->count;
    while (delegation_next(targets, search->path, &at, &visit.role, name)) {
        // A bin's name is in `name`; one a file that is looked into.
        if (targets->bins.bit_length)
            visit.role.name = arena_keep(&search->refresh.client->names, visit.role.name);
        search_push(search, &visit);
        if (!visit.role.terminating)
            continue;
        search->count -= from;
        memmove(search->to_visit, search->to_visit + from,
                search->count * sizeof *search->to_visit);
        from = 0;
        break;
    }
    for (size_t low = from, high = search->count; low + 1 < high; low++) {
        struct visit last = search->to_visit[--high];
        search->to_visit[high] = search->to_visit[low];
        search->to_visit[low] = last;
    }
}

static bool search_visited(const struct search *search, struct slice role) {
    for (size_t i = 0; i < search->visited_count; i++)
        if (slice_equal(search->visited[i], role))
            return true;
    return false;
}

static void target_read(const struct trusted_set *set, const struct metadata *targets,
                        const struct metadata_entry *entry, struct client_target *ret_target) {
    *ret_target = (struct client_target){.path = entry->name,
                                         .role = slice_of_string(trusted_set_role(set, targets)),
                                         .targets_version = targets->version};
    metadata_entry_read(targets, entry, &ret_target->file);
}

static enum status search_run(struct search *search, struct client_target *ret_target) {
    struct refusal *refusal = search->refresh.refusal;
    size_t visits_max =
        limit_or(search->refresh.client->options.limits.delegations_max, 32) + 1; // and the top
    search->visited = memory_new(visits_max, sizeof *search->visited);
    search_push(search, &(struct visit){0});
    while (search->count && search->visited_count < visits_max) {
        struct visit visit = search->to_visit[--search->count];
        struct slice role = visit.delegator ? visit.role.name : SLICE("targets");
        if (search_visited(search, role))
            continue;
        const struct metadata *targets;
        enum status status = refresh_targets(&search->refresh, visit.delegator,
                                             visit.delegator ? &visit.role : NULL, &targets);
        if (status != STATUS_OK)
            return status;
        const struct metadata_entry *entry = metadata_find(targets, search->path);
        if (entry) {
            target_read(search->refresh.set, targets, entry, ret_target);
            return STATUS_OK;
        }
        search->visited[search->visited_count++] = role;
        search_delegations(search, targets);
    }
    return refusal_set(refusal, REFUSAL_UNLISTED, "no signed metadata lists '%.*s'",
                       (int)(search->path.size < 200 ? search->path.size : 200), search->path.data);
}

enum status client_find(struct client *client, struct slice path, struct client_target *ret_target,
                        struct refusal *refusal) {
    assert(client->set);
    struct problem problem;
    int lock;
    if (durable_lock(client->directory, true, &lock, &problem) != STATUS_OK)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    struct search search = {
        .refresh = {.client = client, .set = client->set, .refusal = refusal},
        .path = path,
    };
    buffer_init(&search.refresh.bytes, CANONICAL_BYTES_MAX + DURABLE_READ_BYTES);
    arena_reset(&client->names);
    enum status status = search_run(&search, ret_target);
    buffer_done(&search.refresh.bytes);
    memory_free(search.to_visit);
    memory_free(search.visited);
    close(lock);
    return status;
}

// A role that is delegated to, kept or fetched; one that cannot be had is told.
static enum status list_load(struct refresh *refresh, const struct client_listing *listing,
                             const struct metadata *delegator, const struct metadata_role *role) {
    const struct metadata *targets;
    struct refusal why, *refusal = refresh->refusal;
    if (trusted_set_has(refresh->set, role->name))
        return STATUS_OK;
    refresh->refusal = &why;
    enum status status = refresh_targets(refresh, delegator, role, &targets);
    refresh->refusal = refusal;
    if (status == STATUS_OK)
        return status;
    if (why.reason == REFUSAL_SYSTEM)
        return refusal_wrap(refusal, why.reason, &why.problem);
    listing->lacking(listing->context, role->name, &why);
    return STATUS_OK;
}

static enum status list_bins(struct refresh *refresh, const struct client_listing *listing,
                             const struct metadata *delegator) {
    char name[METADATA_BIN_NAME_SIZE];
    struct metadata_role role;
    enum status status = STATUS_OK;
    const struct metadata_bins *bins = &delegator->bins;
    if (bins->bit_length > CLIENT_LIST_BINS_BITS_MAX) {
        struct refusal why;
        refusal_set(&why, REFUSAL_LENGTH, "too many bins to look into each");
        listing->lacking(listing->context, bins->name_prefix, &why);
        return STATUS_OK;
    }
    for (uint32_t n = 0; status == STATUS_OK && n < UINT32_C(1) << bins->bit_length; n++) {
        delegation_bin(bins, n, &role, name);
        status = list_load(refresh, listing, delegator, &role);
    }
    return status;
}

// Loaded roles are a queue: each may delegate to others, which are loaded behind it.
static enum status list_roles(struct refresh *refresh, const struct client_listing *listing) {
    const struct metadata *targets;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && (targets = trusted_set_loaded(refresh->set, i));
         i++) {
        for (uint32_t n = 0; status == STATUS_OK && n < targets->delegation_count; n++)
            status = list_load(refresh, listing, targets, &targets->delegations[n]);
        if (status == STATUS_OK && targets->bins.bit_length)
            status = list_bins(refresh, listing, targets);
    }
    return status;
}

// What a role lists counts where the search for its path ends in just this entry: the role may not
// be asked for the path, or another one before it.
static enum status list_entries(struct client *client, const struct metadata *targets,
                                const struct client_listing *listing, struct refusal *refusal) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < targets->entry_count; i++) {
        struct client_target target;
        struct refusal why;
        if (client_find(client, targets->entries[i].name, &target, &why) == STATUS_OK) {
            if (target.path.data == targets->entries[i].name.data)
                status = listing->take(listing->context, &target, refusal);
        } else if (why.reason == REFUSAL_SYSTEM) {
            status = refusal_wrap(refusal, why.reason, &why.problem);
        }
    }
    return status;
}

enum status client_list(struct client *client, const struct client_listing *listing,
                        struct refusal *refusal) {
    assert(client->set);
    const struct metadata *targets;
    struct problem problem;
    int lock;
    if (durable_lock(client->directory, true, &lock, &problem) != STATUS_OK)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    struct refresh refresh = {.client = client, .set = client->set, .refusal = refusal};
    buffer_init(&refresh.bytes, CANONICAL_BYTES_MAX + DURABLE_READ_BYTES);
    enum status status = list_roles(&refresh, listing);
    buffer_done(&refresh.bytes);
    close(lock);
    for (size_t i = 0; status == STATUS_OK && (targets = trusted_set_loaded(client->set, i)); i++)
        status = list_entries(client, targets, listing, refusal);
    return status;
}

const struct metadata *client_metadata(const struct client *client, enum metadata_type type) {
    return client->set ? trusted_set_get(client->set, type) : NULL;
}

int64_t client_version(const struct client *client, enum metadata_type type) {
    const struct metadata *metadata = client_metadata(client, type);
    return metadata ? metadata->version : 0;
}

int64_t client_expiry(const struct client *client) {
    int64_t earliest_ns = CLOCK_MAX;
    for (unsigned type = 0; type < METADATA_TYPE_COUNT; type++) {
        const struct metadata *metadata = client_metadata(client, (enum metadata_type)type);
        int64_t expires_ns = metadata ? metadata->expires_ns : CLOCK_MIN;
        earliest_ns = expires_ns < earliest_ns ? expires_ns : earliest_ns;
    }
    return earliest_ns;
}

void client_target_path(const struct client *client, const struct client_target *target,
                        struct buffer *to) {
    char hash[DIGEST_HEX_SIZE_MAX] = "";
    struct slice name = slice_behind_last(target->path, "/");
    if (target->file.kinds >> DIGEST_SHA256 & 1)
        digest_hex_of(target->file.sha256, sizeof target->file.sha256, hash);
    else if (target->file.kinds >> DIGEST_SHA512 & 1)
        digest_hex_of(target->file.sha512, sizeof target->file.sha512, hash);
    buffer_append_slice(to, slice_part(target->path, 0, target->path.size - name.size));
    if (hash[0] && trusted_set_get(client->set, METADATA_ROOT)->consistent_snapshot) {
        buffer_append_text(to, hash);
        buffer_append_byte(to, '.');
    }
    buffer_append_slice(to, name);
}
