// Get a target, checked while it is written
// SPDX-License-Identifier: Apache-2.0
//
// 1. `pass` has seen exactly the first `done` bytes of the part file, in order.
// 2. The part file gets the target's name only after its digests were those that were signed.
// 3. It is kept only when the transfer broke off, to be gone on with.
#include "guard/download.h"

#include "base/memory.h"
#include "guard/metadata_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 256 * 1024,
    NAME_BYTES_MAX = 512,
};

struct download {
    const struct remote *remote;
    const struct client_target *target;
    const struct download_options *options;
    struct refusal *refusal;
    int directory, fd;
    char name[NAME_BYTES_MAX], part[NAME_BYTES_MAX];
    struct digest_pass *pass;
    uint64_t done;
    bool resumed;
};

static enum status refuse_errno(const struct download *download, const char *what) {
    struct problem problem;
    problem_set_errno(&problem, "%s %s/%s", what, download->options->directory, download->name);
    return refusal_wrap(download->refusal, REFUSAL_SYSTEM, &problem);
}

static void download_restart(struct download *download) {
    digest_pass_begin(download->pass, download->target->file.kinds);
    download->done = 0;
    download->resumed = false;
}

// Feed what the file holds to the digests, from its start.
static bool file_hash(int fd, struct digest_pass *pass, uint64_t *ret_size) {
    uint8_t *piece = memory_resize(NULL, PIECE_BYTES, 1);
    uint64_t at = 0;
    ssize_t size;
    while ((size = pread(fd, piece, PIECE_BYTES, (off_t)at)) > 0) {
        digest_pass_add(pass, slice_of(piece, (size_t)size));
        at += (uint64_t)size;
    }
    memory_free(piece);
    *ret_size = at;
    return size == 0;
}

// Length and digests of what went by.
static enum status pass_check(struct digest_pass *pass, uint64_t size,
                              const struct client_target *target, struct refusal *refusal) {
    const struct metadata_file *file = &target->file;
    uint8_t sha256[DIGEST_SIZE_MAX] = {0}, sha512[DIGEST_SIZE_MAX] = {0};
    char name[256];
    snprintf(name, sizeof name, "%.*s", (int)(target->path.size < 200 ? target->path.size : 200),
             (const char *)target->path.data);
    if (file->kinds >> DIGEST_SHA256 & 1)
        digest_pass_end(pass, DIGEST_SHA256, sha256);
    if (file->kinds >> DIGEST_SHA512 & 1)
        digest_pass_end(pass, DIGEST_SHA512, sha512);
    if (size != (uint64_t)file->length)
        return refusal_set(refusal, REFUSAL_LENGTH, "%s: %llu bytes, %lld were signed", name,
                           (unsigned long long)size, (long long)file->length);
    return metadata_file_check_digests(file, name, sha256, sha512, refusal);
}

enum status download_check_file(int fd, const struct client_target *target,
                                struct refusal *refusal) {
    struct stat about;
    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode))
        return refusal_set(refusal, REFUSAL_SYSTEM, "not a regular file");
    struct digest_pass *pass = digest_pass_new();
    digest_pass_begin(pass, target->file.kinds);
    uint64_t size = (uint64_t)about.st_size;
    // A file of another length is not read.
    bool read = size != (uint64_t)target->file.length || file_hash(fd, pass, &size);
    enum status status = read ? pass_check(pass, size, target, refusal)
                              : refusal_set(refusal, REFUSAL_SYSTEM, "the file cannot be read");
    digest_pass_free(pass);
    return status;
}

