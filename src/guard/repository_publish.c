// What the owners have signed goes out
// SPDX-License-Identifier: Apache-2.0
#include "guard/repository_publish.h"

#include "guard/beneath.h"
#include "guard/published_files.h"

#include "base/durable_file.h"
#include "base/memory.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// One call of repository_publish.
struct publishing {
    struct repository *repository;
    const struct metadata *root;    // as it will be
    const struct metadata *targets; // as it will be
    struct release_list before, after;
    struct secret_key online;   // which the root names for snapshot and timestamp
    bool next_key;              // `online` is online/next.key
    struct secret_key previous; // which the root until now names, when that is another; or empty
    bool cut;                   // it is another, and gone: clients see a moment of refusal
    bool renew;                 // what is staged stays as it is
    struct buffer entries;
    struct slice *entry_list;
    size_t entry_count;
    size_t entry_capacity;
    struct publish_result result;
};

static enum status check_root(const struct repository *repository, struct refusal *refusal) {
    const struct metadata *staged = repository->staged[METADATA_ROOT];
    const struct metadata *published = repository->published[METADATA_ROOT];
    enum status status = STATUS_OK;
    if (!staged)
        return STATUS_OK;
    if (staged->version != repository_next_version(repository, METADATA_ROOT))
        return refusal_set(refusal, REFUSAL_ROLLBACK, "the staged root has version %lld",
                           (long long)staged->version);
    if (published)
        status = metadata_verify(published, &published->roles[METADATA_ROOT], staged, refusal);
    return status == STATUS_OK
               ? metadata_verify(staged, &staged->roles[METADATA_ROOT], staged, refusal)
               : status;
}

// Clients hold the root until now while the new list goes out, see write_metadata.
static enum status check_bridge(const struct publishing *publishing, struct refusal *refusal) {
    const struct repository *repository = publishing->repository;
    const struct metadata *published = repository->published[METADATA_ROOT];
    uint64_t bits[METADATA_KEYS_MAX / 64 + 1];
    if (!repository->staged[METADATA_ROOT] || !published)
        return STATUS_OK;
    const struct metadata_role *role = &published->roles[METADATA_TARGETS];
    uint32_t count = metadata_signers(published, role, publishing->targets, bits);
    if (count >= role->threshold)
        return STATUS_OK;
    return refusal_set(refusal, REFUSAL_THRESHOLD,
                       "the list of files is signed by %u of the %u that the owners until now "
                       "need: clients that do not have the new owners yet would refuse it",
                       count, role->threshold);
}

static enum status check_files(struct publishing *publishing, struct refusal *refusal) {
    struct repository *repository = publishing->repository;
    const struct metadata *staged = repository->staged[METADATA_TARGETS];
    publishing->root = repository_root(repository);
    publishing->targets = staged ? staged : repository->published[METADATA_TARGETS];
    if (!publishing->root)
        return refusal_set(refusal, REFUSAL_THRESHOLD,
                           "there are no owners yet: vedette guard key makes their keys");
    if (!publishing->targets)
        return refusal_set(refusal, REFUSAL_UNLISTED,
                           "nothing is listed yet: vedette guard add lists files");
    enum status status = check_root(repository, refusal);
    if (status == STATUS_OK)
        status = metadata_verify(publishing->root, &publishing->root->roles[METADATA_TARGETS],
                                 publishing->targets, refusal);
    if (status == STATUS_OK)
        status = check_bridge(publishing, refusal);
    if (status == STATUS_OK && staged &&
        staged->version != repository_next_version(repository, METADATA_TARGETS))
        status = refusal_set(refusal, REFUSAL_ROLLBACK, "the staged targets have version %lld",
                             (long long)staged->version);
    if (status == STATUS_OK)
        status = metadata_expiry(publishing->root, "root", repository->now_ns, refusal);
    return status == STATUS_OK
               ? metadata_expiry(publishing->targets, "targets", repository->now_ns, refusal)
               : status;
}

static void publishing_entry(struct publishing *publishing, size_t start) {
    if (publishing->entry_count == publishing->entry_capacity) {
        publishing->entry_capacity =
            publishing->entry_capacity ? 2 * publishing->entry_capacity : 64;
        publishing->entry_list = memory_resize(publishing->entry_list, publishing->entry_capacity,
                                               sizeof *publishing->entry_list);
    }
    // Places for now: the buffer may still move.
    publishing->entry_list[publishing->entry_count++] =
        (struct slice){NULL, publishing->entries.size - start};
}

