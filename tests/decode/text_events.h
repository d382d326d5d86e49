// What a text decoder makes of a text
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_DECODE_TEXT_EVENTS_H
#define TESTS_DECODE_TEXT_EVENTS_H

#include "base/clock.h"
#include "model/decoder.h"

#include <stdio.h>

// One line each: "time format name=value ..." of an event (null values left out), "gap reason" of
// a gap.
struct text_events {
    struct buffer text;
    unsigned events, gaps;
};

static inline void text_event(void *context, struct event *event) {
    struct text_events *events = context;
    char time[CLOCK_TEXT_SIZE];
    events->events++;
    buffer_append(&events->text, time, clock_format(event->time_ns, time));
    buffer_append_byte(&events->text, ' ');
    buffer_append_text(&events->text, event->shape->format);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        if (value_is_null(event_value(event, i)))
            continue;
        buffer_append_byte(&events->text, ' ');
        buffer_append_slice(&events->text, event->shape->fields[i].name);
        buffer_append_byte(&events->text, '=');
        value_append_text(event_value(event, i), &events->text);
    }
    buffer_append_byte(&events->text, '\n');
}

static inline void text_gap(void *context, const struct gap *gap) {
    struct text_events *events = context;
    events->gaps++;
    buffer_append_text(&events->text, "gap ");
    buffer_append_text(&events->text, gap->reason);
    buffer_append_byte(&events->text, '\n');
}

// Decode `text`, a unit at `offset` under `header`, and give what came, NUL-terminated; lives
// until the next call with the same `events`. Begin with {0}, end with text_events_done.
static inline const char *text_events_read(struct text_events *events,
                                           const struct decoder *decoder, const char *header,
                                           const char *text, uint64_t offset) {
    buffer_done(&events->text);
    *events = (struct text_events){.events = 0};
    buffer_init(&events->text, 1 << 20);
    struct event_sink sink = {events, text_event, text_gap};
    struct slice bytes = slice_of_string(text);
    struct unit unit = {.fd = -1, .bytes = bytes, .size = bytes.size, .offset = offset};
    unit.first_line = 1;
    unit.header = slice_of_string(header);
    struct problem problem;
    void *state = decoder->new_state(&(struct decode_options){0});
    enum status status = decoder->decode(state, &unit, &sink, &problem);
    decoder->free_state(state);
    buffer_append_byte(&events->text, 0);
    return status == STATUS_OK ? (const char *)events->text.data : "failed";
}

static inline void text_events_done(struct text_events *events) {
    buffer_done(&events->text);
}

#endif
