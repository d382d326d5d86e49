// Time as nanoseconds since 1970, UTC
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#define NS_PER_SECOND 1000000000LL
#define SECONDS_PER_DAY 86400LL
#define FILETIME_UNIX_EPOCH 116444736000000000LL

int64_t clock_from_filetime(uint64_t filetime) {
    if (filetime > (uint64_t)INT64_MAX)
        return CLOCK_MAX;
    int64_t ticks = (int64_t)filetime - FILETIME_UNIX_EPOCH;
    int64_t time_ns;
    if (__builtin_mul_overflow(ticks, (int64_t)100, &time_ns))
        return ticks < 0 ? CLOCK_MIN : CLOCK_MAX;
    return time_ns == CLOCK_NONE ? CLOCK_MIN : time_ns;
}

int64_t clock_plausible(int64_t time_ns) {
    return time_ns >= CLOCK_PLAUSIBLE_BEGIN && time_ns < CLOCK_PLAUSIBLE_END ? time_ns : CLOCK_NONE;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years
// that begin on 1 March.
static int64_t clock_days_from_civil(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void clock_civil_from_days(int64_t days, struct clock_date *date) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    date->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    date->month = (int)(month < 10 ? month + 3 : month - 9);
    date->year = year_of_era + era * 400 + (date->month <= 2);
}

static int clock_days_in_month(int64_t year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

int64_t clock_from_date(const struct clock_date *date) {
    if (date->year < -9999 || date->year > 99999 || date->month < 1 || date->month > 12 ||
        date->day < 1 || date->day > clock_days_in_month(date->year, date->month) ||
        date->hour < 0 || date->hour > 23 || date->minute < 0 || date->minute > 59 ||
        date->second < 0 || date->second > 60 || date->nanosecond < 0 ||
        date->nanosecond >= NS_PER_SECOND)
        return CLOCK_NONE;
    int64_t seconds = clock_days_from_civil(date->year, date->month, date->day) * SECONDS_PER_DAY +
                      date->hour * 3600 + date->minute * 60 + date->second;
    int64_t rest = date->nanosecond;
    if (seconds < 0 && rest > 0) { // the first second of int64 begins before int64 does
        seconds++;
        rest -= NS_PER_SECOND;
    }
    int64_t time_ns;
    if (__builtin_mul_overflow(seconds, NS_PER_SECOND, &time_ns) ||
        __builtin_add_overflow(time_ns, rest, &time_ns))
        return seconds < 0 ? CLOCK_MIN : CLOCK_MAX;
    return time_ns == CLOCK_NONE ? CLOCK_MIN : time_ns;
}

void clock_to_date(int64_t time_ns, struct clock_date *ret_date) {
    int64_t seconds = time_ns / NS_PER_SECOND;
    int64_t rest = time_ns % NS_PER_SECOND;
    if (rest < 0) {
        rest += NS_PER_SECOND;
        seconds--;
    }
    int64_t days = seconds / SECONDS_PER_DAY;
    int64_t of_day = seconds % SECONDS_PER_DAY;
    if (of_day < 0) {
        of_day += SECONDS_PER_DAY;
        days--;
    }
    clock_civil_from_days(days, ret_date);
    ret_date->hour = (int)(of_day / 3600);
    ret_date->minute = (int)(of_day / 60 % 60);
    ret_date->second = (int)(of_day % 60);
    ret_date->nanosecond = (int)rest;
    ret_date->weekday = (int)(((days + 4) % 7 + 7) % 7);
}

static char *clock_put(char *at, int64_t number, int digits) {
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + digits;
}

size_t clock_format(int64_t time_ns, char text[CLOCK_TEXT_SIZE]) {
    text[0] = '\0';
    if (time_ns == CLOCK_NONE)
        return 0;
    struct clock_date date;
    clock_to_date(time_ns, &date);
    char *at = clock_put(text, date.year, 4);
    *at++ = '-';
    at = clock_put(at, date.month, 2);
    *at++ = '-';
    at = clock_put(at, date.day, 2);
    *at++ = 'T';
    at = clock_put(at, date.hour, 2);
    *at++ = ':';
    at = clock_put(at, date.minute, 2);
    *at++ = ':';
    at = clock_put(at, date.second, 2);
    *at++ = '.';
    if (date.nanosecond % 1000)
        at = clock_put(at, date.nanosecond, 9);
    else
        at = clock_put(at, date.nanosecond / 1000, 6);
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - text);
}

static size_t format_for_people(int64_t time_ns, size_t size, char text[CLOCK_TEXT_SIZE]) {
    if (clock_format(time_ns, text) < size)
        return 0;
    text[10] = ' ';
    text[size] = '\0';
    return size;
}

size_t clock_format_minute(int64_t time_ns, char text[CLOCK_TEXT_SIZE]) {
    return format_for_people(time_ns, sizeof "2026-11-22 13:29" - 1, text);
}

size_t clock_format_second(int64_t time_ns, char text[CLOCK_TEXT_SIZE]) {
    return format_for_people(time_ns, sizeof "2026-11-22 13:29:17" - 1, text);
}

// Exactly `digits` digits from *at on; moves *at past them.
static bool clock_take_digits(struct slice text, size_t *at, int digits, int *ret_number) {
    int number = 0;
    for (int i = 0; i < digits; i++) {
        if (*at >= text.size || text.data[*at] < '0' || text.data[*at] > '9')
            return false;
        number = number * 10 + (text.data[(*at)++] - '0');
    }
    *ret_number = number;
    return true;
}

static bool clock_take_byte(struct slice text, size_t *at, uint8_t byte) {
    if (*at >= text.size || text.data[*at] != byte)
        return false;
    (*at)++;
    return true;
}

static bool clock_take_fraction(struct slice text, size_t *at, int *ret_nanosecond) {
    int nanosecond = 0;
    int digits = 0;
    while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9') {
        if (digits < 9) {
            nanosecond = nanosecond * 10 + (text.data[*at] - '0');
            digits++;
        }
        (*at)++;
    }
    if (digits == 0)
        return false;
    for (; digits < 9; digits++)
        nanosecond *= 10;
    *ret_nanosecond = nanosecond;
    return true;
}