static enum status take_change(void *context, enum change_kind kind, const struct release *before,
                               const struct release *after, struct problem *problem) {
    struct publishing *publishing = context;
    size_t start = publishing->entries.size;
    if (kind == CHANGE_WITHDRAWN)
        release_append_withdrawal(before, publishing->targets->version, &publishing->entries);
    else
        release_append_entry(after, &publishing->entries);
    if (publishing->entries.failed)
        return problem_set(problem, STATUS_LIMIT, "too many changes at once");
    publishing_entry(publishing, start);
    return STATUS_OK;
}

static enum status list_changes(struct publishing *publishing, struct refusal *refusal) {
    const struct repository *repository = publishing->repository;
    struct problem problem;
    enum status status =
        release_list_read(&publishing->before, repository->published[METADATA_TARGETS], &problem);
    if (status == STATUS_OK)
        status = release_list_read(&publishing->after, publishing->targets, &problem);
    if (status == STATUS_OK)
        status = release_list_compare(&publishing->before, &publishing->after, take_change,
                                      publishing, &problem);
    const uint8_t *at = publishing->entries.data;
    for (size_t i = 0; i < publishing->entry_count; i++) {
        publishing->entry_list[i].data = at;
        at += publishing->entry_list[i].size;
    }
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}

// Entries that are there were written by one who was stopped after the ledger.
static enum status write_ledger(struct publishing *publishing, struct refusal *refusal) {
    const struct repository *repository = publishing->repository;
    struct problem problem;
    struct secret_key key;
    struct ledger *ledger = NULL;
    char path[PATH_MAX];
    enum status status = repository_path(repository, "public/ledger", path, &problem);
    if (status != STATUS_OK)
        return repository_refuse(&problem, refusal);
    status = repository_online_key(repository, "online/ledger.key", &key, refusal);
    if (status != STATUS_OK)
        return status;
    struct ledger_options options = {
        .directory = path, .verifier = &repository->ledger, .write = true};
    status = ledger_open(&options, &ledger, refusal);
    size_t count = 0;
    for (size_t i = 0; status == STATUS_OK && i < publishing->entry_count; i++) {
        uint64_t index;
        if (ledger_find(ledger, publishing->entry_list[i], &index, NULL) != STATUS_OK)
            publishing->entry_list[count++] = publishing->entry_list[i];
    }
    if (status == STATUS_OK)
        status = ledger_append(ledger, &key, publishing->entry_list, count, refusal);
    if (status == STATUS_OK) {
        publishing->result.logged = count;
        publishing->result.ledger_size = ledger_size(ledger);
    }
    ledger_free(ledger);
    secret_key_done(&key);
    return status;
}

// The key that a root names for timestamp: the one in use, or the one a rotation made.
static enum status find_key(const struct repository *repository, const struct metadata *root,
                            struct secret_key *ret_key, bool *ret_next, struct refusal *refusal) {
    static const char *const names[] = {"online/online.key", "online/next.key"};
    const struct metadata_role *role = &root->roles[METADATA_TIMESTAMP];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct secret_key key;
        struct refusal inner;
        if (repository_online_key(repository, names[i], &key, &inner) != STATUS_OK) {
            if (i)
                break;
            *refusal = inner;
            return inner.problem.status;
        }
        for (uint32_t n = 0; n < role->key_count; n++)
            if (role->keys[n] != UINT32_MAX && memcmp(root->keys[role->keys[n]].key.identity,
                                                      key.identity, sizeof key.identity) == 0) {
                *ret_key = key;
                *ret_next = i > 0;
                return STATUS_OK;
            }
        secret_key_done(&key);
    }
    return refusal_set(refusal, REFUSAL_THRESHOLD,
                       "the online key here is not the one that the root names");
}

static enum status find_online(struct publishing *publishing, struct refusal *refusal) {
    const struct repository *repository = publishing->repository;
    const struct metadata *until_now = repository->published[METADATA_ROOT];
    enum status status =
        find_key(repository, publishing->root, &publishing->online, &publishing->next_key, refusal);
    bool next;
    if (status != STATUS_OK || !until_now || until_now == publishing->root)
        return status;
    struct refusal gone;
    publishing->cut =
        find_key(repository, until_now, &publishing->previous, &next, &gone) != STATUS_OK;
    if (!publishing->cut && memcmp(publishing->previous.identity, publishing->online.identity,
                                   sizeof publishing->online.identity) == 0)
        secret_key_done(&publishing->previous);
    return STATUS_OK;
}

