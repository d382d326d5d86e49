// Hashes that somebody else vouches for
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_KNOWN_LIST_H
#define GUARD_KNOWN_LIST_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/slice.h"
#include "base/status.h"
#include "base/table.h"

#include <stdbool.h>
#include <stdint.h>

struct metadata_file;
struct tree;

struct known_file {
    struct slice path; // relative path, or a bare name
    uint8_t sha256[DIGEST_SHA256_SIZE];
    int64_t size_bytes;    // -1: not said
    struct slice version;  // empty: not said
    uint32_t next_by_hash; // TABLE_NONE: none
    bool seen;             // for whoever compares
};

struct known_list {
    struct arena arena;
    struct known_file *files;
    uint32_t count;
    uint32_t capacity;
    uint32_t lines_not_read;
    struct table by_hash; // of a SHA-256, the first file
    struct table by_name; // of the last segment of a path, each file
};

enum {
    KNOWN_LIST_BYTES_MAX = 512 << 20,
    KNOWN_FILES_MAX = 4 * 1000 * 1000
};

// Read a list. Three forms, told from its lines:
//   "<64 hex>  path", "<64 hex> *path"       coreutils sha256sum; a leading '\' escapes
//   "SHA256 (path) = <64 hex>"               BSD
//   CSV (RFC 4180) with a header that has sha256, and path or name; size and version are read
// A leading "./" or '/' of a path is dropped. Lines that are none are counted. STATUS_FORMAT when
// no line can be read. The list is empty before (known_list_init).
enum status known_list_read(struct known_list *list, struct slice text, struct problem *problem);

// The files of a tree as a list: a backup.
enum status known_list_take(struct known_list *list, const struct tree *tree,
                            struct problem *problem);

// A target of signed metadata, and what was signed of it; one without a sha256 is counted as a line
// that could not be read.
enum status known_list_take_target(struct known_list *list, struct slice path,
                                   const struct metadata_file *said, struct problem *problem);

void known_list_init(struct known_list *list);
void known_list_done(struct known_list *list);

// Whether the text looks like a list at all: its first line is one of the three forms.
bool known_list_recognise(struct slice text);

// The first file with the hash; NULL: none. *Next goes on.
struct known_file *known_list_hash(const struct known_list *list,
                                   const uint8_t sha256[DIGEST_SHA256_SIZE]);

// The file that a path means: the same path, else a bare name equal to its last segment; the one
// with the hash, if there are several. NULL: none.
struct known_file *known_list_find(const struct known_list *list, struct slice path,
                                   const uint8_t sha256[DIGEST_SHA256_SIZE]);

// Whether a file of just this path is marked as seen.
bool known_list_is_seen(const struct known_list *list, struct slice path);

#endif