// Zone at *at: seconds east of UTC.
static bool clock_take_zone(struct slice text, size_t *at, int64_t *ret_east_seconds) {
    *ret_east_seconds = 0;
    if (*at == text.size)
        return true;
    uint8_t sign = text.data[(*at)++];
    if (sign == 'Z' || sign == 'z')
        return true;
    int hours;
    int minutes = 0;
    if ((sign != '+' && sign != '-') || !clock_take_digits(text, at, 2, &hours))
        return false;
    if (*at < text.size) {
        clock_take_byte(text, at, ':');
        if (!clock_take_digits(text, at, 2, &minutes))
            return false;
    }
    if (hours > 18 || minutes > 59)
        return false;
    *ret_east_seconds = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
    return true;
}

static bool clock_take_time_of_day(struct slice text, size_t *at, struct clock_date *date) {
    if (!clock_take_digits(text, at, 2, &date->hour) || !clock_take_byte(text, at, ':') ||
        !clock_take_digits(text, at, 2, &date->minute))
        return false;
    if (clock_take_byte(text, at, ':') && !clock_take_digits(text, at, 2, &date->second))
        return false;
    if (*at < text.size && (text.data[*at] == '.' || text.data[*at] == ',')) {
        (*at)++;
        return clock_take_fraction(text, at, &date->nanosecond);
    }
    return true;
}

bool clock_parse(struct slice text, int64_t *ret_time_ns) {
    struct clock_date date = {0};
    int year;
    size_t at = 0;
    int64_t east_seconds = 0;
    if (!clock_take_digits(text, &at, 4, &year) || !clock_take_byte(text, &at, '-') ||
        !clock_take_digits(text, &at, 2, &date.month) || !clock_take_byte(text, &at, '-') ||
        !clock_take_digits(text, &at, 2, &date.day))
        return false;
    date.year = year;
    if (at < text.size) {
        if (text.data[at] != 'T' && text.data[at] != 't' && text.data[at] != ' ')
            return false;
        at++;
        if (!clock_take_time_of_day(text, &at, &date))
            return false;
        if (at < text.size && text.data[at] == ' ')
            at++;
        if (!clock_take_zone(text, &at, &east_seconds) || at != text.size)
            return false;
    }
    int64_t time_ns = clock_from_date(&date);
    if (time_ns == CLOCK_NONE)
        return false;
    bool clamped = time_ns == CLOCK_MIN || time_ns == CLOCK_MAX;
    if (!clamped && __builtin_sub_overflow(time_ns, east_seconds * NS_PER_SECOND, &time_ns))
        time_ns = east_seconds > 0 ? CLOCK_MIN : CLOCK_MAX;
    *ret_time_ns = time_ns == CLOCK_NONE ? CLOCK_MIN : time_ns;
    return true;
}

int64_t clock_now_monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}