static enum status write_version(const struct publishing *publishing, enum metadata_type type,
                                 int64_t version, struct slice bytes, struct refusal *refusal) {
    char name[96];
    snprintf(name, sizeof name, "public/metadata/%lld.%s.json", (long long)version,
             metadata_type_name(type));
    return repository_write(publishing->repository, name, bytes, 0644, refusal);
}

// One more signature on `text`, which it takes over, by the key that `root` names.
static enum status online_sign(const struct metadata *root, enum metadata_type type,
                               const struct secret_key *key, struct buffer *text,
                               struct refusal *refusal) {
    struct slice keyid = root->keys[root->roles[type].keys[0]].keyid;
    struct metadata *metadata;
    struct buffer more;
    struct problem problem;
    enum status status =
        metadata_read(buffer_slice(text), type, REPOSITORY_FILE_BYTES_MAX, &metadata, refusal);
    if (status != STATUS_OK)
        return status;
    buffer_init(&more, REPOSITORY_FILE_BYTES_MAX);
    status = draft_sign(metadata, key, keyid, &more, &problem);
    metadata_free(metadata);
    buffer_done(text);
    *text = more;
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}

// A file that the online key signs, and the one until now, too, while it is replaced.
static enum status online_file(const struct publishing *publishing, enum metadata_type type,
                               const struct draft_listed *listed, struct buffer *text,
                               struct refusal *refusal) {
    const struct repository *repository = publishing->repository;
    const int64_t day_ns = 86400ll * 1000000000;
    struct draft_head head = {repository_next_version(repository, type),
                              repository->now_ns + repository->days[type] * day_ns};
    draft_append_list(&head, type, listed, text);
    enum status status = online_sign(publishing->root, type, &publishing->online, text, refusal);
    if (status == STATUS_OK && publishing->previous.handle)
        status = online_sign(repository->published[METADATA_ROOT], type, &publishing->previous,
                             text, refusal);
    return status;
}

// Whether the published snapshot still says all and will for a while.
static bool snapshot_is_good(const struct publishing *publishing) {
    const struct repository *repository = publishing->repository;
    const struct metadata *snapshot = repository->published[METADATA_SNAPSHOT];
    const int64_t half_ns = repository->days[METADATA_SNAPSHOT] * 43200ll * 1000000000;
    return snapshot && !repository->staged[METADATA_TARGETS] &&
           !repository->staged[METADATA_ROOT] &&
           snapshot->expires_ns - repository->now_ns > half_ns;
}

static enum status write_root(const struct publishing *publishing, struct refusal *refusal) {
    const struct metadata *root = publishing->repository->staged[METADATA_ROOT];
    return root ? write_version(publishing, METADATA_ROOT, root->version, root->bytes, refusal)
                : STATUS_OK;
}

// Snapshot and timestamp; `root` between the two, if it is to be there before timestamp.json.
static enum status write_online(struct publishing *publishing, bool root, struct refusal *refusal) {
    struct repository *repository = publishing->repository;
    struct draft_listed targets = {"targets.json", publishing->targets->version,
                                   publishing->targets->bytes};
    struct draft_listed snapshot = {"snapshot.json", 0, {NULL, 0}};
    struct buffer snapshot_text, timestamp_text;
    enum status status = STATUS_OK;
    buffer_init(&snapshot_text, REPOSITORY_FILE_BYTES_MAX);
    buffer_init(&timestamp_text, REPOSITORY_FILE_BYTES_MAX);
    if (snapshot_is_good(publishing)) {
        snapshot.version = repository->published[METADATA_SNAPSHOT]->version;
        snapshot.bytes = repository->published[METADATA_SNAPSHOT]->bytes;
    } else {
        status = online_file(publishing, METADATA_SNAPSHOT, &targets, &snapshot_text, refusal);
        snapshot.version = repository_next_version(repository, METADATA_SNAPSHOT);
        snapshot.bytes = buffer_slice(&snapshot_text);
        if (status == STATUS_OK)
            status = write_version(publishing, METADATA_SNAPSHOT, snapshot.version, snapshot.bytes,
                                   refusal);
    }
    if (status == STATUS_OK)
        status = online_file(publishing, METADATA_TIMESTAMP, &snapshot, &timestamp_text, refusal);
    if (status == STATUS_OK && root)
        status = write_root(publishing, refusal);
    if (status == STATUS_OK)
        status = repository_write(repository, "public/metadata/timestamp.json",
                                  buffer_slice(&timestamp_text), 0644, refusal);
    publishing->result.versions[METADATA_SNAPSHOT] = snapshot.version;
    publishing->result.versions[METADATA_TIMESTAMP] =
        repository_next_version(repository, METADATA_TIMESTAMP);
    buffer_done(&snapshot_text);
    buffer_done(&timestamp_text);
    return status;
}

