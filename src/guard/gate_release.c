// The release in force, as the gate sees it
// SPDX-License-Identifier: Apache-2.0
//
// 1. `client_lock` is held for as long as the network takes; `lock` never while waiting. Who needs
//    both takes client_lock first.
// 2. The book holds answers of the client for the metadata of `generation` only: a refresh empties
//    it, so that what was withdrawn is gone at once and delegated targets are checked anew.
#include "guard/gate_release.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/durable_file.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/text.h"
#include "guard/gate_ledger.h"
#include "guard/remote.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    BOOK_PATHS_MAX = 64 << 10, // beyond that the client is asked each time
    BOOK_BYTES_MAX = 8 << 20,
    PATH_BYTES_MAX = 64 << 10,
    METADATA_SECONDS = 120 // metadata is small; a source that drips must not hold the gate
};

struct book_row {
    struct slice path;
    bool listed;
    struct release_target target;
};

struct gate_release {
    char *break_glass;
    struct remote *remote;       // where metadata comes from
    pthread_mutex_t client_lock; // of the client and the ledger
    struct client *client;
    struct gate_ledger *ledger; // NULL: not asked for
    pthread_mutex_t lock;       // of what follows
    struct arena arena;
    struct book_row *rows;
    uint32_t count, capacity;
    struct table table;
    bool has_release;
    int64_t end_ns; // of the release in force
    int64_t versions[METADATA_TYPE_COUNT];
    struct refusal trouble; // of the last refresh; status OK: none
};

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void book_init(struct gate_release *release) {
    arena_init(&release->arena, BOOK_BYTES_MAX);
    table_init(&release->table);
    release->rows = NULL;
    release->count = release->capacity = 0;
}

static void book_done(struct gate_release *release) {
    arena_done(&release->arena);
    table_done(&release->table);
    memory_free(release->rows);
}

// What the client has become: under both locks.
static void release_take(struct gate_release *release) {
    book_done(release);
    book_init(release);
    release->has_release = true;
    release->end_ns = client_expiry(release->client);
    for (int type = 0; type < METADATA_TYPE_COUNT; type++)
        release->versions[type] = client_version(release->client, (enum metadata_type)type);
}

// The newest checkpoint that was believed is kept beside the trusted metadata, not in it.
static enum status ledger_new(const struct gate_release_options *options,
                              struct gate_release *release, struct refusal *refusal) {
    char memory[PATH_MAX];
    if (!options->ledger)
        return STATUS_OK;
    snprintf(memory, sizeof memory, "%s/ledger-checkpoint", options->trusted);
    return gate_ledger_new(options->ledger, memory, &release->ledger, refusal);
}

enum status gate_release_new(const struct gate_release_options *options,
                             struct gate_release **ret_release, struct refusal *refusal) {
    struct gate_release *release = memory_new(1, sizeof *release);
    struct refusal trouble = {0};
    struct remote_options remote = {.metadata = options->metadata,
                                    .http.total_seconds = METADATA_SECONDS};
    enum status status = ledger_new(options, release, refusal);
    if (status == STATUS_OK)
        status = remote_new(&remote, &release->remote, refusal);
    struct client_options client = {.directory = options->trusted, .now_ns = CLOCK_NONE};
    if (status != STATUS_OK) {
        gate_ledger_free(release->ledger);
        memory_free(release);
        return status;
    }
    client.source = remote_source(release->remote);
    release->client = client_new(&client);
    pthread_mutex_init(&release->client_lock, NULL);
    pthread_mutex_init(&release->lock, NULL);
    book_init(release);
    if (options->break_glass)
        release->break_glass = memory_keep_text(options->break_glass, strlen(options->break_glass));
    if (client_open_kept(release->client, &trouble) == STATUS_OK)
        release_take(release);
    else
        release->trouble = trouble;
    *refusal = trouble;
    *ret_release = release;
    return STATUS_OK;
}

void gate_release_free(struct gate_release *release) {
    if (!release)
        return;
    book_done(release);
    client_free(release->client);
    remote_free(release->remote);
    gate_ledger_free(release->ledger);
    pthread_mutex_destroy(&release->client_lock);
    pthread_mutex_destroy(&release->lock);
    memory_free(release->break_glass);
    memory_free(release);
}

enum status gate_release_refresh(struct gate_release *release, bool *ret_changed,
                                 struct refusal *refusal) {
    struct refusal trouble = {0};
    int64_t before[METADATA_TYPE_COUNT];
    pthread_mutex_lock(&release->client_lock);
    enum status status = client_refresh(release->client, &trouble);
    if (status == STATUS_OK && release->ledger)
        status =
            gate_ledger_refresh(release->ledger, client_metadata(release->client, METADATA_ROOT),
                                client_version(release->client, METADATA_TARGETS), &trouble);
    pthread_mutex_lock(&release->lock);
    memcpy(before, release->versions, sizeof before);
    if (status == STATUS_OK)
        release_take(release);
    release->trouble = trouble;
    *ret_changed = memcmp(before, release->versions, sizeof before) != 0;
    pthread_mutex_unlock(&release->lock);
    pthread_mutex_unlock(&release->client_lock);
    if (status != STATUS_OK)
        *refusal = trouble;
    return status;
}

