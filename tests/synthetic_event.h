// Events made by hand for tests
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_SYNTHETIC_EVENT_H
#define TESTS_SYNTHETIC_EVENT_H

#include "model/event.h"
#include "model/event_class.h"

#include <string.h>

enum {
    SYNTHETIC_FIELDS_MAX = 16
};

// An event of UTF-8 fields with a shape and class of its own. Not copied: it points into
// itself.
struct synthetic_event {
    struct shape_field fields[SYNTHETIC_FIELDS_MAX];
    struct value values[SYNTHETIC_FIELDS_MAX];
    struct shape shape;
    struct event_class event_class;
    struct event event;
};

static inline void synthetic_init(struct synthetic_event *made, uint32_t class_id, int64_t time_ns,
                                  uint64_t offset) {
    memset(made, 0, sizeof *made);
    made->shape.fields = made->fields;
    made->shape.format = "test";
    for (size_t i = 0; i < FIELD_ROLE_COUNT; i++)
        made->shape.role_fields[i] = -1;
    made->event_class.id = class_id;
    made->event_class.shape = &made->shape;
    made->event_class.provider = SLICE("Test");
    made->event_class.channel = SLICE("Test/Operational");
    made->event_class.code = 1;
    made->event.shape = &made->shape;
    made->event.event_class = &made->event_class;
    made->event.banks[0] = made->values;
    made->event.time_ns = time_ns;
    made->event.position.offset = offset;
    made->event.position.record_id = offset;
    made->event.raw = SLICE("raw bytes");
}

static inline void synthetic_field(struct synthetic_event *made, const char *name, const char *text,
                                   enum field_role role) {
    uint32_t at = made->shape.field_count++;
    made->fields[at].name = slice_of_string(name);
    made->fields[at].path = slice_of_string(name);
    made->fields[at].slot.index = (uint16_t)at;
    made->fields[at].role = role;
    made->values[at].data = (const uint8_t *)text;
    made->values[at].size = (uint32_t)strlen(text);
    made->values[at].kind = VALUE_UTF8;
    made->event.bank_sizes[0] = (uint16_t)(at + 1);
    if (role != FIELD_ROLE_NONE)
        made->shape.role_fields[role] = (int32_t)at;
}

#endif
