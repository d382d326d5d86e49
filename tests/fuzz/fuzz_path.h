// The input as a file that has a path and no name
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_FUZZ_FUZZ_PATH_H
#define TESTS_FUZZ_FUZZ_PATH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// For readers that take paths.
struct fuzz_path {
    int fd;
    char path[32];
};

static inline void fuzz_path_init(struct fuzz_path *file, const uint8_t *data, size_t size) {
    file->fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (file->fd < 0 || (size && write(file->fd, data, size) != (ssize_t)size))
        abort();
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static inline void fuzz_path_done(struct fuzz_path *file) {
    close(file->fd);
}

#endif