// Whether the release in force is one: under `lock`. *ret_glass: only because the glass is broken.
static bool release_is_open(const struct gate_release *release, bool *ret_glass,
                            struct refusal *refusal) {
    bool fresh = release->has_release && now() < release->end_ns;
    *ret_glass = !fresh && release->has_release && release->break_glass &&
                 access(release->break_glass, F_OK) == 0;
    if (fresh || *ret_glass)
        return true;
    // That the server cannot be reached is no reason that clients are told; the end is.
    if (release->trouble.problem.status != STATUS_OK &&
        !(release->has_release && refusal_is_trouble(release->trouble.reason)))
        *refusal = release->trouble;
    else
        refusal_set(refusal, REFUSAL_EXPIRED, "the release in force has passed its end");
    return false;
}

static bool path_equal(const void *context, uint32_t number, const void *key) {
    const struct book_row *row = (const struct book_row *)context + number;
    return slice_equal(row->path, *(const struct slice *)key);
}

static enum release_look refuse_unlisted(struct refusal *refusal) {
    refusal_set(refusal, REFUSAL_UNLISTED, "no signed metadata names it");
    return RELEASE_REFUSED;
}

// Under `lock`.
static enum release_look book_look(struct gate_release *release, struct slice path,
                                   struct release_target *ret_target, struct refusal *refusal) {
    bool glass;
    if (!release_is_open(release, &glass, refusal))
        return RELEASE_REFUSED;
    uint32_t number =
        table_find(&release->table, digest_hash64(path), path_equal, release->rows, &path);
    if (number == TABLE_NONE)
        return RELEASE_UNKNOWN;
    if (!release->rows[number].listed)
        return refuse_unlisted(refusal);
    *ret_target = release->rows[number].target;
    ret_target->break_glass = glass;
    return RELEASE_LISTED;
}

enum release_look gate_release_look(struct gate_release *release, struct slice path,
                                    struct release_target *ret_target, struct refusal *refusal) {
    pthread_mutex_lock(&release->lock);
    enum release_look look = book_look(release, path, ret_target, refusal);
    pthread_mutex_unlock(&release->lock);
    return look;
}

// Under `lock`; a full book takes nothing more. What anyone may ask for gets half of it.
static void book_add(struct gate_release *release, struct slice path,
                     const struct release_target *target) {
    struct slice kept = {NULL, 0};
    uint32_t share = target ? 1 : 2;
    if (release->count < BOOK_PATHS_MAX / share &&
        release->arena.used_bytes + path.size < BOOK_BYTES_MAX / share)
        kept = arena_keep(&release->arena, path);
    if (!kept.data)
        return;
    if (release->count == release->capacity) {
        release->capacity = release->capacity ? 2 * release->capacity : 64;
        release->rows = memory_resize(release->rows, release->capacity, sizeof *release->rows);
    }
    struct book_row *row = &release->rows[release->count];
    *row = (struct book_row){.path = kept, .listed = target != NULL};
    if (target)
        row->target = *target;
    table_add(&release->table, digest_hash64(kept), release->count++);
}

static void target_make(struct gate_release *release, const struct client_target *found,
                        int64_t tlog_index, struct release_target *ret_target) {
    struct release_target target = {.tlog_index = tlog_index};
    memcpy(target.name.sha256, found->file.sha256, sizeof target.name.sha256);
    target.name.size_bytes = (uint64_t)found->file.length;
    struct slice role = text_cut(found->role, RELEASE_ROLE_SIZE - 1);
    memcpy(target.role, role.data, role.size);
    memcpy(target.versions, release->versions, sizeof target.versions);
    target.versions[METADATA_TARGETS] = found->targets_version;
    *ret_target = target;
}

// "dir/<SHA-256>.name" as "dir/name", whatever the digits are; false when it is no such path.
static bool path_without_hash(struct slice path, struct buffer *to) {
    struct slice name = slice_behind_last(path, "/");
    if (name.size <= DIGEST_SHA256_HEX_SIZE || name.data[DIGEST_SHA256_HEX_SIZE - 1] != '.')
        return false;
    buffer_append_slice(to, slice_part(path, 0, path.size - name.size));
    buffer_append_slice(to, slice_part(name, DIGEST_SHA256_HEX_SIZE, SIZE_MAX));
    return true;
}

void release_target_path(struct slice asked, const struct release_target *target,
                         struct buffer *to) {
    if (!target->by_hash || !path_without_hash(asked, to))
        buffer_append_slice(to, asked);
}

