// The TUF client: refresh, and what it holds
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
#include "guard/client_inside.h"
#include "guard/metadata_store.h"
#include "guard/trusted_set.h"

#include <assert.h>
#include <time.h>
#include <unistd.h>

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
    size_t rotations = client_limit(limits->root_rotations_max, 256);
    for (size_t i = 0; i < rotations; i++) {
        int64_t version = trusted_set_get(refresh->set, METADATA_ROOT)->version;
        if (version == INT64_MAX)
            break;
        struct refusal missing;
        struct refusal *refusal = refresh->refusal;
        refresh->refusal = &missing;
        enum status status = refresh_fetch(refresh, SLICE("root"), version + 1,
                                           client_limit(limits->root_bytes_max, 512000));
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
                      client_limit(refresh->client->options.limits.timestamp_bytes_max, 16384));
    if (status == STATUS_OK)
        status = trusted_set_timestamp(refresh->set, buffer_slice(&refresh->bytes), &newer,
                                       refresh->refusal);
    if (status == STATUS_OK && newer)
        status = refresh_keep(refresh, SLICE("timestamp"), true);
    return status;
}

// How much may be fetched of a file: what was signed, else what is configured.
static size_t length_bound(const struct metadata_file *file, size_t limit, size_t fallback) {
    uint64_t length = file->length >= 0 ? (uint64_t)file->length : client_limit(limit, fallback);
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

// 5.6
enum status client_load_targets(struct refresh *refresh, const struct metadata *delegator,
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
        status = client_load_targets(refresh, NULL, NULL, &targets);
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

enum status client_work_begin(struct refresh *refresh, struct client *client,
                              struct trusted_set *set, struct refusal *refusal) {
    struct problem problem;
    *refresh = (struct refresh){.client = client, .set = set, .refusal = refusal};
    if (durable_lock(client->directory, true, &refresh->lock, &problem) != STATUS_OK)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    buffer_init(&refresh->bytes, CANONICAL_BYTES_MAX + DURABLE_READ_BYTES);
    return STATUS_OK;
}

void client_work_end(struct refresh *refresh) {
    buffer_done(&refresh->bytes);
    close(refresh->lock);
}

static enum status client_run(struct client *client, enum status (*work)(struct refresh *refresh),
                              struct refusal *refusal) {
    struct refresh refresh;
    enum status status = client_work_begin(&refresh, client, NULL, refusal);
    if (status != STATUS_OK)
        return status;
    status = refresh_begin(&refresh, client_now(client));
    if (status == STATUS_OK)
        status = work(&refresh);
    client_work_end(&refresh);
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
