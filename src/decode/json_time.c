// Times as the shippers write them
// SPDX-License-Identifier: Apache-2.0
#include "decode/json_time.h"

#include "model/value_json.h"

#include <string.h>

enum {
    TEXT_TIME = 19, // 2026-11-22T13:29:17
    FRACTION_MAX = 9,
};

#define SECOND_NS 1000000000ll
#define DAY_NS (86400 * SECOND_NS)

static bool digits_two(const uint8_t *at, int64_t limit, int64_t *ret_number) {
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *ret_number = (at[0] - '0') * 10 + (at[1] - '0');
    return *ret_number < limit;
}

// ".123456Z", ".5" or "Z" behind the seconds; false for anything else (other zones).
static bool fraction_parse(struct slice rest, int64_t *ret_ns, bool *ret_zoned) {
    size_t at = 0;
    int64_t ns = 0;
    if (rest.size && rest.data[0] == '.') {
        int64_t unit = SECOND_NS;
        for (at = 1; at < rest.size && rest.data[at] >= '0' && rest.data[at] <= '9'; at++) {
            if (at > FRACTION_MAX)
                return false;
            unit /= 10;
            ns += (rest.data[at] - '0') * unit;
        }
        if (at == 1)
            return false;
    }
    *ret_zoned = at < rest.size && rest.data[at] == 'Z';
    *ret_ns = ns;
    return at + *ret_zoned == rest.size;
}

// "2026-11-22T13:29:17.123456Z" on the day that was read last.
static bool day_time(const struct json_day *day, struct slice text, int64_t *ret_time_ns,
                     bool *ret_zoned) {
    const uint8_t *at = text.data;
    int64_t hour, minute, second, ns;
    if (text.size < TEXT_TIME || memcmp(at, day->text, sizeof day->text) != 0 ||
        (at[10] != 'T' && at[10] != ' ') || at[13] != ':' || at[16] != ':' ||
        !digits_two(at + 11, 24, &hour) || !digits_two(at + 14, 60, &minute) ||
        !digits_two(at + 17, 60, &second) ||
        !fraction_parse(slice_part(text, TEXT_TIME, text.size), &ns, ret_zoned))
        return false;
    *ret_time_ns = day->start_ns + ((hour * 60 + minute) * 60 + second) * SECOND_NS + ns;
    return true;
}

// Does a time that clock_parse takes name its zone?
static bool text_is_zoned(struct slice text) {
    for (size_t i = TEXT_TIME; i < text.size; i++)
        if (text.data[i] == 'Z' || text.data[i] == 'z' || text.data[i] == '+' ||
            text.data[i] == '-')
            return true;
    return false;
}

// Seconds up to the year 5138, then milliseconds, microseconds, nanoseconds.
static int64_t number_time(struct slice text) {
    size_t whole_size = 0;
    while (whole_size < text.size && text.data[whole_size] != '.')
        whole_size++;
    struct value whole = {text.data, (uint32_t)whole_size, VALUE_JSON_NUMBER, {0}};
    int64_t number;
    if (!value_json_integer(&whole, &number) || number < 0)
        return CLOCK_NONE;
    int64_t unit = SECOND_NS;
    for (int64_t limit = 100000000000ll; unit > 1 && number >= limit; limit *= 1000)
        unit /= 1000;
    int64_t time_ns;
    if (__builtin_mul_overflow(number, unit, &time_ns))
        return CLOCK_MAX;
    for (size_t i = whole_size + 1; i < text.size && unit > 1; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return CLOCK_NONE; // 1e9
        unit /= 10;
        if (__builtin_add_overflow(time_ns, (text.data[i] - '0') * unit, &time_ns))
            return CLOCK_MAX;
    }
    return time_ns;
}

static int64_t text_time(struct json_day *day, struct slice text, bool *ret_zoned) {
    int64_t time_ns;
    if (day_time(day, text, &time_ns, ret_zoned))
        return time_ns;
    struct slice date = SLICE("Date(");
    for (size_t skip = 1; skip <= 2; skip++) { // "/Date(", and "\/Date(" as written
        struct slice rest = slice_part(text, skip, text.size);
        if (!slice_starts(rest, date))
            continue;
        size_t end = date.size;
        while (end < rest.size && rest.data[end] >= '0' && rest.data[end] <= '9')
            end++;
        *ret_zoned = true;
        return number_time(slice_part(rest, date.size, end - date.size));
    }
    if (!clock_parse(text, &time_ns)) {
        *ret_zoned = true;
        return number_time(text);
    }
    *ret_zoned = text_is_zoned(text);
    int64_t start_ns;
    if (text.size >= sizeof day->text &&
        clock_parse(slice_part(text, 0, sizeof day->text), &start_ns) && start_ns > CLOCK_MIN &&
        start_ns < CLOCK_MAX - DAY_NS) { // a clamped day has no times
        day->start_ns = start_ns;
        memcpy(day->text, text.data, sizeof day->text);
    }
    return time_ns;
}

int64_t json_time(struct json_day *day, const struct value *value, bool *ret_zoned) {
    struct slice text = {value->data, value->size};
    *ret_zoned = true;
    if (value->kind == VALUE_JSON_NUMBER)
        return number_time(text);
    if (value->kind == VALUE_JSON_STRING)
        return text_time(day, text, ret_zoned);
    return CLOCK_NONE;
}
