// Which files there are
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_FILES_H
#define INTAKE_FILES_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct found_file {
    struct slice path; // NUL-terminated
    uint64_t size;
    uint64_t device, inode; // 0, 0: not to be compared
    int64_t modified_ns;    // 0: not known
    int rank;               // order_rank
    const char *trouble;    // why it is not read, or NULL; static
};

struct found_files {
    struct found_file *files;
    size_t count, capacity;
    struct arena paths;
};

void found_files_init(struct found_files *found);
void found_files_done(struct found_files *found);

// Find what `paths` name: files, directories to their bottom, globs where no file has the name
// itself, "-". Sorted (servers, then hosts, then bytewise), each file once however often it was
// given. A path that does not exist, cannot be read or is no file is a status; what lies below
// a directory and cannot be read is an entry with `trouble`. Symbolic links are followed only
// when the user named them; one below a directory is left out, and said when it leads outside.
enum status found_files_add_paths(struct found_files *found, const char *const *paths,
                                  size_t path_count, struct problem *problem);

#endif
