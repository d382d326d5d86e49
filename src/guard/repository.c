// The release owners' repository
// SPDX-License-Identifier: Apache-2.0
#include "guard/repository.h"

#include "base/clock.h"
#include "base/durable_file.h"
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum status repository_refuse(const struct problem *problem, struct refusal *refusal) {
    if (problem->status == STATUS_SYSTEM)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, problem);
    if (problem->status == STATUS_NOT_FOUND)
        return refusal_wrap(refusal, REFUSAL_MISSING, problem);
    return refusal_wrap(refusal, REFUSAL_FORMAT, problem);
}

enum status repository_path(const struct repository *repository, const char *name,
                            char ret_path[PATH_MAX], struct problem *problem) {
    int size = snprintf(ret_path, PATH_MAX, "%s/%s", repository->directory, name);
    if (size < 0 || size >= PATH_MAX)
        return problem_set(problem, STATUS_LIMIT, "%s: name too long", repository->directory);
    return STATUS_OK;
}

enum status repository_write(const struct repository *repository, const char *name,
                             struct slice bytes, unsigned mode, struct refusal *refusal) {
    char path[PATH_MAX];
    struct problem problem;
    enum status status = repository_path(repository, name, path, &problem);
    if (status == STATUS_OK)
        status = durable_file_write(path, bytes, mode, &problem);
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}

static enum status repository_read(const struct repository *repository, const char *name,
                                   struct buffer *ret_bytes, struct problem *problem) {
    char path[PATH_MAX];
    enum status status = repository_path(repository, name, path, problem);
    return status == STATUS_OK
               ? durable_file_read(path, REPOSITORY_FILE_BYTES_MAX, ret_bytes, problem)
               : status;
}

// NULL in *ret_metadata when there is no such file.
static enum status repository_load(const struct repository *repository, const char *name,
                                   enum metadata_type type, struct metadata **ret_metadata,
                                   struct refusal *refusal) {
    struct buffer bytes;
    struct problem problem;
    struct refusal inner;
    *ret_metadata = NULL;
    buffer_init(&bytes, REPOSITORY_FILE_BYTES_MAX + 2 * (size_t)DURABLE_READ_BYTES);
    enum status status = repository_read(repository, name, &bytes, &problem);
    if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    else if (status != STATUS_OK)
        status = repository_refuse(&problem, refusal);
    else if (metadata_read(buffer_slice(&bytes), type, REPOSITORY_FILE_BYTES_MAX, ret_metadata,
                           &inner) != STATUS_OK)
        status = refusal_set(refusal, inner.reason, "%s/%s: %s", repository->directory, name,
                             inner.problem.text);
    buffer_done(&bytes);
    return status;
}

static enum status load_version(const struct repository *repository, int64_t version,
                                enum metadata_type type, struct metadata **ret_metadata,
                                struct refusal *refusal) {
    char name[96];
    snprintf(name, sizeof name, "public/metadata/%lld.%s.json", (long long)version,
             metadata_type_name(type));
    return repository_load(repository, name, type, ret_metadata, refusal);
}

// Roots from the first on, each signed as the one before and as itself says.
static enum status load_roots(struct repository *repository, struct refusal *refusal) {
    for (int64_t version = 1;; version++) {
        struct metadata *next, *last = repository->published[METADATA_ROOT];
        enum status status = load_version(repository, version, METADATA_ROOT, &next, refusal);
        if (status != STATUS_OK || !next)
            return status;
        status = metadata_verify(next, &next->roles[METADATA_ROOT], next, refusal);
        if (status == STATUS_OK && last)
            status = metadata_verify(last, &last->roles[METADATA_ROOT], next, refusal);
        if (status == STATUS_OK && next->version != version)
            status = refusal_set(refusal, REFUSAL_ROLLBACK, "%lld.root.json has version %lld",
                                 (long long)version, (long long)next->version);
        if (status != STATUS_OK) {
            metadata_free(next);
            return status;
        }
        metadata_free(repository->before);
        repository->before = last;
        repository->published[METADATA_ROOT] = next;
    }
}

// Signed by the root's role; just after a rotation, by that of the root before.
static enum status load_verify(const struct repository *repository, enum metadata_type type,
                               struct refusal *refusal) {
    const struct metadata *root = repository->published[METADATA_ROOT];
    const struct metadata *file = repository->published[type];
    if (!root)
        return refusal_set(refusal, REFUSAL_MISSING, "%s: public/metadata has no 1.root.json",
                           repository->directory);
    enum status status = metadata_verify(root, &root->roles[type], file, refusal);
    if (status != STATUS_OK && repository->before)
        status =
            metadata_verify(repository->before, &repository->before->roles[type], file, refusal);
    return status;
}

// The version that `list` gives for a file; 0 when it names none.
static int64_t listed_version(const struct metadata *list, const char *name) {
    const struct metadata_entry *entry = metadata_find(list, slice_of_string(name));
    struct metadata_file file = {.version = 0};
    if (entry)
        metadata_entry_read(list, entry, &file);
    return file.version;
}

