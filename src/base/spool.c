// Temporary files without a name
// SPDX-License-Identifier: Apache-2.0
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SPOOL_PATH_SIZE = 4096
};

enum status spool_open(const char *directory, int *ret_fd, struct problem *problem) {
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        char path[SPOOL_PATH_SIZE];
        int size = snprintf(path, sizeof path, "%s/vedette-XXXXXX", directory);
        if (size < 0 || size >= SPOOL_PATH_SIZE)
            return problem_set(problem, STATUS_LIMIT, "temporary directory: name too long");
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    if (fd < 0)
        return problem_set_errno(problem, "temporary file in %s", directory);
    *ret_fd = fd;
    return STATUS_OK;
}

enum status spool_write(int fd, uint64_t offset, struct slice bytes, const char *directory,
                        struct problem *problem) {
    size_t written = 0;
    while (written < bytes.size) {
        ssize_t step =
            pwrite(fd, bytes.data + written, bytes.size - written, (off_t)(offset + written));
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return problem_set_errno(problem, "writing a temporary file in %s", directory);
        written += (size_t)step;
    }
    return STATUS_OK;
}
