// How regular a row of times is
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_BEACON_SCORE_H
#define DETECT_BEACON_SCORE_H

#include <stdint.h>

// RITA v5's statistics (analysis/beacons.go, default_config.hjson) on scales of a minute, an hour,
// a day and a week, in thousandths, with integers only.
enum {
    BEACON_WHOLE = 1000,
    BEACON_TIMES_MAX = 1024
};

struct beacon_score {
    uint32_t total;         // 0 to 1000: mean of the parts
    uint32_t regularity;    // of the gaps
    uint32_t size;          // evenness of the bytes; BEACON_WHOLE + 1: not known, not in the mean
    uint32_t persistence;   // periods with a contact of all periods from first to last
    int64_t period_seconds; // median gap
    int64_t deviation_seconds;
    uint32_t gaps;
    const char *scale; // "minute", "hour", "day", "week"
};

// ((1 - |Bowley|) + (median - MAD) / median) / 2 of at least three values, which are sorted.
uint32_t beacon_evenness(int64_t *values, uint32_t count, int64_t *ret_median,
                         int64_t *ret_deviation);

// `times_ns` ascending, at most BEACON_TIMES_MAX; `sizes` bytes of days, NULL where not known.
// total is 0 when there are too few for any scale.
struct beacon_score beacon_score_of(const int64_t *times_ns, uint32_t count, const uint64_t *sizes,
                                    uint32_t size_count);

#endif
