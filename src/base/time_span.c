// From when to when most of many times lie
// SPDX-License-Identifier: Apache-2.0
#include "base/time_span.h"

#include "base/clock.h"
#include "base/memory.h"

#define DAY_NS (86400 * 1000000000ll)

enum {
    SPAN_DAYS = (int)((CLOCK_PLAUSIBLE_END - CLOCK_PLAUSIBLE_BEGIN) / DAY_NS) + 1,
    STRAY_DAYS = 183,
    STRAY_SHARE = 100 // of all times a stray end holds less than one in so many
};

struct span_day {
    uint64_t count;
    int64_t first_ns, last_ns;
};

struct time_span {
    uint64_t count;
    struct span_day days[SPAN_DAYS];
};

struct time_span *time_span_new(void) {
    return memory_new(1, sizeof(struct time_span));
}

void time_span_free(struct time_span *span) {
    memory_free(span);
}

void time_span_take(struct time_span *span, int64_t time_ns, uint64_t count) {
    if (clock_plausible(time_ns) == CLOCK_NONE || count == 0)
        return;
    struct span_day *day = &span->days[(time_ns - CLOCK_PLAUSIBLE_BEGIN) / DAY_NS];
    if (day->count == 0 || time_ns < day->first_ns)
        day->first_ns = time_ns;
    if (day->count == 0 || time_ns > day->last_ns)
        day->last_ns = time_ns;
    day->count += count;
    span->count += count;
}

// The outermost day that stays, from `at` on in steps of 1 or -1.
static const struct span_day *span_end(const struct time_span *span, int at, int step) {
    const struct span_day *end = NULL;
    uint64_t before = 0; // times from the end on
    int last = 0;        // the day before, of those that hold times
    for (; at >= 0 && at < SPAN_DAYS; at += step) {
        const struct span_day *day = &span->days[at];
        if (day->count == 0)
            continue;
        bool apart = end && (at - last) * step >= STRAY_DAYS;
        if (!end || (apart && before * STRAY_SHARE < span->count))
            end = day;
        before += day->count;
        if (before * STRAY_SHARE >= span->count)
            break;
        last = at;
    }
    return end;
}

bool time_span_tell(const struct time_span *span, int64_t *ret_first_ns, int64_t *ret_last_ns) {
    if (span->count == 0)
        return false;
    *ret_first_ns = span_end(span, 0, 1)->first_ns;
    *ret_last_ns = span_end(span, SPAN_DAYS - 1, -1)->last_ns;
    return true;
}
