// Events made by hand for tests
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_NORMALISE_MADE_EVENT_H
#define TESTS_NORMALISE_MADE_EVENT_H

#include "model/event.h"

#include <assert.h>
#include <string.h>

enum {
    MADE_FIELDS_MAX = 64
};

// One event with a shape of its own, all values in bank 0.
struct made_event {
    struct shape_field fields[MADE_FIELDS_MAX];
    struct value values[MADE_FIELDS_MAX];
    struct shape shape;
    struct event event;
};

static inline void made_event_init(struct made_event *made) {
    memset(made, 0, sizeof *made);
    made->shape.fields = made->fields;
    made->shape.format = "evtx";
    for (size_t i = 0; i < FIELD_ROLE_COUNT; i++)
        made->shape.role_fields[i] = -1;
    made->event.shape = &made->shape;
    made->event.banks[0] = made->values;
    made->event.time_ns = CLOCK_NONE;
}

static inline void made_event_add(struct made_event *made, const char *path, enum field_role role,
                                  struct value value) {
    uint32_t i = made->shape.field_count;
    assert(i < MADE_FIELDS_MAX);
    const char *dot = strrchr(path, '.');
    const char *name = dot ? dot + 1 : path;
    made->fields[i] = (struct shape_field){.name = slice_of_string(name),
                                           .path = slice_of_string(path),
                                           .slot = {.bank = 0, .index = (uint16_t)i},
                                           .role = role};
    made->values[i] = value;
    if (role != FIELD_ROLE_NONE)
        made->shape.role_fields[role] = (int32_t)i;
    made->shape.field_count = i + 1;
    made->event.bank_sizes[0] = (uint16_t)(i + 1);
}

static inline struct value made_text(const char *text) {
    return (struct value){
        .data = (const uint8_t *)text, .size = (uint32_t)strlen(text), .kind = VALUE_UTF8};
}

// A field of Event/EventData; a name with dots keeps its own path.
static inline void made_event_data(struct made_event *made, const char *name, const char *text) {
    made_event_add(made, name, FIELD_ROLE_NONE, text ? made_text(text) : EVENT_VALUE_ABSENT);
    made->fields[made->shape.field_count - 1].path = SLICE("Event.EventData");
}

// Provider, channel (NULL: none) and event id, as the head of a Windows event.
static inline void made_event_head(struct made_event *made, const char *provider,
                                   const char *channel, const char *code) {
    made_event_init(made);
    made_event_add(made, "Event.System.Provider_Name", FIELD_ROLE_PROVIDER, made_text(provider));
    if (channel)
        made_event_add(made, "Event.System.Channel", FIELD_ROLE_CHANNEL, made_text(channel));
    made_event_add(made, "Event.System.EventID", FIELD_ROLE_EVENT_ID, made_text(code));
}

#endif
