// What a store needs of a database
// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A database that understands the SQL of store/ (SQLite's, kept to what PostgreSQL takes as well
// where that is possible). One file, one const struct. A connection is used by one thread at a
// time, but may pass from one to the next.

enum backend_access {
    BACKEND_MAKE,  // read and write, made when it is not there
    BACKEND_WRITE, // read and write, refused when it is not there
    BACKEND_READ,  // the same, but where nothing can be written it is read as it lies
};

struct backend_value {
    enum backend_value_kind {
        BACKEND_NULL,
        BACKEND_NUMBER,
        BACKEND_TEXT, // UTF-8; other bytes are kept as they are
        BACKEND_BYTES,
    } kind;
    int64_t number;
    struct slice bytes; // of TEXT and BYTES
};

struct backend_layout {
    uint32_t mark;      // tells our files from others'
    uint32_t version;   // of the tables
    const char *tables; // SQL that makes them
};

struct backend {
    const char *name;
    // The file at `path`; nobody else can write or read it until it is closed, but for a file read
    // as it lies: who can write there must leave it alone. STATUS_FORMAT when
    // it is something else or damaged, STATUS_UNSUPPORTED for another version, STATUS_NOT_FOUND,
    // STATUS_SYSTEM (someone else has it, no permission, disk).
    enum status (*open)(const char *path, enum backend_access access,
                        const struct backend_layout *layout, void **ret_database,
                        struct problem *problem);
    // NULL is fine. What was not committed is forgotten.
    void (*close)(void *database);
    // Statements without values or rows, one or several.
    enum status (*run)(void *database, const char *sql, struct problem *problem);

    // What can be put off goes where it belongs. Outside of a transaction.
    enum status (*tidy)(void *database, struct problem *problem);

    enum status (*prepare)(void *database, const char *sql, void **ret_statement,
                           struct problem *problem);
    void (*finish)(void *statement); // NULL is fine
    // Begin anew with these values, which stay the caller's until the last row was asked for.
    enum status (*start)(void *statement, const struct backend_value *values, size_t count,
                         struct problem *problem);
    // The next row; *ret_row = false: there is none (more), and what was to be done is done.
    enum status (*next)(void *statement, bool *ret_row, struct problem *problem);
    // A column of the row; views until the next call on the statement.
    struct backend_value (*column)(void *statement, size_t column);
    // The number that the last row added got.
    int64_t (*last_row)(void *database);
    // How many rows the last change that was done added, changed or took.
    int64_t (*changed)(void *database);
};

extern const struct backend backend_sqlite;

#endif
