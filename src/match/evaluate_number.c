// Numbers, times and addresses in values
// SPDX-License-Identifier: Apache-2.0
#include "match/evaluate.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum {
    NUMBER_TEXT_MAX = 63,
    ADDRESS_TEXT_MAX = 63
};

// A copy with a NUL, blanks at both ends left out; false when it is empty or too long.
static bool text_copy(struct slice text, char *to, size_t size_max) {
    while (text.size && text.data[0] == ' ')
        text = slice_part(text, 1, SIZE_MAX);
    while (text.size && text.data[text.size - 1] == ' ')
        text.size--;
    if (text.size == 0 || text.size > size_max || memchr(text.data, 0, text.size))
        return false;
    memcpy(to, text.data, text.size);
    to[text.size] = 0;
    return true;
}

// A long double holds every int64 and every uint64 exactly. Decimal integers and fractions
// and 0x numbers; no "inf", no "nan", no locale (the program never sets one).
static bool number_parse(struct slice text, long double *ret_number) {
    char copy[NUMBER_TEXT_MAX + 1];
    if (!text_copy(text, copy, NUMBER_TEXT_MAX))
        return false;
    if (strspn(copy, "+-.0123456789eExXaAbBcCdDfF") != strlen(copy))
        return false;
    char *end;
    long double number = strtold(copy, &end);
    if (end == copy || *end)
        return false;
    *ret_number = number;
    return true;
}

bool number_compares(const struct compiled_atom *atom, const struct value *value,
                     struct slice text) {
    int64_t integer;
    long double number;
    if (value_integer(value, &integer))
        number = (long double)integer;
    else if (!number_parse(text, &number))
        return false;
    long double bound = (long double)atom->number;
    switch ((enum compare_kind)atom->detail) {
    case COMPARE_LT:
        return number < bound;
    case COMPARE_LTE:
        return number <= bound;
    case COMPARE_GT:
        return number > bound;
    case COMPARE_GTE:
        return number >= bound;
    }
    return false;
}

// ISO 8601 week: the week that holds the year's first Thursday is the first.
static int date_week(const struct clock_date *date) {
    struct clock_date january = {.year = date->year, .month = 1, .day = 1};
    struct clock_date same_day = {.year = date->year, .month = date->month, .day = date->day};
    const int64_t day_ns = INT64_C(86400000000000);
    int64_t first = clock_from_date(&january);
    int64_t day = clock_from_date(&same_day);
    if (first == CLOCK_NONE || day == CLOCK_NONE)
        return 0;
    int day_of_year = (int)((day - first) / day_ns) + 1;
    int weekday = (date->weekday + 6) % 7 + 1; // Monday = 1
    int week = (day_of_year - weekday + 10) / 7;
    struct clock_date thursday;
    clock_to_date(day + (4 - weekday) * day_ns, &thursday);
    if (thursday.year < date->year) {
        struct clock_date last = {.year = date->year - 1, .month = 12, .day = 31};
        clock_to_date(clock_from_date(&last), &last);
        return date_week(&last);
    }
    return thursday.year > date->year ? 1 : week;
}

bool time_part_equals(const struct compiled_atom *atom, struct slice text) {
    int64_t time_ns;
    struct clock_date date;
    if (!clock_parse(text, &time_ns))
        return false;
    clock_to_date(time_ns, &date);
    double part = 0;
    switch ((enum time_part)atom->detail) {
    case TIME_MINUTE:
        part = date.minute;
        break;
    case TIME_HOUR:
        part = date.hour;
        break;
    case TIME_DAY:
        part = date.day;
        break;
    case TIME_WEEK:
        part = date_week(&date);
        break;
    case TIME_MONTH:
        part = date.month;
        break;
    case TIME_YEAR:
        part = (double)date.year;
        break;
    }
    return part == atom->number;
}

// The address in IPv6 form, IPv4 as ::ffff:a.b.c.d; a zone (%eth0) is left out.
static bool address_parse(struct slice text, uint8_t ret_address[16]) {
    char copy[ADDRESS_TEXT_MAX + 1];
    if (!text_copy(text, copy, ADDRESS_TEXT_MAX))
        return false;
    if (inet_pton(AF_INET, copy, ret_address + 12) == 1) {
        memset(ret_address, 0, 10);
        memset(ret_address + 10, 0xFF, 2);
        return true;
    }
    char *zone = strchr(copy, '%');
    if (zone)
        *zone = 0;
    return inet_pton(AF_INET6, copy, ret_address) == 1;
}

bool address_inside(const struct compiled_atom *atom, struct slice text) {
    uint8_t address[16];
    if (!address_parse(text, address))
        return false;
    size_t bytes = atom->detail / 8;
    if (memcmp(address, atom->address, bytes) != 0)
        return false;
    unsigned rest = atom->detail % 8;
    return rest == 0 || ((address[bytes] ^ atom->address[bytes]) >> (8 - rest)) == 0;
}