// After each write clients find one whole release. Files of a version that nothing leads to are
// not looked at. timestamp.json leads to the new list, which both the owners until now and the
// new ones have signed, as both online keys have signed what leads there; so a client takes it
// under either root, and the new root comes last. Only the first root comes before: nothing was
// there. When the online key until now is gone, nobody can sign for clients of the old root: then
// the new root comes just before timestamp.json, and who asks between the two is refused once.
static enum status write_metadata(struct publishing *publishing, struct refusal *refusal) {
    const struct repository *repository = publishing->repository;
    const struct metadata *root = repository->staged[METADATA_ROOT];
    const struct metadata *targets = repository->staged[METADATA_TARGETS];
    bool root_last = repository->published[METADATA_ROOT] && !publishing->cut;
    enum status status = STATUS_OK;
    if (targets)
        status =
            write_version(publishing, METADATA_TARGETS, targets->version, targets->bytes, refusal);
    if (status == STATUS_OK)
        status = write_online(publishing, !root_last, refusal);
    if (status == STATUS_OK && root_last)
        status = write_root(publishing, refusal);
    publishing->result.versions[METADATA_ROOT] = publishing->root->version;
    publishing->result.versions[METADATA_TARGETS] = publishing->targets->version;
    publishing->result.fresh = root || targets;
    return status;
}

// What is published already is passed over if it is still staged, so this may fail.
static void clear_staged(const struct publishing *publishing) {
    static const char *const names[] = {"staged/root.json", "staged/targets.json"};
    const struct repository *repository = publishing->repository;
    char path[PATH_MAX], next[PATH_MAX];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (repository_path(repository, names[i], path, NULL) == STATUS_OK)
            unlink(path);
    if (publishing->next_key &&
        repository_path(repository, "online/next.key", next, NULL) == STATUS_OK &&
        repository_path(repository, "online/online.key", path, NULL) == STATUS_OK)
        (void)!rename(next, path);
}

static enum status publish_run(struct publishing *publishing, bool copy_files,
                               struct refusal *refusal) {
    struct repository *repository = publishing->repository;
    enum status status = check_files(publishing, refusal);
    if (status == STATUS_OK)
        status = find_online(publishing, refusal);
    if (status == STATUS_OK)
        status = list_changes(publishing, refusal);
    if (status == STATUS_OK && !publishing->renew)
        status = published_files_check(repository, &publishing->after, refusal);
    if (status == STATUS_OK && copy_files)
        status = published_files_copy(repository, &publishing->after, refusal);
    if (status == STATUS_OK)
        status = write_ledger(publishing, refusal);
    if (status == STATUS_OK)
        status = write_metadata(publishing, refusal);
    if (status == STATUS_OK && !publishing->renew)
        clear_staged(publishing);
    return status;
}

static enum status publish(struct publishing *publishing, bool copy_files,
                           struct publish_result *ret_result, struct refusal *refusal) {
    assert(publishing->repository->lock >= 0);
    release_list_init(&publishing->before);
    release_list_init(&publishing->after);
    buffer_init(&publishing->entries, (size_t)REPOSITORY_FILE_BYTES_MAX * 2);
    enum status status = publish_run(publishing, copy_files, refusal);
    if (status == STATUS_OK)
        *ret_result = publishing->result;
    secret_key_done(&publishing->online);
    secret_key_done(&publishing->previous);
    release_list_done(&publishing->before);
    release_list_done(&publishing->after);
    buffer_done(&publishing->entries);
    memory_free(publishing->entry_list);
    return status;
}

enum status repository_publish(struct repository *repository, bool copy_files,
                               struct publish_result *ret_result, struct refusal *refusal) {
    struct publishing publishing = {.repository = repository};
    return publish(&publishing, copy_files, ret_result, refusal);
}

enum status repository_renew(struct repository *repository, struct publish_result *ret_result,
                             struct refusal *refusal) {
    struct publishing publishing = {.repository = repository, .renew = true};
    struct metadata *staged[METADATA_TYPE_COUNT];
    if (!repository->published[METADATA_TIMESTAMP])
        return refusal_set(refusal, REFUSAL_MISSING, "nothing is published yet");
    memcpy(staged, repository->staged, sizeof staged);
    memset(repository->staged, 0, sizeof repository->staged);
    enum status status = publish(&publishing, false, ret_result, refusal);
    memcpy(repository->staged, staged, sizeof staged);
    return status;
}
