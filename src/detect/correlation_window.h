// The window of one group of a correlation
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_CORRELATION_WINDOW_H
#define DETECT_CORRELATION_WINDOW_H

#include "base/arena.h"
#include "base/intern.h"
#include "detect/correlation_note.h"
#include "detect/detect.h"

// Notes of one group arrive in order of time. Two ways to look at them:
//
// - sliding: the window is what lies within the timespan before the newest note. For
//   conditions that only grow with more events (>, >= and the temporal types). As long as
//   fulfilled windows touch, they are one finding.
// - anchored: the window starts at the first note that is in no window yet, and is judged once
//   it is over. For conditions with an upper bound, which a half-filled window would meet.
struct correlation_window;

struct correlation_window *correlation_window_new(void);
void correlation_window_free(struct correlation_window *window);

// Begin the next group of a correlation.
void correlation_window_reset(struct correlation_window *window,
                              const struct correlation *correlation, uint32_t index,
                              struct slice group);

enum status correlation_window_add(struct correlation_window *window,
                                   const struct correlation_note *note,
                                   const struct correlation_sink *sink, struct problem *problem);

// The group is over: what is open is told.
enum status correlation_window_close(struct correlation_window *window,
                                     const struct correlation_sink *sink, struct problem *problem);

// Notes pushed out by the window's ceiling.
uint64_t correlation_window_overflow(const struct correlation_window *window);

#endif
