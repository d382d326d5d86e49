// What the files of a store share
// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_CONNECTION_H
#define STORE_CONNECTION_H

#include "store/backend.h"
#include "store/store.h"
#include "store/tables.h"

struct store {
    const struct backend *backend;
    void *database;
    void *statements[STATEMENT_COUNT];
};

static inline struct backend_value value_number(int64_t number) {
    return (struct backend_value){.kind = BACKEND_NUMBER, .number = number};
}

static inline struct backend_value value_text(struct slice text) {
    return (struct backend_value){.kind = BACKEND_TEXT, .bytes = text};
}

static inline struct backend_value value_bytes(struct slice bytes) {
    return (struct backend_value){.kind = BACKEND_BYTES, .bytes = bytes};
}

// Run a statement that gives no rows.
enum status store_do(struct store *store, enum store_statement which,
                     const struct backend_value *values, size_t count, struct problem *problem);

// Begin a statement that gives rows; then store_row until *ret_row is false.
enum status store_start(struct store *store, enum store_statement which,
                        const struct backend_value *values, size_t count, struct problem *problem);
enum status store_row(struct store *store, enum store_statement which, bool *ret_row,
                      struct problem *problem);

// Columns of the row at hand; a number out of place is 0, a text empty. Numbers are whatever the
// file says: check what counts.
int64_t store_number(struct store *store, enum store_statement which, size_t column);
struct slice store_bytes(struct store *store, enum store_statement which, size_t column);

// The same, kept; STATUS_LIMIT when the arena is full.
enum status store_keep(struct store *store, enum store_statement which, size_t column,
                       struct arena *arena, struct slice *ret_bytes, struct problem *problem);

// A digest's column; false when it is none.
bool store_digest(struct store *store, enum store_statement which, size_t column,
                  uint8_t ret_digest[DIGEST_SHA256_SIZE]);

#endif