static enum status names_make(struct download *download) {
    struct buffer name;
    buffer_init(&name, 64 * 1024);
    if (download->options->name)
        buffer_append_text(&name, download->options->name);
    else
        store_encode_role(&name, download->target->path);
    struct slice text = buffer_slice(&name);
    bool sound = !name.failed && text.size && text.size <= STORE_NAME_MAX &&
                 !memchr(text.data, '/', text.size) && !slice_equal(text, SLICE(".")) &&
                 !slice_equal(text, SLICE(".."));
    if (sound) {
        snprintf(download->name, sizeof download->name, "%.*s", (int)text.size, text.data);
        snprintf(download->part, sizeof download->part, ".%.*s.part", (int)text.size, text.data);
    }
    buffer_done(&name);
    return sound ? STATUS_OK
                 : refusal_set(download->refusal, REFUSAL_SYSTEM,
                               "the target's path is no file name here: give it one");
}

// Whether the name is there already, with the right bytes.
static bool already_there(const struct download *download) {
    int fd =
        openat(download->directory, download->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool there = fd >= 0 && download_check_file(fd, download->target, NULL) == STATUS_OK;
    if (fd >= 0)
        close(fd);
    return there;
}

static enum status part_open(struct download *download) {
    struct stat about;
    for (int again = 0;; again++) {
        download->fd = openat(download->directory, download->part,
                              O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (download->fd < 0 && (errno != ELOOP || again))
            return refuse_errno(download, "write");
        // Nobody else's file, nor one that has another name, too.
        if (download->fd >= 0 && fstat(download->fd, &about) == 0 && S_ISREG(about.st_mode) &&
            about.st_nlink == 1 && about.st_uid == geteuid())
            break;
        if (download->fd >= 0)
            close(download->fd);
        download->fd = -1;
        if (again || unlinkat(download->directory, download->part, 0) < 0)
            return refuse_errno(download, "write");
    }
    if (flock(download->fd, LOCK_EX | LOCK_NB) < 0)
        return refuse_errno(download, "another process is at");
    uint64_t size = (uint64_t)about.st_size;
    if (size && size <= (uint64_t)download->target->file.length &&
        file_hash(download->fd, download->pass, &download->done)) {
        download->resumed = true;
        return STATUS_OK;
    }
    download_restart(download);
    return ftruncate(download->fd, 0) < 0 ? refuse_errno(download, "write") : STATUS_OK;
}

static enum status get_begin(void *context, const struct http_got *got, struct problem *problem) {
    struct download *download = context;
    if (got->from == download->done)
        return STATUS_OK;
    // The server sends all of it.
    download_restart(download);
    if (ftruncate(download->fd, 0) < 0)
        return problem_set_errno(problem, "write %s", download->part);
    return STATUS_OK;
}

static enum status get_take(void *context, struct slice bytes, struct problem *problem) {
    struct download *download = context;
    for (size_t at = 0; at < bytes.size;) {
        ssize_t size =
            pwrite(download->fd, bytes.data + at, bytes.size - at, (off_t)(download->done + at));
        if (size < 0 && errno != EINTR)
            return problem_set_errno(problem, "write %s", download->part);
        at += size > 0 ? (size_t)size : 0;
    }
    digest_pass_add(download->pass, bytes);
    download->done += bytes.size;
    if (download->options->progress)
        download->options->progress(download->options->context, download->done,
                                    (uint64_t)download->target->file.length);
    return STATUS_OK;
}

static bool get_stop(void *context) {
    const struct remote *remote = ((struct download *)context)->remote;
    return remote->options.stop && remote->options.stop(remote->options.context);
}

// The rest of the body, from what is there already.
static enum status download_get(struct download *download, const char *url) {
    struct problem problem;
    struct http_got got;
    struct http_get get = {
        .url = url,
        .from = download->done,
        .length_max = (uint64_t)download->target->file.length,
        .begin = get_begin,
        .take = get_take,
        .stop = get_stop,
        .context = download,
    };
    if (download->done && download->done == get.length_max)
        return STATUS_OK;
    enum status status = http_client_get(download->remote->http, &get, &got, &problem);
    return status == STATUS_OK ? remote_check_code(&got, url, download->refusal)
                               : remote_refuse_get(&problem, download->refusal);
}

// From a directory: the same, without a server.
static enum status download_copy(struct download *download, const char *path) {
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (from < 0)
        return refusal_set(download->refusal, REFUSAL_MISSING, "there is no file %s", path);
    struct problem problem;
    uint8_t *piece = memory_resize(NULL, PIECE_BYTES, 1);
    uint64_t left = (uint64_t)download->target->file.length - download->done + 1;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && left) {
        ssize_t size =
            pread(from, piece, left < PIECE_BYTES ? left : PIECE_BYTES, (off_t)download->done);
        if (size <= 0)
            break;
        left -= (uint64_t)size;
        status = left ? get_take(download, slice_of(piece, (size_t)size), &problem)
                      : problem_set(&problem, STATUS_LIMIT, "%s is longer than was signed", path);
    }
    memory_free(piece);
    close(from);
    return status == STATUS_OK ? status : remote_refuse_get(&problem, download->refusal);
}

static enum status download_place(struct download *download) {
    if (fchmod(download->fd, 0644) < 0 || fsync(download->fd) < 0 ||
        renameat(download->directory, download->part, download->directory, download->name) < 0 ||
        fsync(download->directory) < 0)
        return refuse_errno(download, "write");
    return STATUS_OK;
}

static enum status download_try(struct download *download, const char *place) {
    enum status status = strstr(download->remote->targets, "://") ? download_get(download, place)
                                                                  : download_copy(download, place);
    if (status != STATUS_OK)
        return status;
    return pass_check(download->pass, download->done, download->target, download->refusal);
}

static enum status download_run(struct download *download, const char *place) {
    struct refusal why = {.reason = REFUSAL_SYSTEM};
    struct refusal *refusal = download->refusal;
    download->refusal = &why;
    digest_pass_begin(download->pass, download->target->file.kinds);
    enum status status = part_open(download);
    if (status == STATUS_OK) {
        bool resumed = download->resumed;
        status = download_try(download, place);
        // The part that was there may have been wrong, or the server's file another one then.
        if (status != STATUS_OK && resumed && !refusal_is_trouble(why.reason)) {
            download_restart(download);
            status = ftruncate(download->fd, 0) < 0 ? refuse_errno(download, "write")
                                                    : download_try(download, place);
        }
    }
    if (status == STATUS_OK)
        status = download_place(download);
    if (status != STATUS_OK && download->fd >= 0 &&
        (why.reason != REFUSAL_FETCH || download->done == 0))
        unlinkat(download->directory, download->part, 0);
    return status == STATUS_OK ? status : refusal_wrap(refusal, why.reason, &why.problem);
}

enum status download_target(struct remote *remote, const struct client *client,
                            const struct client_target *target,
                            const struct download_options *options, struct buffer *ret_name,
                            struct refusal *refusal) {
    struct download download = {
        .remote = remote,
        .target = target,
        .options = options,
        .refusal = refusal,
        .fd = -1,
        .directory = open(options->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    if (download.directory < 0)
        return refuse_errno(&download, "open");
    enum status status = names_make(&download);
    if (status == STATUS_OK && !already_there(&download)) {
        struct buffer path, encoded, place;
        buffer_init(&path, 64 * 1024);
        buffer_init(&encoded, 256 * 1024);
        buffer_init(&place, 512 * 1024);
        client_target_path(client, target, &path);
        bool url = strstr(remote->targets, "://") != NULL;
        if (url)
            http_append_path(&encoded, buffer_slice(&path));
        remote_join(&place, remote->targets, buffer_slice(url ? &encoded : &path));
        download.pass = digest_pass_new();
        status = download_run(&download, (const char *)place.data);
        digest_pass_free(download.pass);
        if (download.fd >= 0)
            close(download.fd);
        buffer_done(&path);
        buffer_done(&encoded);
        buffer_done(&place);
    }
    close(download.directory);
    if (status == STATUS_OK && ret_name)
        buffer_append_text(ret_name, download.name);
    return status;
}
