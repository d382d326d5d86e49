// The database of a case: open, close, facts
// SPDX-License-Identifier: Apache-2.0
#include "store/connection.h"

#include "base/memory.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const STATEMENTS[] = {
#define STATEMENT(name, sql) [STATEMENT_##name] = sql,
#include "store/statements.def"
#undef STATEMENT
};

enum status store_open(const char *path, enum store_access access, struct store **ret_store,
                       struct problem *problem) {
    static const struct backend_layout LAYOUT = {STORE_MARK, STORE_VERSION, STORE_TABLES};
    void *database;
    static const enum backend_access ACCESS[] = {
        [STORE_MAKE] = BACKEND_MAKE, [STORE_WRITE] = BACKEND_WRITE, [STORE_READ] = BACKEND_READ};
    enum status status = backend_sqlite.open(path, ACCESS[access], &LAYOUT, &database, problem);
    if (status != STATUS_OK)
        return status;
    struct store *store = memory_new(1, sizeof *store);
    store->backend = &backend_sqlite;
    store->database = database;
    *ret_store = store;
    return STATUS_OK;
}

// SQLite's file format 1.3: the application's mark lies at 68, big-endian.
bool store_is_at(const char *path) {
    enum {
        MARK_AT = 68,
        HEADER_SIZE = 72
    };
    uint8_t header[HEADER_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    bool whole = pread(fd, header, sizeof header, 0) == (ssize_t)sizeof header;
    close(fd);
    return whole && slice_starts(slice_of(header, sizeof header), SLICE("SQLite format 3")) &&
           ((uint32_t)header[MARK_AT] << 24 | (uint32_t)header[MARK_AT + 1] << 16 |
            (uint32_t)header[MARK_AT + 2] << 8 | header[MARK_AT + 3]) == STORE_MARK;
}

void store_close(struct store *store) {
    if (!store)
        return;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        store->backend->finish(store->statements[i]);
    store->backend->close(store->database);
    memory_free(store);
}

enum status store_begin(struct store *store, struct problem *problem) {
    return store->backend->run(store->database, "BEGIN IMMEDIATE", problem);
}

enum status store_commit(struct store *store, struct problem *problem) {
    return store->backend->run(store->database, "COMMIT", problem);
}

enum status store_tidy(struct store *store, struct problem *problem) {
    return store->backend->tidy(store->database, problem);
}

enum status store_start(struct store *store, enum store_statement which,
                        const struct backend_value *values, size_t count, struct problem *problem) {
    enum status status = STATUS_OK;
    if (!store->statements[which])
        status = store->backend->prepare(store->database, STATEMENTS[which],
                                         &store->statements[which], problem);
    return status == STATUS_OK
               ? store->backend->start(store->statements[which], values, count, problem)
               : status;
}

enum status store_row(struct store *store, enum store_statement which, bool *ret_row,
                      struct problem *problem) {
    return store->backend->next(store->statements[which], ret_row, problem);
}

enum status store_do(struct store *store, enum store_statement which,
                     const struct backend_value *values, size_t count, struct problem *problem) {
    bool row = false;
    enum status status = store_start(store, which, values, count, problem);
    return status == STATUS_OK ? store_row(store, which, &row, problem) : status;
}

int64_t store_number(struct store *store, enum store_statement which, size_t column) {
    struct backend_value value = store->backend->column(store->statements[which], column);
    return value.kind == BACKEND_NUMBER ? value.number : 0;
}

struct slice store_bytes(struct store *store, enum store_statement which, size_t column) {
    struct backend_value value = store->backend->column(store->statements[which], column);
    bool bytes = value.kind == BACKEND_TEXT || value.kind == BACKEND_BYTES;
    return bytes ? value.bytes : (struct slice){NULL, 0};
}

enum status store_keep(struct store *store, enum store_statement which, size_t column,
                       struct arena *arena, struct slice *ret_bytes, struct problem *problem) {
    struct slice bytes = store_bytes(store, which, column);
    struct slice kept = arena_keep(arena, bytes);
    if (bytes.size && !kept.data)
        return problem_set(problem, STATUS_LIMIT, "the case holds more names than memory for them");
    *ret_bytes = kept;
    return STATUS_OK;
}

bool store_digest(struct store *store, enum store_statement which, size_t column,
                  uint8_t ret_digest[DIGEST_SHA256_SIZE]) {
    struct slice bytes = store_bytes(store, which, column);
    if (bytes.size != DIGEST_SHA256_SIZE)
        return false;
    memcpy(ret_digest, bytes.data, DIGEST_SHA256_SIZE);
    return true;
}

enum status store_put_fact(struct store *store, enum store_fact fact, struct slice value,
                           struct problem *problem) {
    const struct backend_value values[] = {value_number(fact), value_bytes(value)};
    return store_do(store, STATEMENT_PUT_FACT, values, ARRAY_SIZE(values), problem);
}

enum status store_fact(struct store *store, enum store_fact fact, struct arena *arena,
                       struct slice *ret_value, struct problem *problem) {
    const struct backend_value values[] = {value_number(fact)};
    bool row = false;
    enum status status = store_start(store, STATEMENT_FACT, values, ARRAY_SIZE(values), problem);
    if (status == STATUS_OK)
        status = store_row(store, STATEMENT_FACT, &row, problem);
    if (status != STATUS_OK)
        return status;
    *ret_value = (struct slice){NULL, 0};
    if (!row)
        return STATUS_OK;
    status = store_keep(store, STATEMENT_FACT, 0, arena, ret_value, problem);
    while (row && status == STATUS_OK)
        status = store_row(store, STATEMENT_FACT, &row, problem);
    return status;
}
