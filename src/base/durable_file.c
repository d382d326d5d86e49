// Files that are whole or not there
// SPDX-License-Identifier: Apache-2.0
#include "base/durable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// A path taken apart: the directory, and the name beside the last part.
struct durable_path {
    char directory[PATH_MAX];
    char beside[PATH_MAX];
};

static enum status durable_split(const char *path, struct durable_path *ret_path,
                                 struct problem *problem) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    int head = slash ? (int)(slash - path) : 1;
    const char *directory = slash ? path : ".";
    if (slash == path)
        head = 1;
    int size = snprintf(ret_path->beside, PATH_MAX, "%.*s/.%s.new", head, directory, name);
    if (size < 0 || size >= PATH_MAX)
        return problem_set(problem, STATUS_LIMIT, "%s: name too long", path);
    snprintf(ret_path->directory, PATH_MAX, "%.*s", head, directory);
    return STATUS_OK;
}

bool durable_write_all(int fd, struct slice bytes) {
    size_t written = 0;
    while (written < bytes.size) {
        ssize_t step = write(fd, bytes.data + written, bytes.size - written);
        if (step < 0 && errno == EINTR)
            continue;
        if (step <= 0)
            return false;
        written += (size_t)step;
    }
    return true;
}

static enum status durable_sync_directory(const char *path, struct problem *problem) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", path);
    bool synced = fsync(fd) == 0;
    enum status status = synced ? STATUS_OK : problem_set_errno(problem, "sync %s", path);
    close(fd);
    return status;
}

static enum status durable_put(const struct durable_path *parts, const char *path,
                               struct slice bytes, unsigned mode, bool sync,
                               struct problem *problem) {
    unlink(parts->beside); // of one who was stopped, or somebody's link
    int fd = open(parts->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return problem_set_errno(problem, "write %s", path);
    bool fine = durable_write_all(fd, bytes) && (!sync || fsync(fd) == 0);
    int error = errno;
    fine = close(fd) == 0 && fine;
    if (fine && rename(parts->beside, path) == 0)
        return STATUS_OK;
    errno = fine ? errno : error;
    enum status status = problem_set_errno(problem, "write %s", path);
    unlink(parts->beside);
    return status;
}

enum status durable_file_write(const char *path, struct slice bytes, unsigned mode,
                               struct problem *problem) {
    struct durable_path parts;
    enum status status = durable_split(path, &parts, problem);
    if (status == STATUS_OK)
        status = durable_put(&parts, path, bytes, mode, true, problem);
    return status == STATUS_OK ? durable_sync_directory(parts.directory, problem) : status;
}

enum status durable_file_place(const char *path, struct slice bytes, unsigned mode,
                               struct problem *problem) {
    struct durable_path parts;
    enum status status = durable_split(path, &parts, problem);
    return status == STATUS_OK ? durable_put(&parts, path, bytes, mode, false, problem) : status;
}

static enum status durable_read_all(int fd, const char *path, size_t size_max,
                                    struct buffer *ret_bytes, struct problem *problem) {
    for (size_t start = ret_bytes->size;;) {
        uint8_t *room = buffer_reserve(ret_bytes, DURABLE_READ_BYTES);
        if (!room)
            return problem_set(problem, STATUS_LIMIT, "%s: more than %zu bytes", path, size_max);
        ssize_t step = read(fd, room, DURABLE_READ_BYTES);
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return problem_set_errno(problem, "read %s", path);
        if (step == 0)
            return STATUS_OK;
        ret_bytes->size += (size_t)step;
        if (ret_bytes->size - start > size_max)
            return problem_set(problem, STATUS_LIMIT, "%s: more than %zu bytes", path, size_max);
    }
}

enum status durable_file_read(const char *path, size_t size_max, struct buffer *ret_bytes,
                              struct problem *problem) {
    struct stat about;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", path);
    enum status status;
    if (fstat(fd, &about) < 0)
        status = problem_set_errno(problem, "read %s", path);
    else if (!S_ISREG(about.st_mode))
        status = problem_set(problem, STATUS_SYSTEM, "%s is no regular file", path);
    else
        status = durable_read_all(fd, path, size_max, ret_bytes, problem);
    close(fd);
    return status;
}

enum status durable_directory_make(const char *path, unsigned mode, struct problem *problem) {
    char part[PATH_MAX];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part)
        return problem_set(problem, STATUS_LIMIT, "directory '%s': name empty or too long", path);
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, mode) < 0 && errno != EEXIST)
            return problem_set_errno(problem, "make directory %s", part);
    }
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISDIR(about.st_mode))
        return problem_set(problem, STATUS_SYSTEM, "%s is no directory", path);
    return STATUS_OK;
}

enum status durable_sync(const char *path, struct problem *problem) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", path);
    bool synced = syncfs(fd) == 0;
    enum status status = synced ? STATUS_OK : problem_set_errno(problem, "sync %s", path);
    close(fd);
    return status;
}

enum status durable_lock(const char *directory, bool wait, int *ret_fd, struct problem *problem) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", directory);
    while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
        if (errno == EINTR)
            continue;
        bool taken = errno == EWOULDBLOCK;
        enum status status =
            taken ? problem_set(problem, STATUS_LIMIT, "%s is in use by another process", directory)
                  : problem_set_errno(problem, "lock %s", directory);
        close(fd);
        return status;
    }
    *ret_fd = fd;
    return STATUS_OK;
}
