// Dates as Unix logs write them
// SPDX-License-Identifier: Apache-2.0
#include "decode/text_date.h"

#include "base/clock.h"
#include "decode/text_part.h"

enum {
    YEARS_BACK_MAX = 8, // from one 29 February to the next, over 1900 and 2100 too
    COMMON_SIZE = 20,   // 02/Mar/2026:08:15:30
};

#define SECOND_NS 1000000000ll

int text_month(const uint8_t *letters) {
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (memcmp(letters, MONTHS + 3 * i, 3) == 0)
            return i + 1;
    return 0;
}

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

static int two_digits(const uint8_t *at) {
    return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : -1;
}

bool text_time_of_day(const uint8_t *at, int64_t *ret_ns) {
    int hour = two_digits(at), minute = two_digits(at + 3), second = two_digits(at + 6);
    if (at[2] != ':' || at[5] != ':' || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60)
        return false;
    *ret_ns = ((hour * 60 + minute) * 60 + second) * SECOND_NS;
    return true;
}

int64_t text_latest_day(int month, int day, int64_t bound_ns) {
    struct clock_date bound;
    clock_to_date(bound_ns, &bound);
    for (int64_t year = bound.year; year > bound.year - YEARS_BACK_MAX; year--) {
        struct clock_date date = {.year = year, .month = month, .day = day};
        int64_t day_ns = clock_from_date(&date);
        if (day_ns != CLOCK_NONE && day_ns <= bound_ns)
            return day_ns;
    }
    return CLOCK_NONE;
}

// 20260302 or 2026-03-02 at the text's start, with no digit behind it.
static int64_t date_at(struct slice text) {
    uint8_t digits[8];
    size_t count = 0, at = 0;
    for (; at < text.size && count < sizeof digits; at++) {
        if (is_digit(text.data[at]))
            digits[count++] = text.data[at];
        else if ((count != 4 && count != 6) || text.data[at] != '-')
            return CLOCK_NONE;
    }
    if (count < sizeof digits || (at != 8 && at != 10) ||
        (at < text.size && is_digit(text.data[at])) || digits[0] != '2')
        return CLOCK_NONE;
    struct clock_date date = {.year = two_digits(digits) * 100 + two_digits(digits + 2),
                              .month = two_digits(digits + 4),
                              .day = two_digits(digits + 6)};
    return clock_from_date(&date);
}

int64_t text_date_of_path(struct slice path) {
    size_t start = path.size;
    while (start > 0 && path.data[start - 1] != '/' && path.data[start - 1] != '!')
        start--;
    for (size_t i = start; i < path.size; i++) {
        if (i > start && is_digit(path.data[i - 1]))
            continue;
        int64_t date_ns = date_at(slice_part(path, i, path.size));
        if (date_ns != CLOCK_NONE)
            return date_ns;
    }
    return CLOCK_NONE;
}

// " +0800" in nanoseconds east of Greenwich; 0 when there is none.
static int64_t zone_of(struct slice text) {
    text = text_trim(text);
    if (text.size < 5 || (text.data[0] != '+' && text.data[0] != '-'))
        return 0;
    int hours = two_digits(text.data + 1), minutes = two_digits(text.data + 3);
    if (hours < 0 || minutes < 0)
        return 0;
    int64_t zone_ns = (hours * 60 + minutes) * 60 * SECOND_NS;
    return text.data[0] == '-' ? -zone_ns : zone_ns;
}

int64_t text_common_time(struct slice text) {
    text_pass(&text, SLICE("["));
    const uint8_t *at = text.data;
    int64_t time_ns;
    if (text.size < COMMON_SIZE || at[2] != '/' || at[6] != '/' || (at[11] != ':' && at[11] != ' '))
        return CLOCK_NONE;
    struct clock_date date = {.year = two_digits(at + 7) * 100 + two_digits(at + 9),
                              .month = text_month(at + 3),
                              .day = two_digits(at)};
    int64_t day_ns = clock_from_date(&date);
    if (two_digits(at + 7) < 0 || two_digits(at + 9) < 0 || day_ns == CLOCK_NONE ||
        !text_time_of_day(at + 12, &time_ns))
        return CLOCK_NONE;
    int64_t zone_ns = zone_of(slice_part(text, COMMON_SIZE, text.size));
    return __builtin_add_overflow(day_ns, time_ns - zone_ns, &time_ns) ? CLOCK_NONE : time_ns;
}
