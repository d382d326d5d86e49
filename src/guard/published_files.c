// The guarded files themselves, when they are published
// SPDX-License-Identifier: Apache-2.0
#include "guard/published_files.h"

#include "guard/beneath.h"

#include "base/durable_file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILES_PIECE_BYTES = 256 * 1024
};

struct files_reading {
    int content; // the guarded directory
    struct digest_pass *digest;
    uint8_t *piece;
};

static void files_name(const struct release *release, char ret_name[PATH_MAX]) {
    snprintf(ret_name, PATH_MAX, "%.*s", (int)release->path.size, (const char *)release->path.data);
}

// Read a release's file to its end, hash it, write it to `to` unless that is -1.
static enum status files_read(const struct files_reading *reading, const struct release *release,
                              int to, struct refusal *refusal) {
    char name[PATH_MAX];
    uint8_t sha256[DIGEST_SIZE_MAX];
    struct problem problem;
    int64_t length = 0;
    files_name(release, name);
    int fd = beneath_open(reading->content, name, O_RDONLY | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return refusal_set(refusal, REFUSAL_MISSING, "%s is signed, but not there", name);
    ssize_t step = fd < 0 ? -1 : 0;
    digest_pass_begin(reading->digest, 1u << DIGEST_SHA256);
    while (fd >= 0 && (step = read(fd, reading->piece, FILES_PIECE_BYTES)) > 0) {
        digest_pass_add(reading->digest, slice_of(reading->piece, (size_t)step));
        length += step;
        if (to >= 0 && write(to, reading->piece, (size_t)step) != step)
            step = -1;
        if (step < 0 || length > release->length)
            break;
    }
    if (step < 0)
        problem_set_errno(&problem, "%s", name);
    digest_pass_end(reading->digest, DIGEST_SHA256, sha256);
    if (fd >= 0)
        close(fd);
    if (step < 0)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    if (length != release->length || memcmp(sha256, release->sha256, DIGEST_SHA256_SIZE) != 0)
        return refusal_set(refusal, REFUSAL_HASH_MISMATCH, "%s is no longer what was signed", name);
    return STATUS_OK;
}

static enum status reading_init(struct files_reading *reading, const struct repository *repository,
                                struct refusal *refusal) {
    struct problem problem;
    *reading = (struct files_reading){
        .content = open(repository->content, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (reading->content < 0) {
        problem_set_errno(&problem, "%s", repository->content);
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    }
    reading->digest = digest_pass_new();
    reading->piece = memory_new(1, FILES_PIECE_BYTES);
    return STATUS_OK;
}

static void reading_done(struct files_reading *reading) {
    close(reading->content);
    digest_pass_free(reading->digest);
    memory_free(reading->piece);
}

enum status published_files_check(const struct repository *repository,
                                  const struct release_list *releases, struct refusal *refusal) {
    struct files_reading reading;
    struct refusal other;
    char first[PROBLEM_TEXT_SIZE];
    uint32_t bad = 0;
    if (access(repository->content, F_OK) != 0)
        return STATUS_OK;
    enum status status = reading_init(&reading, repository, refusal);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < releases->count; i++) {
        if (files_read(&reading, &releases->items[i], -1, bad ? &other : refusal) == STATUS_OK)
            continue;
        status = bad ? status : refusal->problem.status;
        bad++;
    }
    reading_done(&reading);
    if (bad < 2)
        return status;
    snprintf(first, sizeof first, "%s", refusal->problem.text);
    return refusal_set(refusal, refusal->reason, "%s; and %u more", first, bad - 1);
}

// public/targets/DIR/HASH.FILE, and its directory made.
static enum status copy_path(const struct repository *repository, const struct release *release,
                             char ret_path[PATH_MAX], struct problem *problem) {
    char hex[DIGEST_SHA256_HEX_SIZE], name[PATH_MAX], parent[PATH_MAX];
    files_name(release, name);
    digest_hex(release->sha256, hex);
    char *slash = strrchr(name, '/');
    int head = slash ? (int)(slash - name) + 1 : 0;
    int size = snprintf(ret_path, PATH_MAX, "%s/public/targets/%.*s%s.%s", repository->directory,
                        head, name, hex, name + head);
    if (size < 0 || size >= PATH_MAX)
        return problem_set(problem, STATUS_LIMIT, "%s: name too long", name);
    memcpy(parent, ret_path, (size_t)size + 1);
    *strrchr(parent, '/') = '\0';
    return durable_directory_make(parent, 0755, problem);
}

static enum status copy_one(const struct files_reading *reading, const char *path,
                            const struct release *release, struct refusal *refusal) {
    char beside[PATH_MAX];
    struct problem problem;
    struct stat about;
    if (stat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size == release->length)
        return STATUS_OK;
    int size = snprintf(beside, sizeof beside, "%s.new", path);
    if (size < 0 || size >= PATH_MAX)
        return refusal_set(refusal, REFUSAL_LENGTH, "%s: name too long", path);
    unlink(beside);
    int to = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    enum status status = STATUS_OK;
    if (to >= 0)
        status = files_read(reading, release, to, refusal);
    if (to < 0 || (status == STATUS_OK && (fsync(to) != 0 || rename(beside, path) != 0))) {
        problem_set_errno(&problem, "%s", path);
        status = refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    }
    if (to >= 0)
        close(to);
    if (status != STATUS_OK)
        unlink(beside);
    return status;
}

enum status published_files_copy(const struct repository *repository,
                                 const struct release_list *releases, struct refusal *refusal) {
    struct files_reading reading;
    struct problem problem;
    enum status status = reading_init(&reading, repository, refusal);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; status == STATUS_OK && i < releases->count; i++) {
        char path[PATH_MAX];
        status = copy_path(repository, &releases->items[i], path, &problem);
        status = status == STATUS_OK ? copy_one(&reading, path, &releases->items[i], refusal)
                                     : repository_refuse(&problem, refusal);
    }
    if (status == STATUS_OK && durable_sync(repository->directory, &problem) != STATUS_OK)
        status = repository_refuse(&problem, refusal);
    reading_done(&reading);
    return status;
}
