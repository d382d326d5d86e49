// Temporary files without a name
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include "base/slice.h"
#include "base/status.h"

#include <stdint.h>

// A file for reading and writing in `directory` that has no name there (O_TMPFILE, or unlinked
// at once where the file system lacks that), so that nothing is left behind however the process
// ends. The caller closes it. STATUS_SYSTEM or STATUS_NOT_FOUND with the directory named.
enum status spool_open(const char *directory, int *ret_fd, struct problem *problem);

// Write all of `bytes` at `offset`; `directory` is named when the disk is full.
enum status spool_write(int fd, uint64_t offset, struct slice bytes, const char *directory,
                        struct problem *problem);

#endif
