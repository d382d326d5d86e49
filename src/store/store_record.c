// Cited records, and what analysts said of them
// SPDX-License-Identifier: Apache-2.0
#include "store/connection.h"

#include "base/memory.h"

#include <assert.h>

enum status store_put_record(struct store *store, const struct store_record *record,
                             struct problem *problem) {
    const struct backend_value values[] = {
        value_text(record->tag),
        value_bytes(slice_of(record->sha256, sizeof record->sha256)),
        value_number(record->source),
        value_number((int64_t)record->position.offset),
        value_number((int64_t)record->position.record_id),
        value_number((int64_t)record->position.line),
        value_number(record->time_ns),
    };
    return store_do(store, STATEMENT_PUT_RECORD, values, ARRAY_SIZE(values), problem);
}

static int hex_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9'   ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                                        : -1;
}

// A digest that is written out, as findings have it for whoever asks in SQL.
static bool cited_digest(struct slice hex, uint8_t ret_digest[DIGEST_SHA256_SIZE]) {
    if (hex.size != 2 * DIGEST_SHA256_SIZE)
        return false;
    for (size_t i = 0; i < DIGEST_SHA256_SIZE; i++) {
        int high = hex_digit(hex.data[2 * i]), low = hex_digit(hex.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static enum status cited_read(struct store *store, enum store_statement which, struct arena *arena,
                              struct store_cited *cited, struct problem *problem) {
    *cited = (struct store_cited){0};
    struct store_record *record = &cited->record;
    if (!(which == STATEMENT_FIND_RECORDS
              ? store_digest(store, which, 1, record->sha256)
              : cited_digest(store_bytes(store, which, 1), record->sha256)))
        return problem_set(problem, STATUS_FORMAT, "the case's list of records is damaged");
    record->source = store_number(store, which, 2);
    record->position.offset = (uint64_t)store_number(store, which, 3);
    record->position.record_id = (uint64_t)store_number(store, which, 4);
    record->position.line = (uint64_t)store_number(store, which, 5);
    record->time_ns = store_number(store, which, 6);
    cited->has_sha256 = store_digest(store, which, 10, cited->file_sha256);
    cited->size = (uint64_t)store_number(store, which, 11);
    cited->modified_ns = store_number(store, which, 12);
    enum status status = store_keep(store, which, 0, arena, &record->tag, problem);
    if (status == STATUS_OK)
        status = store_keep(store, which, 7, arena, &cited->path, problem);
    if (status == STATUS_OK)
        status = store_keep(store, which, 8, arena, &cited->directory, problem);
    if (status == STATUS_OK)
        status = store_keep(store, which, 9, arena, &cited->identity, problem);
    return status;
}

static enum status cited_find(struct store *store, enum store_statement which, struct slice start,
                              struct arena *arena, struct store_cited *ret_rows, size_t *ret_count,
                              struct problem *problem) {
    size_t room = *ret_count, count = 0;
    const struct backend_value values[] = {value_number((int64_t)start.size), value_text(start),
                                           value_number((int64_t)room)};
    bool row = true;
    enum status status = store_start(store, which, values, ARRAY_SIZE(values), problem);
    while (status == STATUS_OK) {
        status = store_row(store, which, &row, problem);
        if (status != STATUS_OK || !row)
            break;
        assert(count < room);
        status = cited_read(store, which, arena, &ret_rows[count++], problem);
    }
    *ret_count = count;
    return status;
}

enum status store_find_records(struct store *store, struct slice tag, struct arena *arena,
                               struct store_cited *ret_rows, size_t *ret_count,
                               struct problem *problem) {
    return cited_find(store, STATEMENT_FIND_RECORDS, tag, arena, ret_rows, ret_count, problem);
}

enum status store_find_findings(struct store *store, struct slice hex, struct arena *arena,
                                struct store_cited *ret_rows, size_t *ret_count,
                                struct problem *problem) {
    return cited_find(store, STATEMENT_FIND_FINDINGS, hex, arena, ret_rows, ret_count, problem);
}

static enum status host_read(struct store *store, struct arena *arena, struct store_host *host,
                             struct problem *problem) {
    enum store_statement which = STATEMENT_HOSTS;
    *host = (struct store_host){.skew_ns = store_number(store, which, 3)};
    enum status status = store_keep(store, which, 0, arena, &host->name, problem);
    if (status == STATUS_OK)
        status = store_keep(store, which, 1, arena, &host->fqdn, problem);
    return status == STATUS_OK ? store_keep(store, which, 2, arena, &host->aliases, problem)
                               : status;
}

enum status store_hosts(struct store *store, struct arena *arena, struct store_host **ret_rows,
                        size_t *ret_count, struct problem *problem) {
    struct store_host *rows = NULL;
    size_t count = 0;
    bool row = true;
    enum status status = store_start(store, STATEMENT_HOSTS, NULL, 0, problem);
    while (status == STATUS_OK) {
        status = store_row(store, STATEMENT_HOSTS, &row, problem);
        if (status != STATUS_OK || !row)
            break;
        if ((count & (count - 1)) == 0)
            rows = memory_resize(rows, count ? count * 2 : 1, sizeof *rows);
        status = host_read(store, arena, &rows[count++], problem);
    }
    if (status != STATUS_OK) {
        memory_free(rows);
        return status;
    }
    *ret_rows = rows;
    *ret_count = count;
    return STATUS_OK;
}

enum status store_put_verdict(struct store *store, const struct store_verdict *verdict,
                              struct problem *problem) {
    const struct backend_value values[] = {
        value_bytes(slice_of(verdict->sha256, sizeof verdict->sha256)),
        value_text(verdict->tag),
        value_text(slice_of_string(verdict->is_benign ? "benign" : "malicious")),
        value_text(verdict->why),
        value_text(verdict->who),
        value_text(verdict->at),
    };
    return store_do(store, STATEMENT_PUT_VERDICT, values, ARRAY_SIZE(values), problem);
}

static enum status verdict_read(struct store *store, struct arena *arena,
                                struct store_verdict *verdict, struct problem *problem) {
    enum store_statement which = STATEMENT_VERDICTS;
    *verdict = (struct store_verdict){0};
    struct slice said = store_bytes(store, which, 2);
    verdict->is_benign = slice_equal(said, SLICE("benign"));
    if (!store_digest(store, which, 0, verdict->sha256) ||
        (!verdict->is_benign && !slice_equal(said, SLICE("malicious"))))
        return problem_set(problem, STATUS_FORMAT, "the case's list of verdicts is damaged");
    enum status status = store_keep(store, which, 1, arena, &verdict->tag, problem);
    if (status == STATUS_OK)
        status = store_keep(store, which, 3, arena, &verdict->why, problem);
    if (status == STATUS_OK)
        status = store_keep(store, which, 4, arena, &verdict->who, problem);
    return status == STATUS_OK ? store_keep(store, which, 5, arena, &verdict->at, problem) : status;
}

enum status store_verdicts(struct store *store, struct arena *arena,
                           struct store_verdict **ret_rows, size_t *ret_count,
                           struct problem *problem) {
    struct store_verdict *rows = NULL;
    size_t count = 0;
    bool row = true;
    enum status status = store_start(store, STATEMENT_VERDICTS, NULL, 0, problem);
    while (status == STATUS_OK) {
        status = store_row(store, STATEMENT_VERDICTS, &row, problem);
        if (status != STATUS_OK || !row)
            break;
        if ((count & (count - 1)) == 0)
            rows = memory_resize(rows, count ? count * 2 : 1, sizeof *rows);
        status = verdict_read(store, arena, &rows[count++], problem);
    }
    if (status != STATUS_OK) {
        memory_free(rows);
        return status;
    }
    *ret_rows = rows;
    *ret_count = count;
    return STATUS_OK;
}
