// Gaps counted by source and reason
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_GAP_TABLE_H
#define PIPELINE_GAP_TABLE_H

#include "base/table.h"
#include "model/gap.h"
#include "pipeline/pipeline.h"

// Not thread-safe: one per worker, merged at the end.
struct gap_table {
    struct gap_sum *rows;
    size_t count;
    struct table by_key;
};

void gap_table_init(struct gap_table *gaps);
void gap_table_done(struct gap_table *gaps);
void gap_table_add(struct gap_table *gaps, const struct gap *gap);
void gap_table_add_sum(struct gap_table *gaps, const struct gap_sum *row);
void gap_table_merge(struct gap_table *gaps, const struct gap_table *other);

// Order by (source, first offset, reason).
void gap_table_sort(struct gap_table *gaps);

#endif
