// Gaps counted by source and reason
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/gap_table.h"

#include "base/digest.h"
#include "base/memory.h"

#include <stdlib.h>

// Sources times reasons is small; a run over millions of damaged files keeps the first rows
// and counts the rest in the last one.
enum {
    GAP_ROWS_MAX = 100000
};

void gap_table_init(struct gap_table *gaps) {
    *gaps = (struct gap_table){0};
    table_init(&gaps->by_key);
}

void gap_table_done(struct gap_table *gaps) {
    memory_free(gaps->rows);
    table_done(&gaps->by_key);
    *gaps = (struct gap_table){0};
}

static bool gap_table_equal(const void *context, uint32_t number, const void *key) {
    const struct gap_table *gaps = context;
    const struct gap_sum *row = key;
    return gaps->rows[number].source == row->source &&
           strcmp(gaps->rows[number].reason, row->reason) == 0;
}

void gap_table_add_sum(struct gap_table *gaps, const struct gap_sum *row) {
    uint64_t hash = digest_mix64(digest_hash64(slice_of_string(row->reason)), row->source);
    uint32_t place = table_find(&gaps->by_key, hash, gap_table_equal, gaps, row);
    if (place == TABLE_NONE && gaps->count == GAP_ROWS_MAX)
        place = GAP_ROWS_MAX - 1;
    if (place == TABLE_NONE) {
        if ((gaps->count & (gaps->count - 1)) == 0)
            gaps->rows =
                memory_resize(gaps->rows, gaps->count ? gaps->count * 2 : 1, sizeof *gaps->rows);
        gaps->rows[gaps->count] = *row;
        table_add(&gaps->by_key, hash, (uint32_t)gaps->count++);
        return;
    }
    struct gap_sum *known = &gaps->rows[place];
    known->count += row->count;
    known->bytes += row->bytes;
    known->records += row->records;
    if (row->offset < known->offset)
        known->offset = row->offset;
}

void gap_table_add(struct gap_table *gaps, const struct gap *gap) {
    struct gap_sum row = {.source = gap->source,
                          .reason = gap->reason,
                          .count = 1,
                          .bytes = gap->bytes,
                          .records = gap->records,
                          .offset = gap->offset};
    gap_table_add_sum(gaps, &row);
}

void gap_table_merge(struct gap_table *gaps, const struct gap_table *other) {
    for (size_t i = 0; i < other->count; i++)
        gap_table_add_sum(gaps, &other->rows[i]);
}

static int gap_table_compare(const void *left, const void *right) {
    const struct gap_sum *a = left;
    const struct gap_sum *b = right;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return strcmp(a->reason, b->reason);
}

void gap_table_sort(struct gap_table *gaps) {
    if (gaps->count)
        qsort(gaps->rows, gaps->count, sizeof *gaps->rows, gap_table_compare);
    table_reset(&gaps->by_key);
}
