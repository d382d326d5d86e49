// What an event is, by the format of its log
// SPDX-License-Identifier: Apache-2.0
#ifndef NORMALISE_FORMATS_H
#define NORMALISE_FORMATS_H

#include "model/event_class.h"

#include <stdbool.h>

// Log source and aliases by event_class->shape->format, out of formats.def. False, and nothing
// written, when it has no row.
bool format_describe(struct event_class *event_class);

#endif
