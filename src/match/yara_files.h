// The YARA files under the paths that were given
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_YARA_FILES_H
#define MATCH_YARA_FILES_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

#include <stddef.h>

struct yara_file {
    struct slice path;   // NUL-terminated
    const char *trouble; // why it cannot be read; NULL: it could
    struct slice text;   // NUL-terminated
};

// Find and read them, sorted by path, each once; everything lies in `arena` but the row, which the
// caller frees. STATUS_NOT_FOUND or STATUS_SYSTEM for a path that is not there, STATUS_LIMIT for
// more than 20,000 files or 256 MiB.
enum status yara_files_read(const char *const *paths, size_t path_count, struct arena *arena,
                            struct yara_file **ret_files, size_t *ret_count,
                            struct problem *problem);

#endif