static enum status load_published(struct repository *repository, struct refusal *refusal) {
    struct metadata **published = repository->published;
    enum status status = load_roots(repository, refusal);
    if (status == STATUS_OK)
        status = repository_load(repository, "public/metadata/timestamp.json", METADATA_TIMESTAMP,
                                 &published[METADATA_TIMESTAMP], refusal);
    if (status != STATUS_OK || !published[METADATA_TIMESTAMP])
        return status;
    status = load_verify(repository, METADATA_TIMESTAMP, refusal);
    if (status == STATUS_OK)
        status =
            load_version(repository, listed_version(published[METADATA_TIMESTAMP], "snapshot.json"),
                         METADATA_SNAPSHOT, &published[METADATA_SNAPSHOT], refusal);
    if (status == STATUS_OK && published[METADATA_SNAPSHOT])
        status = load_verify(repository, METADATA_SNAPSHOT, refusal);
    if (status == STATUS_OK && published[METADATA_SNAPSHOT])
        status =
            load_version(repository, listed_version(published[METADATA_SNAPSHOT], "targets.json"),
                         METADATA_TARGETS, &published[METADATA_TARGETS], refusal);
    if (status == STATUS_OK && !published[METADATA_TARGETS])
        status = refusal_set(refusal, REFUSAL_MISSING,
                             "%s: public/metadata lacks a file that timestamp.json leads to",
                             repository->directory);
    return status == STATUS_OK ? load_verify(repository, METADATA_TARGETS, refusal) : status;
}

// A staged file that is published already was left behind by somebody who was stopped.
static enum status load_staged(struct repository *repository, enum metadata_type type,
                               const char *name, struct refusal *refusal) {
    const struct metadata *published = repository->published[type];
    struct metadata *staged;
    enum status status = repository_load(repository, name, type, &staged, refusal);
    if (staged && published && staged->version <= published->version) {
        metadata_free(staged);
        staged = NULL;
    }
    repository->staged[type] = staged;
    return status;
}

static enum status settings_read(struct repository *repository,
                                 const struct canonical_document *document,
                                 struct problem *problem) {
    const struct canonical_value *root = canonical_root(document);
    const struct canonical_value *days = canonical_find(document, root, "days");
    struct slice content, ledger;
    if (!canonical_string(document, canonical_find(document, root, "content"), &content) ||
        !canonical_string(document, canonical_find(document, root, "ledger"), &ledger) ||
        content.size >= PATH_MAX)
        return problem_set(problem, STATUS_FORMAT, "it names no content or no ledger");
    memcpy(repository->content, content.data, content.size);
    repository->content[content.size] = '\0';
    for (int type = 0; type < METADATA_TYPE_COUNT; type++) {
        const char *name = metadata_type_name((enum metadata_type)type);
        if (!canonical_integer(document, canonical_find(document, days, name),
                               &repository->days[type]) ||
            repository->days[type] < 1 || repository->days[type] > 36500)
            return problem_set(problem, STATUS_FORMAT, "days.%s: 1 to 36500", name);
    }
    return note_verifier_read(ledger, &repository->ledger, problem);
}

static enum status load_settings(struct repository *repository, struct refusal *refusal) {
    struct buffer bytes;
    struct problem problem;
    struct canonical_document document;
    canonical_init(&document);
    buffer_init(&bytes, REPOSITORY_FILE_BYTES_MAX + 2 * (size_t)DURABLE_READ_BYTES);
    enum status status = repository_read(repository, "repository.json", &bytes, &problem);
    if (status == STATUS_OK) {
        status = canonical_read(&document, buffer_slice(&bytes), 0, &problem);
        if (status == STATUS_OK)
            status = settings_read(repository, &document, &problem);
        if (status != STATUS_OK)
            status = refusal_set(refusal, REFUSAL_FORMAT, "%s/repository.json: %s",
                                 repository->directory, problem.text);
    } else if (status == STATUS_NOT_FOUND) {
        problem_set(&problem, status, "%s: no repository; vedette guard init makes one",
                    repository->directory);
        status = refusal_wrap(refusal, REFUSAL_MISSING, &problem);
    } else {
        status = repository_refuse(&problem, refusal);
    }
    buffer_done(&bytes);
    canonical_done(&document);
    return status;
}

static int64_t repository_now(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000000ll;
}

