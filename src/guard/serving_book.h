// What an upgrade server once served, and to whom
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_SERVING_BOOK_H
#define GUARD_SERVING_BOOK_H

#include "base/intern.h"
#include "base/slice.h"
#include "base/table.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SERVING_TEXTS_MAX = 1 << 20,
    SERVING_TEXT_BYTES_MAX = 256 << 20,
    SERVING_ROWS_MAX = 4 << 20
};

// One line of an access log that was answered with a whole file.
struct serving {
    struct slice path;   // as in the URL, decoded, without the leading '/'
    struct slice client; // address or name
    int64_t time_ns;
    uint64_t size_bytes;
    bool with_head; // the size counts the answer's head too (IIS's sc-bytes)
};

// All answers of one size for one path to one client.
struct serving_row {
    uint32_t path, client; // numbers in the interners
    uint64_t size_bytes;
    bool with_head;
    uint64_t count;
    int64_t first_ns, last_ns;
};

// The rows of one path, once they are sorted.
struct serving_group {
    struct slice path;
    uint32_t first_row, row_count;
};

struct serving_book {
    struct interner paths, clients;
    struct serving_row *rows;
    struct table table;
    uint32_t count;
    uint32_t capacity;
    uint64_t left_out; // beyond the ceilings
    struct serving_group *groups;
    uint32_t group_count;
    struct table by_name; // last segment of a path -> groups
};

void serving_book_init(struct serving_book *book);
void serving_book_done(struct serving_book *book);
void serving_book_add(struct serving_book *book, const struct serving *serving);

// Order the rows by (path, size, client), paths by their text. No serving_book_add afterwards.
void serving_book_sort(struct serving_book *book);

// The rows of the path that agrees best with a file's; NULL: none does. After serving_book_sort.
const struct serving_group *serving_book_find(const struct serving_book *book,
                                              struct slice file_path);

// Whether a URL's path means a file below an audited directory: one is the other's end, cut at a
// '/'. Returns the bytes that agree, 0 for no.
size_t serving_path_agrees(struct slice url_path, struct slice file_path);

// Whether bytes on the wire may be a file of this size: equal; with a head of 1 to 1,024 bytes
// where the log counts it.
bool serving_size_agrees(const struct serving_row *row, uint64_t file_bytes);

#endif
