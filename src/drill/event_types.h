// The table of Windows events that the drill writes
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVENT_TYPES_H
#define DRILL_EVENT_TYPES_H

#include "drill/evtx_writer.h"

enum drill_event {
#define SOURCE(...)
#define EVENT(name, ...) DRILL_##name,
#define USER_EVENT(name, ...) DRILL_##name,
#include "drill/event_type.def"
#undef SOURCE
#undef EVENT
#undef USER_EVENT
    DRILL_EVENT_COUNT
};

// The rows of event_type.def, their field lists read. Free with event_types_free.
struct event_types;

struct event_types *event_types_new(void);
void event_types_free(struct event_types *types);

// DRILL_EVENT_COUNT types, for evtx_catalogue_new.
const struct evtx_event_type *event_types_table(const struct event_types *types);

#endif
