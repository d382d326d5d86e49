// From when to when most of many times lie
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_TIME_SPAN_H
#define BASE_TIME_SPAN_H

#include <stdbool.h>
#include <stdint.h>

// One record with a broken time must not stretch what is known to be ordinary over decades. So the
// ends of a span are cut off while they hold less than a hundredth of all times, and lie half a
// year or more apart from the rest.
//
// Cost: a look-up a time; 2 MB of zeros, touched where times are; one pass over 84,000 days to
// tell.
struct time_span;

struct time_span *time_span_new(void);
void time_span_free(struct time_span *span); // NULL is fine

// `count` times at time_ns; what clock_plausible refuses is passed over.
void time_span_take(struct time_span *span, int64_t time_ns, uint64_t count);
// False, and nothing written, when it took none.
bool time_span_tell(const struct time_span *span, int64_t *ret_first_ns, int64_t *ret_last_ns);

#endif
