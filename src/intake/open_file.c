// Files that several units share
// SPDX-License-Identifier: Apache-2.0
#include "intake/open_file.h"

#include "base/memory.h"

#include <assert.h>
#include <stdatomic.h>
#include <unistd.h>

struct open_file {
    int fd;
    atomic_uint users;
};

struct open_file *open_file_new(int fd) {
    struct open_file *file = memory_new(1, sizeof *file);
    file->fd = fd;
    atomic_init(&file->users, 1);
    return file;
}

struct open_file *open_file_take(struct open_file *file) {
    atomic_fetch_add_explicit(&file->users, 1, memory_order_relaxed);
    return file;
}

void open_file_drop(struct open_file *file) {
    if (!file)
        return;
    unsigned before = atomic_fetch_sub_explicit(&file->users, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1) {
        close(file->fd);
        memory_free(file);
    }
}

int open_file_fd(const struct open_file *file) {
    return file->fd;
}
