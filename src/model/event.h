// One record, seen through its shape
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include "base/clock.h"
#include "base/slice.h"
#include "model/shape.h"
#include "model/value.h"

#include <stdbool.h>
#include <stdint.h>

// Where a record stands. `source` indexes the run's list of sources (files, archive entries).
struct position {
    uint32_t source;
    uint64_t offset;    // byte offset of the record in the (uncompressed) source
    uint64_t record_id; // EventRecordID; 0 for text
    uint64_t line;      // from 1 for text; 0 for EVTX
};

struct event_class; // model/event_class.h; filled by normalise

// Views only: valid until the sink returns. Nothing is rendered before somebody asks.
struct event {
    const struct shape *shape;
    const struct value *banks[EVENT_BANKS_MAX];
    uint16_t bank_sizes[EVENT_BANKS_MAX]; // 0 for a bank that is not used
    // Not 0: the bank's values are a template's own, and this number, which its decoder state
    // gives to no other values ever, stands for them.
    uint64_t bank_serials[EVENT_BANKS_MAX];
    int64_t time_ns; // as written, CLOCK_NONE when the record has none
    struct position position;
    struct slice raw; // the record's bytes as they lie in the source; a line without its end
    // Not NULL: the SHA-256 of the record, known already; it may be larger than what lies in `raw`.
    const uint8_t *raw_sha256;
    bool
        is_verbatim; // each value that is not null is VALUE_UTF8 and lies in `raw` as written there
    bool damaged;    // its chunk failed a checksum
    bool recovered;  // found in slack or free space
    const struct event_class *event_class; // NULL until classified
};

static const struct value EVENT_VALUE_ABSENT = {.data = NULL, .size = 0, .kind = VALUE_ABSENT};

// The value of the i-th field of the event's shape; never NULL.
static inline const struct value *event_value(const struct event *event, uint32_t field) {
    struct slot slot = event->shape->fields[field].slot;
    if (slot.index >= event->bank_sizes[slot.bank])
        return &EVENT_VALUE_ABSENT;
    return &event->banks[slot.bank][slot.index];
}

static inline const struct value *event_role_value(const struct event *event,
                                                   enum field_role role) {
    int32_t field = event->shape->role_fields[role];
    return field < 0 ? &EVENT_VALUE_ABSENT : event_value(event, (uint32_t)field);
}

#endif
