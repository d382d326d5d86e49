// How regular a row of times is
// SPDX-License-Identifier: Apache-2.0
#include "detect/beacon_score.h"

#include "base/slice.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int value_compare(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

// Linear between ranks, as in RITA: quantile of `quarters` quarters.
static int64_t quantile(const int64_t *values, uint32_t count, uint32_t quarters) {
    uint32_t place = (count - 1) * quarters;
    int64_t low = values[place / 4], high = values[place / 4 + (place % 4 ? 1 : 0)];
    return low + (high - low) * (int64_t)(place % 4) / 4;
}

uint32_t beacon_evenness(int64_t *values, uint32_t count, int64_t *ret_median,
                         int64_t *ret_deviation) {
    int64_t apart[BEACON_TIMES_MAX];
    count = count < BEACON_TIMES_MAX ? count : BEACON_TIMES_MAX;
    *ret_median = *ret_deviation = 0;
    if (count < 3)
        return 0;
    qsort(values, count, sizeof *values, value_compare);
    int64_t first = quantile(values, count, 1), median = quantile(values, count, 2);
    int64_t third = quantile(values, count, 3), skew = 0;
    if (median <= 0)
        return 0;
    // No skew to speak of where the quarters are close, or the median lies on one of them. Close is
    // 10 s for RITA; on longer scales a quarter of the median, as chance would decide otherwise.
    if (third - first >= 10 && third - first >= median / 4 && median != first && median != third)
        skew = llabs(first + third - 2 * median) * BEACON_WHOLE / (third - first);
    for (uint32_t i = 0; i < count; i++)
        apart[i] = llabs(values[i] - median);
    qsort(apart, count, sizeof *apart, value_compare);
    int64_t deviation = quantile(apart, count, 2);
    int64_t spread = deviation < median ? (median - deviation) * BEACON_WHOLE / median : 0;
    *ret_median = median;
    *ret_deviation = deviation;
    return (uint32_t)((BEACON_WHOLE - skew + spread) / 2);
}

struct scale {
    const char *name;
    int64_t seconds;    // of a period
    int64_t burst;      // contacts so close are one
    int64_t period_min; // medians outside belong to another scale
    uint32_t gaps_min;
};

// A scale's burst is a quarter of its shortest period: retries and parallel connections fall into
// one contact, no two beats do.
static const struct scale SCALES[] = {
    {"minute", 60, 1, 5, 60},
    {"hour", 3600, 300, 1200, 20},
    {"day", 86400, 14400, 43200, 10},
    {"week", 604800, 86400, 345600, 8},
};

static uint32_t gaps_of(const int64_t *times_ns, uint32_t count, const struct scale *scale,
                        int64_t *ret_gaps) {
    uint32_t gaps = 0;
    int64_t last = times_ns[0];
    for (uint32_t i = 1; i < count; i++) {
        int64_t gap = (times_ns[i] - last) / 1000000000;
        if (gap < scale->burst)
            continue;
        ret_gaps[gaps++] = gap;
        last = times_ns[i];
    }
    return gaps;
}

// Of the beats that there would be from first to last, how many there are.
static uint32_t persistence_of(const int64_t *gaps, uint32_t count, int64_t median) {
    int64_t beats = 0;
    for (uint32_t i = 0; i < count; i++)
        beats += (gaps[i] + median / 2) / median > 1 ? (gaps[i] + median / 2) / median : 1;
    return beats ? (uint32_t)((int64_t)count * BEACON_WHOLE / beats) : 0;
}

static uint32_t size_of(const uint64_t *sizes, uint32_t count) {
    int64_t values[BEACON_TIMES_MAX], median, deviation;
    count = count < BEACON_TIMES_MAX ? count : BEACON_TIMES_MAX;
    for (uint32_t i = 0; i < count; i++)
        values[i] = sizes[i] > INT64_MAX / 4000 ? INT64_MAX / 4000 : (int64_t)sizes[i];
    return beacon_evenness(values, count, &median, &deviation);
}

struct beacon_score beacon_score_of(const int64_t *times_ns, uint32_t count, const uint64_t *sizes,
                                    uint32_t size_count) {
    struct beacon_score best = {.total = 0};
    int64_t gaps[BEACON_TIMES_MAX];
    count = count < BEACON_TIMES_MAX ? count : BEACON_TIMES_MAX;
    bool has_size = sizes && size_count >= 4;
    uint32_t size = has_size ? size_of(sizes, size_count) : BEACON_WHOLE + 1;
    for (size_t i = 0; i < ARRAY_SIZE(SCALES) && count > 1; i++) {
        struct beacon_score score = {.scale = SCALES[i].name, .size = size};
        score.gaps = gaps_of(times_ns, count, &SCALES[i], gaps);
        if (score.gaps < SCALES[i].gaps_min)
            continue;
        score.regularity =
            beacon_evenness(gaps, score.gaps, &score.period_seconds, &score.deviation_seconds);
        if (score.period_seconds < SCALES[i].period_min)
            continue;
        score.persistence = persistence_of(gaps, score.gaps, score.period_seconds);
        uint32_t sum = score.regularity + score.persistence + (has_size ? size : 0);
        score.total = sum / (has_size ? 3 : 2);
        if (score.total > best.total)
            best = score;
    }
    return best;
}
