// What a relation adds up to
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_sum.h"

#include "base/clock.h"

#include <assert.h>

static const int64_t DAY_NS = 86400000000000;

void relation_sum_reset(struct relation_sum *sum) {
    sum->first_ns = sum->last_ns = CLOCK_NONE;
    sum->count = sum->bytes_out = sum->bytes_in = sum->taken_ms = 0;
    sum->bytes_in_min = UINT64_MAX;
    sum->bytes_in_max = 0;
    sum->reference_count = sum->time_count = sum->day_count = 0;
}

int32_t day_of(int64_t time_ns) {
    int64_t day = time_ns / DAY_NS;
    return (int32_t)(time_ns % DAY_NS < 0 ? day - 1 : day);
}

bool times_would_keep(const int64_t *times, uint32_t count, int64_t time_ns) {
    return count < RELATION_TIMES_MAX || time_ns < times[count - 1];
}

void times_insert(int64_t *times, uint32_t *count, int64_t time_ns) {
    uint32_t at = *count;
    while (at > 0 && times[at - 1] > time_ns)
        at--;
    if (at == RELATION_TIMES_MAX)
        return;
    uint32_t last = *count < RELATION_TIMES_MAX ? *count : RELATION_TIMES_MAX - 1;
    memmove(&times[at + 1], &times[at], (last - at) * sizeof *times);
    times[at] = time_ns;
    *count = last + 1;
}

void days_insert(struct relation_day *days, uint32_t *count, const struct relation_day *day) {
    uint32_t at = *count;
    while (at > 0 && days[at - 1].day > day->day)
        at--;
    if (at > 0 && days[at - 1].day == day->day) {
        days[at - 1].count += day->count;
        days[at - 1].bytes_out += day->bytes_out;
        days[at - 1].bytes_in += day->bytes_in;
        return;
    }
    if (at == RELATION_DAYS_MAX)
        return;
    uint32_t last = *count < RELATION_DAYS_MAX ? *count : RELATION_DAYS_MAX - 1;
    memmove(&days[at + 1], &days[at], (last - at) * sizeof *days);
    days[at] = *day;
    *count = last + 1;
}

void relation_sum_merge(struct relation_sum *sum, const struct relation_sum *other) {
    assert(sum != other);
    if (other->first_ns != CLOCK_NONE &&
        (sum->first_ns == CLOCK_NONE || other->first_ns < sum->first_ns))
        sum->first_ns = other->first_ns;
    if (other->last_ns > sum->last_ns)
        sum->last_ns = other->last_ns;
    sum->count += other->count;
    sum->bytes_out += other->bytes_out;
    sum->bytes_in += other->bytes_in;
    sum->taken_ms += other->taken_ms;
    if (other->bytes_in_min < sum->bytes_in_min)
        sum->bytes_in_min = other->bytes_in_min;
    if (other->bytes_in_max > sum->bytes_in_max)
        sum->bytes_in_max = other->bytes_in_max;
    for (uint32_t i = 0; i < other->reference_count; i++)
        reference_insert(sum->references, &sum->reference_count, &other->references[i]);
    for (uint32_t i = 0; i < other->time_count; i++)
        times_insert(sum->times, &sum->time_count, other->times[i]);
    for (uint32_t i = 0; i < other->day_count; i++)
        days_insert(sum->days, &sum->day_count, &other->days[i]);
}
