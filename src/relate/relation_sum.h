// What a relation adds up to
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RELATION_SUM_H
#define RELATE_RELATION_SUM_H

#include "model/relation.h"

// All of it is commutative: sums, extremes, and the smallest of times, days and references. Which
// of these hold something depends on the kind (relation_kind_keeps).
struct relation_sum {
    int64_t first_ns, last_ns; // CLOCK_NONE: no record had a time
    uint64_t count;
    uint64_t bytes_out, bytes_in;
    uint64_t taken_ms;
    uint64_t bytes_in_min, bytes_in_max;
    uint32_t reference_count, time_count, day_count;
    struct reference references[FINDING_REFERENCES_MAX];
    int64_t times[RELATION_TIMES_MAX];
    struct relation_day days[RELATION_DAYS_MAX];
};

// One record's share.
struct relation_share {
    int64_t time_ns;
    uint64_t bytes_out, bytes_in, taken_ms;
};

void relation_sum_reset(struct relation_sum *sum);
void relation_sum_merge(struct relation_sum *sum, const struct relation_sum *other);

// Put a time among the smallest, which lie in order. `times` has room for RELATION_TIMES_MAX, or
// for one more than there are.
void times_insert(int64_t *times, uint32_t *count, int64_t time_ns);
bool times_would_keep(const int64_t *times, uint32_t count, int64_t time_ns);

// Add to a day's sums; the first RELATION_DAYS_MAX days stay. Room as for times.
void days_insert(struct relation_day *days, uint32_t *count, const struct relation_day *day);
int32_t day_of(int64_t time_ns);

#endif
