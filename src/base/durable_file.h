// Files that are whole or not there
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_DURABLE_FILE_H
#define BASE_DURABLE_FILE_H

#include "base/buffer.h"
#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    DURABLE_READ_BYTES = 64 * 1024
};

// Written beside its place under the name ".<name>.new", synced, renamed over it; then the
// directory is synced. Whoever is killed, or finds the disk full, leaves the old file or the new
// one and at most that other name, which the next write takes over. One writer at a time: hold a
// durable_lock. `mode` as for open(2).
enum status durable_file_write(const char *path, struct slice bytes, unsigned mode,
                               struct problem *problem);

// All bytes at the file's place, however many calls it takes; false with errno.
bool durable_write_all(int fd, struct slice bytes);

// durable_file_write without waiting for the disk: for many files, of which none counts before the
// next durable_sync. After a power cut such a file may be there without its bytes.
enum status durable_file_place(const char *path, struct slice bytes, unsigned mode,
                               struct problem *problem);

// All of a regular file, symbolic links not followed in the last part. STATUS_NOT_FOUND,
// STATUS_LIMIT when it has more than `size_max` bytes. Appended to the buffer, whose ceiling
// leaves room for DURABLE_READ_BYTES more.
enum status durable_file_read(const char *path, size_t size_max, struct buffer *ret_bytes,
                              struct problem *problem);

// A directory and those above it that are missing.
enum status durable_directory_make(const char *path, unsigned mode, struct problem *problem);

// Everything written so far below the file system of `path` reaches the disk.
enum status durable_sync(const char *path, struct problem *problem);

// Hold the directory alone until the file is closed or the process ends, however it ends. With
// `wait` false STATUS_LIMIT when somebody else holds it.
enum status durable_lock(const char *directory, bool wait, int *ret_fd, struct problem *problem);

#endif
