// Which record names an account on a host
// SPDX-License-Identifier: Apache-2.0
#include "correlate/logon_book.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

enum {
    LOGON_NAMES_MAX = 1 << 14,
    LOGON_NAME_BYTES = 4 << 20
};

struct logon_search {
    struct logon_book *logons;
    const struct clue_book *book;
    const struct forest *forest;
};

static bool row_equal(const void *context, uint32_t number, const void *key) {
    const struct logon_book *logons = context;
    const struct logon_row *sought = key, *row = &logons->rows[number];
    return row->host == sought->host && row->name == sought->name;
}

static uint64_t row_hash(const struct logon_row *row) {
    return digest_mix64(row->host, row->name);
}

static void row_take(struct logon_book *logons, const struct logon_row *row) {
    uint32_t at = table_find(&logons->table, row_hash(row), row_equal, logons, row);
    if (at != TABLE_NONE) {
        if (reference_compare(&row->reference, &logons->rows[at].reference) < 0)
            logons->rows[at].reference = row->reference;
        return;
    }
    if (logons->count == LOGON_ROWS_MAX)
        return;
    if (logons->count == logons->capacity) {
        logons->capacity = logons->capacity ? 2 * logons->capacity : 256;
        logons->rows = memory_resize(logons->rows, logons->capacity, sizeof *logons->rows);
    }
    table_add(&logons->table, row_hash(row), logons->count);
    logons->rows[logons->count++] = *row;
}

static struct slice name_fold(struct slice account, uint8_t folded[LOGON_NAME_MAX]) {
    struct slice name = account_name(account);
    if (name.size > LOGON_NAME_MAX)
        return SLICE("");
    text_fold_ascii(name.data, name.size, folded);
    return slice_of(folded, name.size);
}

// The first that is kept from `from_ns` on; else the last that is.
static const struct reference *reference_since(const struct relation *relation, int64_t from_ns) {
    for (uint32_t i = 0; i < relation->reference_count; i++)
        if (relation->references[i].time_ns >= from_ns)
            return &relation->references[i];
    return &relation->references[relation->reference_count - 1];
}

static enum status logon_take(void *context, struct relation *relation, struct problem *problem) {
    struct logon_search *search = context;
    uint8_t folded[LOGON_NAME_MAX];
    (void)problem;
    struct slice name = name_fold(relation->account, folded);
    if (name.size == 0 || relation->first_ns == CLOCK_NONE || relation->reference_count == 0 ||
        slice_equal(relation->detail[1], SLICE("failed")))
        return STATUS_OK;
    cast_find_ends(&search->book->cast, relation);
    if (relation->to_host == RELATION_NO_HOST || relation->from_host == RELATION_NO_HOST)
        return STATUS_OK;
    const struct forest_host *to = &search->forest->hosts[relation->to_host];
    const struct forest_host *from = &search->forest->hosts[relation->from_host];
    int64_t from_ns = from->reached_ns - WEIGHT_SKEW_SECONDS * SECOND_NS;
    if (to->root == FOREST_NONE || to->root != from->root || relation->last_ns < from_ns)
        return STATUS_OK;
    struct logon_row row = {.host = relation->to_host,
                            .name = intern_add(&search->logons->names, name),
                            .reference = *reference_since(relation, from_ns)};
    if (row.name != INTERN_FULL)
        row_take(search->logons, &row);
    return STATUS_OK;
}

enum status logon_book_init(struct logon_book *logons, const struct clue_book *book,
                            const struct forest *forest, struct problem *problem) {
    struct logon_search search = {logons, book, forest};
    *logons = (struct logon_book){0};
    table_init(&logons->table);
    intern_init(&logons->names, LOGON_NAMES_MAX, LOGON_NAME_BYTES);
    return relation_source_each(book->cast.input->relations,
                                RELATION_MASK(LOGON) | RELATION_MASK(CREDENTIAL_USE),
                                RELATION_ORDER_PAIR, logon_take, &search, problem);
}

void logon_book_done(struct logon_book *logons) {
    intern_done(&logons->names);
    table_done(&logons->table);
    memory_free(logons->rows);
    *logons = (struct logon_book){0};
}

const struct reference *logon_book_find(const struct logon_book *logons, uint32_t host,
                                        struct slice account) {
    uint8_t folded[LOGON_NAME_MAX];
    struct slice name = name_fold(account, folded);
    struct logon_row sought = {.host = host, .name = intern_find(&logons->names, name)};
    uint32_t at = sought.name == INTERN_FULL
                      ? TABLE_NONE
                      : table_find(&logons->table, row_hash(&sought), row_equal, logons, &sought);
    return at == TABLE_NONE ? NULL : &logons->rows[at].reference;
}