// A path that nothing lists as it is: the name under which clients of TUF fetch a target.
static enum status find_by_hash(struct gate_release *release, struct slice path,
                                struct client_target *ret_found, struct refusal *refusal) {
    struct buffer plain, whole;
    buffer_init(&plain, path.size);
    buffer_init(&whole, PATH_BYTES_MAX);
    enum status status = STATUS_NOT_FOUND;
    if (path_without_hash(path, &plain)) {
        status = client_find(release->client, buffer_slice(&plain), ret_found, refusal);
        if (status == STATUS_OK)
            client_target_path(release->client, ret_found, &whole);
        if (status == STATUS_OK && !slice_equal(buffer_slice(&whole), path))
            status = refusal_set(refusal, REFUSAL_UNLISTED, "the target has another hash");
    }
    buffer_done(&plain);
    buffer_done(&whole);
    return status;
}

enum release_look gate_release_find(struct gate_release *release, struct slice path,
                                    struct release_target *ret_target, struct refusal *refusal) {
    struct client_target found;
    struct release_target target;
    pthread_mutex_lock(&release->client_lock);
    pthread_mutex_lock(&release->lock);
    enum release_look look = book_look(release, path, ret_target, refusal);
    pthread_mutex_unlock(&release->lock);
    if (look != RELEASE_UNKNOWN) {
        pthread_mutex_unlock(&release->client_lock);
        return look;
    }
    enum status status = client_find(release->client, path, &found, refusal);
    bool by_hash = status != STATUS_OK && refusal->reason == REFUSAL_UNLISTED &&
                   find_by_hash(release, path, &found, refusal) == STATUS_OK;
    if (by_hash)
        status = STATUS_OK;
    bool listed =
        status == STATUS_OK && found.file.length >= 0 && found.file.kinds & 1u << DIGEST_SHA256;
    if (status == STATUS_OK && !listed)
        refusal_set(refusal, REFUSAL_UNLISTED, "its metadata has no sha256");
    int64_t tlog_index = -1;
    if (listed && release->ledger)
        listed = gate_ledger_find(release->ledger, &found, &tlog_index, refusal) == STATUS_OK;
    pthread_mutex_lock(&release->lock);
    if (listed) {
        target_make(release, &found, tlog_index, &target);
        target.by_hash = by_hash;
    }
    if (listed || refusal->reason == REFUSAL_UNLISTED)
        book_add(release, path, listed ? &target : NULL);
    bool glass = false;
    listed = listed && release_is_open(release, &glass, refusal);
    pthread_mutex_unlock(&release->lock);
    pthread_mutex_unlock(&release->client_lock);
    if (!listed)
        return RELEASE_REFUSED;
    *ret_target = target;
    ret_target->break_glass = glass;
    return RELEASE_LISTED;
}

bool gate_release_next(struct gate_release *release, uint32_t *number, struct buffer *path,
                       struct release_target *ret_target) {
    bool found = false;
    buffer_reset(path);
    pthread_mutex_lock(&release->lock);
    while (!found && *number < release->count) {
        const struct book_row *row = &release->rows[(*number)++];
        found = row->listed;
        if (found) {
            buffer_append_slice(path, row->path);
            *ret_target = row->target;
        }
    }
    pthread_mutex_unlock(&release->lock);
    return found;
}

void gate_release_versions(struct gate_release *release,
                           int64_t ret_versions[METADATA_TYPE_COUNT]) {
    pthread_mutex_lock(&release->lock);
    memcpy(ret_versions, release->versions, sizeof release->versions);
    pthread_mutex_unlock(&release->lock);
}

// "7.targets.json" to (7, METADATA_TARGETS); version 0 when the name has none.
static bool name_read(struct slice name, int64_t *ret_version, enum metadata_type *ret_type) {
    size_t digits = 0;
    while (digits < name.size && name.data[digits] >= '0' && name.data[digits] <= '9')
        digits++;
    *ret_version = 0;
    if (digits && digits < name.size && name.data[digits] == '.') {
        if (!text_integer(slice_part(name, 0, digits), ret_version))
            return false;
        name = slice_part(name, digits + 1, name.size);
    }
    for (int type = 0; type < METADATA_TYPE_COUNT; type++) {
        struct slice word = slice_of_string(metadata_type_name((enum metadata_type)type));
        *ret_type = (enum metadata_type)type;
        if (slice_starts(name, word) &&
            slice_equal(slice_part(name, word.size, name.size), SLICE(".json")))
            return true;
    }
    return false;
}

enum status gate_release_metadata(struct gate_release *release, struct slice name,
                                  struct buffer *to) {
    int64_t version;
    enum metadata_type type;
    enum status status = STATUS_NOT_FOUND;
    if (!name_read(name, &version, &type))
        return STATUS_NOT_FOUND;
    pthread_mutex_lock(&release->client_lock);
    const struct metadata *metadata =
        release->has_release ? client_metadata(release->client, type) : NULL;
    if (metadata && (version == 0 || version == metadata->version)) {
        buffer_append_slice(to, metadata->bytes);
        status = STATUS_OK;
    }
    pthread_mutex_unlock(&release->client_lock);
    return status;
}
