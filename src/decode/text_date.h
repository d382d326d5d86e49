// Dates as Unix logs write them
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_TEXT_DATE_H
#define DECODE_TEXT_DATE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

// "Jan" to "Dec": 1 to 12; 0 when it is none.
int text_month(const uint8_t *letters);

// "08:15:30" at `at`, as nanoseconds of the day; false when it is none. 60 seconds are allowed.
bool text_time_of_day(const uint8_t *at, int64_t *ret_ns);

// Midnight of the latest day with this month and day that begins no later than `bound_ns`;
// CLOCK_NONE when there is none within eight years (and so for 30 February).
int64_t text_latest_day(int month, int day, int64_t bound_ns);

// A date in a file's name: "auth.log-20260302", "messages.2026-03-02.gz". CLOCK_NONE: none.
int64_t text_date_of_path(struct slice path);

// "02/Mar/2026:08:15:30 +0800", with or without brackets and zone; CLOCK_NONE when it is none.
int64_t text_common_time(struct slice text);

#endif
