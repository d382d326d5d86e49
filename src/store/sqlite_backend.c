// SQLite as the store's database
// SPDX-License-Identifier: Apache-2.0
//
// The file may be anybody's: opened with a defensive configuration, without extensions, with
// untrusted schema, with limits on sizes; its mark, its layout version and its integrity are looked
// at before anything else is read (https://www.sqlite.org/security.html).
#include "store/backend.h"

#include "base/memory.h"
#include "store/still_place.h"

#include <sqlite3.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SQLITE_VALUE_BYTES_MAX = 256 << 20,
    SQLITE_SQL_BYTES_MAX = 1 << 20,
    SQLITE_ADDRESS_BYTES_MAX = 64 << 10,
    SQLITE_BUSY_MS = 2000,
    SQLITE_PAGE_BYTES = 16 << 10, // blobs of many pages: fewer, larger ones
};

static enum status sqlite_fail(sqlite3 *database, const char *what, struct problem *problem) {
    const char *path = sqlite3_db_filename(database, "main");
    int code = sqlite3_errcode(database);
    path = path ? path : "the database";
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return problem_set(problem, STATUS_SYSTEM, "%s is in use by another process", path);
    case SQLITE_NOTADB:
        return problem_set(problem, STATUS_FORMAT, "%s is no case of ours: not a database", path);
    case SQLITE_CORRUPT:
        return problem_set(problem, STATUS_FORMAT, "%s is damaged: %s", path,
                           sqlite3_errmsg(database));
    case SQLITE_TOOBIG:
        return problem_set(problem, STATUS_LIMIT, "%s: a value is too large", path);
    default:
        return problem_set(problem, STATUS_SYSTEM, "%s: %s: %s", path, what,
                           sqlite3_errmsg(database));
    }
}

static enum status sqlite_run(void *database, const char *sql, struct problem *problem) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK)
        return STATUS_OK;
    return sqlite_fail(database, "run", problem);
}

static enum status sqlite_tidy(void *database, struct problem *problem) {
    return sqlite_run(database, "PRAGMA wal_checkpoint(PASSIVE)", problem);
}

static enum status sqlite_prepare(void *database, const char *sql, void **ret_statement,
                                  struct problem *problem) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        return sqlite_fail(database, "prepare", problem);
    *ret_statement = statement;
    return STATUS_OK;
}

static void sqlite_finish(void *statement) {
    sqlite3_finalize(statement);
}

