// Times as the shippers write them
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_JSON_TIME_H
#define DECODE_JSON_TIME_H

#include "base/clock.h"
#include "model/value.h"

#include <stdbool.h>
#include <stdint.h>

// The day that was read last: most records of a file share it.
struct json_day {
    uint8_t text[10]; // "2026-11-22"
    int64_t start_ns;
};

// RFC 3339 and its relatives; seconds, milliseconds, microseconds or nanoseconds since 1970,
// told apart by their size; "/Date(1600000000000)/". CLOCK_NONE when it is none of these.
// *ret_zoned: it names its zone (numbers count as UTC).
int64_t json_time(struct json_day *day, const struct value *value, bool *ret_zoned);

#endif
