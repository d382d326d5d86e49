// The guarded directory against what is signed
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REPOSITORY_CONTENT_H
#define GUARD_REPOSITORY_CONTENT_H

#include "guard/known_list.h"
#include "guard/repository.h"
#include "guard/tree.h"

// Write down when each file's bytes were first seen (book.json), keep what was known, forget what
// is gone. `book` was initialised and holds every regular file afterwards.
enum status repository_book(const struct repository *repository, const struct tree *tree,
                            struct release_list *book, struct refusal *refusal);

// How the directory stands against the staged list, else the published one.
struct content_count {
    uint32_t files;      // regular ones
    uint32_t listed;     // these bytes are on the list
    uint32_t unverified; // nobody has vouched for them
    uint32_t changed;    // listed, with other bytes
    uint32_t missing;    // listed, not there
    uint32_t odd;        // links, special files, names that are not UTF-8: never listed
};
// `lines` takes a line for each file that is changed or missing, the first
// CONTENT_LINES_MAX of them.
enum {
    CONTENT_LINES_MAX = 100
};
enum status repository_count(const struct repository *repository, const struct tree *tree,
                             struct content_count *ret_count, struct buffer *lines,
                             struct refusal *refusal);

// Which files are vouched for, and by whom.
struct vouching {
    const struct known_list *known; // a backup or a vendor's list; NULL: none
    const char *source;             // how it is called: "backup /mnt/backup"
    const char *const *paths;       // or named by the owners: files, or directories
    size_t path_count;
};
struct vouched_count {
    uint32_t added;
    uint32_t differing; // the second source has other bytes: told in `lines`
    uint32_t unmatched; // the second source does not know them
};

// Stage a list with the files that are vouched for added. `lines` takes a line for each that
// differs. STATUS_USAGE when a path that was named is not there.
enum status repository_add(struct repository *repository, const struct tree *tree,
                           const struct vouching *vouching, struct vouched_count *ret_count,
                           struct buffer *lines, struct refusal *refusal);

// Stage a list without these files. STATUS_USAGE when one is not listed.
enum status repository_withdraw(struct repository *repository, const char *const *paths,
                                size_t count, struct refusal *refusal);

#endif