enum status repository_open(const char *directory, bool write, struct repository *ret_repository,
                            struct refusal *refusal) {
    struct repository *repository = ret_repository;
    struct problem problem;
    *repository = (struct repository){.lock = -1, .now_ns = repository_now()};
    int size = snprintf(repository->directory, PATH_MAX, "%s", directory);
    if (size < 0 || size >= PATH_MAX)
        return refusal_set(refusal, REFUSAL_LENGTH, "%s: name too long", directory);
    enum status status = load_settings(repository, refusal);
    if (status == STATUS_OK && write) {
        status = durable_lock(directory, true, &repository->lock, &problem);
        if (status != STATUS_OK)
            status = repository_refuse(&problem, refusal);
    }
    if (status == STATUS_OK)
        status = load_published(repository, refusal);
    if (status == STATUS_OK)
        status = load_staged(repository, METADATA_ROOT, "staged/root.json", refusal);
    if (status == STATUS_OK)
        status = load_staged(repository, METADATA_TARGETS, "staged/targets.json", refusal);
    if (status != STATUS_OK)
        repository_close(repository);
    return status;
}

void repository_close(struct repository *repository) {
    for (int type = 0; type < METADATA_TYPE_COUNT; type++) {
        metadata_free(repository->published[type]);
        metadata_free(repository->staged[type]);
        repository->published[type] = repository->staged[type] = NULL;
    }
    metadata_free(repository->before);
    repository->before = NULL;
    if (repository->lock >= 0)
        close(repository->lock);
    repository->lock = -1;
}

const struct metadata *repository_root(const struct repository *repository) {
    return repository->staged[METADATA_ROOT] ? repository->staged[METADATA_ROOT]
                                             : repository->published[METADATA_ROOT];
}

int64_t repository_next_version(const struct repository *repository, enum metadata_type type) {
    return repository->published[type] ? repository->published[type]->version + 1 : 1;
}

enum status repository_stage(struct repository *repository, enum metadata_type type,
                             struct slice bytes, struct refusal *refusal) {
    struct metadata *metadata;
    assert(type == METADATA_ROOT || type == METADATA_TARGETS);
    enum status status = metadata_read(bytes, type, REPOSITORY_FILE_BYTES_MAX, &metadata, refusal);
    if (status != STATUS_OK)
        return status;
    status = repository_write(repository,
                              type == METADATA_ROOT ? "staged/root.json" : "staged/targets.json",
                              bytes, 0644, refusal);
    if (status != STATUS_OK) {
        metadata_free(metadata);
        return status;
    }
    metadata_free(repository->staged[type]);
    repository->staged[type] = metadata;
    return STATUS_OK;
}

enum status repository_releases(const struct repository *repository, struct release_list *releases,
                                struct refusal *refusal) {
    struct problem problem;
    const struct metadata *targets = repository->staged[METADATA_TARGETS]
                                         ? repository->staged[METADATA_TARGETS]
                                         : repository->published[METADATA_TARGETS];
    enum status status = release_list_read(releases, targets, &problem);
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}

enum status repository_owners(const struct repository *repository, struct owner_set *owners,
                              struct refusal *refusal) {
    struct problem problem;
    enum status status = owner_set_read(owners, repository_root(repository), &problem);
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}

static struct draft_head repository_head(const struct repository *repository,
                                         enum metadata_type type) {
    const int64_t day_ns = 86400ll * 1000000000;
    return (struct draft_head){repository_next_version(repository, type),
                               repository->now_ns + repository->days[type] * day_ns};
}

enum status repository_stage_targets(struct repository *repository, struct release_list *releases,
                                     struct refusal *refusal) {
    struct buffer text;
    struct draft_head head = repository_head(repository, METADATA_TARGETS);
    release_list_settle(releases);
    buffer_init(&text, REPOSITORY_FILE_BYTES_MAX);
    draft_append_targets(&head, releases, &text);
    enum status status =
        text.failed ? refusal_set(refusal, REFUSAL_LENGTH, "targets.json would be too long")
                    : repository_stage(repository, METADATA_TARGETS, buffer_slice(&text), refusal);
    buffer_done(&text);
    return status;
}

enum status repository_stage_root(struct repository *repository, const struct owner_set *owners,
                                  struct refusal *refusal) {
    struct buffer text;
    struct draft_head head = repository_head(repository, METADATA_ROOT);
    buffer_init(&text, REPOSITORY_FILE_BYTES_MAX);
    draft_append_root(&head, owners, &text);
    enum status status = repository_stage(repository, METADATA_ROOT, buffer_slice(&text), refusal);
    buffer_done(&text);
    return status;
}

enum status repository_online_key(const struct repository *repository, const char *name,
                                  struct secret_key *ret_key, struct refusal *refusal) {
    struct buffer pem;
    struct problem problem;
    buffer_init(&pem, SECRET_KEY_FILE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status = repository_read(repository, name, &pem, &problem);
    if (status == STATUS_OK)
        status = secret_key_read(buffer_slice(&pem), SLICE(""), ret_key, &problem);
    secret_wipe(&pem);
    buffer_done(&pem);
    if (status == STATUS_NOT_FOUND)
        problem_set(&problem, STATUS_USAGE,
                    "%s has no %s: publish where the online keys are, not on a signer's copy",
                    repository->directory, name);
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}
