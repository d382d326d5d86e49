// Everything that lies below a directory, hashed
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_TREE_H
#define GUARD_TREE_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/slice.h"
#include "base/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    TREE_ENTRIES_MAX = 2 * 1000 * 1000,
    TREE_DEPTH_MAX = 128,
    TREE_PATH_BYTES_MAX = 4096 // the kernel's PATH_MAX
};

struct tree_entry {
    struct slice path; // relative, '/' between; any bytes but NUL. A NUL follows it
    enum tree_kind {
        TREE_FILE,
        TREE_LINK,
        TREE_SPECIAL, // FIFO, socket, device
        TREE_UNREADABLE,
    } kind;
    uint64_t size_bytes;
    int64_t modified_ns;
    uint32_t mode; // permission bits
    uint32_t links;
    uint8_t sha256[DIGEST_SHA256_SIZE]; // TREE_FILE
};

struct tree {
    struct arena arena;
    struct tree_entry *entries; // in bytewise order of paths; directories are not among them
    uint32_t count;
    uint32_t capacity;
};

// Walk and hash. No symbolic link is followed, no file opened but through beneath_open; a file that
// another file replaces meanwhile is what was opened. STATUS_NOT_FOUND and STATUS_SYSTEM when
// the directory cannot be opened, STATUS_LIMIT beyond the ceilings, STATUS_INTERRUPTED on *stop
// (may be NULL). tree_done on success only.
enum status tree_read(const char *directory, const atomic_bool *stop, struct tree *ret_tree,
                      struct problem *problem);
void tree_done(struct tree *tree);

// Binary search by path; NULL when there is none.
const struct tree_entry *tree_find(const struct tree *tree, struct slice path);

#endif
