// Time as nanoseconds since 1970, UTC
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

// int64 nanoseconds reach from 1677 to 2262; what lies outside is clamped to these.
#define CLOCK_NONE INT64_MIN // no time known
#define CLOCK_MIN (INT64_MIN + 1)
#define CLOCK_MAX INT64_MAX

enum {
    CLOCK_TEXT_SIZE = 40
};

struct clock_date {
    int64_t year;
    int month; // 1 to 12
    int day;   // 1 to 31
    int hour, minute, second;
    int nanosecond;
    int weekday; // 0 = Sunday
};

// FILETIME: 100 ns units since 1601-01-01 (MS-DTYP 2.3.3).
int64_t clock_from_filetime(uint64_t filetime);

// The time itself, or CLOCK_NONE when no computer's log can have it: before 1970, where Unix
// begins, or after 2199. Such a field was never filled (FILETIME 0 is 1601) or is broken. The
// difference of any two times that are left fits.
#define CLOCK_PLAUSIBLE_BEGIN 0ll
#define CLOCK_PLAUSIBLE_END (7258118400 * 1000000000ll)
int64_t clock_plausible(int64_t time_ns);

// Proleptic Gregorian, UTC. Fields outside their range give CLOCK_NONE.
int64_t clock_from_date(const struct clock_date *date);
void clock_to_date(int64_t time_ns, struct clock_date *ret_date);

// "2026-11-22T13:29:17.123456Z": always six digits, or nine when they are needed. Returns the
// length; CLOCK_NONE gives an empty text. `text` holds CLOCK_TEXT_SIZE bytes.
size_t clock_format(int64_t time_ns, char text[CLOCK_TEXT_SIZE]);
// "2026-11-22 13:29" and "2026-11-22 13:29:17", as people read it; the same otherwise.
size_t clock_format_minute(int64_t time_ns, char text[CLOCK_TEXT_SIZE]);
size_t clock_format_second(int64_t time_ns, char text[CLOCK_TEXT_SIZE]);

// RFC 3339 and its relatives: 'T' or blank between, fraction of any length (nine digits
// count), zone 'Z', '+hh:mm', '+hhmm', '+hh' or none (UTC); seconds may be left out; a bare date
// is midnight. False, and nothing written, when it is none of these.
bool clock_parse(struct slice text, int64_t *ret_time_ns);

// Monotonic nanoseconds for measuring; never for evidence.
int64_t clock_now_monotonic(void);

#endif