static int sqlite_bind(sqlite3_stmt *statement, int place, const struct backend_value *value) {
    const char *bytes = value->bytes.size ? (const char *)value->bytes.data : "";
    switch (value->kind) {
    case BACKEND_NULL:
        return sqlite3_bind_null(statement, place);
    case BACKEND_NUMBER:
        return sqlite3_bind_int64(statement, place, value->number);
    case BACKEND_TEXT:
        return sqlite3_bind_text64(statement, place, bytes, value->bytes.size, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case BACKEND_BYTES:
        return sqlite3_bind_blob64(statement, place, bytes, value->bytes.size, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static enum status sqlite_start(void *statement, const struct backend_value *values, size_t count,
                                struct problem *problem) {
    sqlite3_reset(statement);
    for (size_t i = 0; i < count; i++)
        if (sqlite_bind(statement, (int)i + 1, &values[i]) != SQLITE_OK)
            return sqlite_fail(sqlite3_db_handle(statement), "bind", problem);
    return STATUS_OK;
}

static enum status sqlite_next(void *statement, bool *ret_row, struct problem *problem) {
    int code = sqlite3_step(statement);
    *ret_row = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (code != SQLITE_DONE)
        status = sqlite_fail(sqlite3_db_handle(statement), "step", problem);
    sqlite3_reset(statement);
    return status;
}

static struct backend_value sqlite_column(void *statement, size_t column) {
    int place = (int)column;
    struct backend_value value = {.kind = BACKEND_NULL};
    switch (sqlite3_column_type(statement, place)) {
    case SQLITE_INTEGER:
        value.kind = BACKEND_NUMBER;
        value.number = sqlite3_column_int64(statement, place);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        value.kind =
            sqlite3_column_type(statement, place) == SQLITE_TEXT ? BACKEND_TEXT : BACKEND_BYTES;
        value.bytes.data = sqlite3_column_blob(statement, place);
        value.bytes.size = (size_t)sqlite3_column_bytes(statement, place);
        break;
    default:
        break;
    }
    return value;
}

static int64_t sqlite_last_row(void *database) {
    return sqlite3_last_insert_rowid(database);
}

static int64_t sqlite_changed(void *database) {
    return sqlite3_changes(database);
}

static void sqlite_close(void *database) {
    if (!database)
        return;
    sqlite3_stmt *statement;
    while ((statement = sqlite3_next_stmt(database, NULL)))
        sqlite3_finalize(statement);
    sqlite3_close(database);
}

// The first column of a statement's only row.
static enum status sqlite_ask(sqlite3 *database, const char *sql, char *ret_text, size_t size,
                              struct problem *problem) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        return sqlite_fail(database, "prepare", problem);
    int code = sqlite3_step(statement);
    const unsigned char *text = code == SQLITE_ROW ? sqlite3_column_text(statement, 0) : NULL;
    snprintf(ret_text, size, "%s", text ? (const char *)text : "");
    sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK
                                                     : sqlite_fail(database, "ask", problem);
}

static void sqlite_defend(sqlite3 *database) {
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_limit(database, SQLITE_LIMIT_LENGTH, SQLITE_VALUE_BYTES_MAX);
    sqlite3_limit(database, SQLITE_LIMIT_SQL_LENGTH, SQLITE_SQL_BYTES_MAX);
    sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
}

static enum status sqlite_tune(sqlite3 *database, struct problem *problem) {
    char pages[64];
    snprintf(pages, sizeof pages, "PRAGMA page_size = %d", SQLITE_PAGE_BYTES);
    enum status status = sqlite_run(database, pages, problem);
    if (status != STATUS_OK)
        return status;
    return sqlite_run(database,
                      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                      "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
                      "PRAGMA cache_size = -16384",
                      problem);
}

// One process at a time has the case, so that no index of the log has to be shared.
static enum status sqlite_seize(sqlite3 *database, struct problem *problem) {
    return sqlite_run(database,
                      "PRAGMA locking_mode = EXCLUSIVE;"
                      "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2048;"
                      "BEGIN EXCLUSIVE; COMMIT;",
                      problem);
}

// Mark and tables come in one transaction: a process that dies here leaves an empty database.
static enum status sqlite_make(sqlite3 *database, const struct backend_layout *layout,
                               struct problem *problem) {
    char sql[128];
    snprintf(sql, sizeof sql,
             "BEGIN EXCLUSIVE; PRAGMA application_id = %u; PRAGMA user_version = %u", layout->mark,
             layout->version);
    enum status status = sqlite_run(database, sql, problem);
    if (status == STATUS_OK)
        status = sqlite_run(database, layout->tables, problem);
    return status == STATUS_OK ? sqlite_run(database, "COMMIT", problem) : status;
}

static enum status sqlite_ask_number(sqlite3 *database, const char *sql, uint32_t *ret_number,
                                     struct problem *problem) {
    char text[32];
    enum status status = sqlite_ask(database, sql, text, sizeof text, problem);
    *ret_number = (uint32_t)strtoul(text, NULL, 10);
    return status;
}

// Whose it is, of which layout, and whether it is whole. *ret_empty: nothing was ever made in it.
static enum status sqlite_check(sqlite3 *database, const struct backend_layout *layout,
                                bool *ret_empty, struct problem *problem) {
    char text[256];
    uint32_t mark, version, tables;
    const char *path = sqlite3_db_filename(database, "main");
    enum status status = sqlite_ask_number(database, "PRAGMA application_id", &mark, problem);
    if (status == STATUS_OK)
        status = sqlite_ask_number(database, "PRAGMA user_version", &version, problem);
    if (status == STATUS_OK)
        status =
            sqlite_ask_number(database, "SELECT count(*) FROM sqlite_schema", &tables, problem);
    if (status != STATUS_OK)
        return status;
    *ret_empty = mark == 0 && version == 0 && tables == 0;
    if (*ret_empty)
        return STATUS_OK;
    if (mark != layout->mark)
        return problem_set(problem, STATUS_FORMAT,
                           "%s is no case of ours: it is another program's database", path);
    if (version != layout->version)
        return problem_set(problem, STATUS_UNSUPPORTED,
                           "%s was written by another version of vedette (layout %u, not %u): scan "
                           "into a new case",
                           path, version, layout->version);
    status = sqlite_ask(database, "PRAGMA quick_check(1)", text, sizeof text, problem);
    if (status == STATUS_OK && strcmp(text, "ok") != 0)
        return problem_set(problem, STATUS_FORMAT, "%s is damaged: %s", path, text);
    return status;
}

// Made with the right modes before SQLite opens it; a link is never followed.
static enum status sqlite_touch(const char *path, enum backend_access access,
                                struct problem *problem) {
    int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    flags |= access == BACKEND_READ ? O_RDONLY : O_RDWR;
    int fd = open(path, access == BACKEND_MAKE ? flags | O_CREAT : flags, 0600);
    struct stat about;
    if (fd < 0)
        return problem_set_errno(problem, "open %s", path);
    int failed = fstat(fd, &about);
    close(fd);
    if (failed || !S_ISREG(about.st_mode))
        return problem_set(problem, STATUS_FORMAT, "%s is no file", path);
    return STATUS_OK;
}

// `access` is BACKEND_READ of a file that is read as it lies.
static enum status sqlite_settle(sqlite3 *database, enum backend_access access,
                                 const struct backend_layout *layout, struct problem *problem) {
    char text[32];
    bool empty, still = access == BACKEND_READ;
    sqlite_defend(database);
    // A process that was killed has the file for a moment longer.
    sqlite3_busy_timeout(database, SQLITE_BUSY_MS);
    enum status status = sqlite_tune(database, problem);
    if (status == STATUS_OK && !still)
        status = sqlite_seize(database, problem);
    if (status == STATUS_OK)
        status = sqlite_check(database, layout, &empty, problem);
    if (status == STATUS_OK && empty && access != BACKEND_MAKE)
        return problem_set(problem, STATUS_FORMAT, "%s is empty: no case was written to it",
                           sqlite3_db_filename(database, "main"));
    if (status == STATUS_OK && empty)
        status = sqlite_make(database, layout, problem);
    return status == STATUS_OK && !still
               ? sqlite_ask(database, "PRAGMA journal_mode = WAL", text, sizeof text, problem)
               : status;
}

static enum status sqlite_connect(const char *path, enum backend_access access,
                                  sqlite3 **ret_database, struct problem *problem) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE;
    int code;
    // Nobody asks how much memory SQLite has: without that count its memory needs no lock. Refused
    // once SQLite has begun, when it was said already.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (access == BACKEND_READ) {
        struct buffer address;
        enum status status = still_place_check(path, problem);
        if (status != STATUS_OK)
            return status;
        buffer_init(&address, SQLITE_ADDRESS_BYTES_MAX);
        still_place_append_address(&address, path);
        code = address.failed
                   ? SQLITE_TOOBIG
                   : sqlite3_open_v2((const char *)address.data, ret_database,
                                     flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
        buffer_done(&address);
    } else {
        code = sqlite3_open_v2(path, ret_database, flags | SQLITE_OPEN_READWRITE, NULL);
    }
    if (code == SQLITE_OK)
        return STATUS_OK;
    return *ret_database ? sqlite_fail(*ret_database, "open", problem)
                         : problem_set(problem, STATUS_SYSTEM, "open %s: no memory", path);
}

static enum status sqlite_open(const char *path, enum backend_access access,
                               const struct backend_layout *layout, void **ret_database,
                               struct problem *problem) {
    if (access == BACKEND_READ && !still_place_is(path))
        access = BACKEND_WRITE;
    sqlite3 *database = NULL;
    enum status status = sqlite_touch(path, access, problem);
    if (status == STATUS_OK)
        status = sqlite_connect(path, access, &database, problem);
    if (status == STATUS_OK)
        status = sqlite_settle(database, access, layout, problem);
    if (status != STATUS_OK) {
        sqlite_close(database);
        return status;
    }
    *ret_database = database;
    return STATUS_OK;
}

const struct backend backend_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .run = sqlite_run,
    .tidy = sqlite_tidy,
    .prepare = sqlite_prepare,
    .finish = sqlite_finish,
    .start = sqlite_start,
    .next = sqlite_next,
    .column = sqlite_column,
    .last_row = sqlite_last_row,
    .changed = sqlite_changed,
};
