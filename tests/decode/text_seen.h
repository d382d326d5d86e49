// What a decoder of text gives, as text
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_DECODE_TEXT_SEEN_H
#define TESTS_DECODE_TEXT_SEEN_H

#include "base/buffer.h"
#include "model/decoder.h"
#include "model/value.h"

#include <inttypes.h>

// One line a record: "time|line|name=value;..." without absent values, nulls as "<null>"; one a
// gap: "!line of text: reason" by its offset. Text beyond a record's raw bytes is never shown.
struct text_seen {
    struct buffer text;
    unsigned events;
    unsigned gaps;
};

struct text_seen_unit {
    const char *text;
    const char *header;
    const char *path;
    uint64_t offset;
    int64_t latest_ns;
};

static inline void text_seen_event(void *context, struct event *event) {
    struct text_seen *seen = context;
    char time[CLOCK_TEXT_SIZE];
    seen->events++;
    size_t size = clock_format(event->time_ns, time);
    buffer_append(&seen->text, time, size);
    buffer_append_format(&seen->text, "|%" PRIu64 "|", event->position.line);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        if (value->kind == VALUE_ABSENT)
            continue;
        buffer_append_slice(&seen->text, event->shape->fields[i].name);
        buffer_append_byte(&seen->text, '=');
        if (value->kind == VALUE_NULL)
            buffer_append_text(&seen->text, "<null>");
        value_append_text(value, &seen->text);
        buffer_append_byte(&seen->text, ';');
    }
    buffer_append_byte(&seen->text, '\n');
}

static inline void text_seen_gap(void *context, const struct gap *gap) {
    struct text_seen *seen = context;
    seen->gaps++;
    buffer_append_format(&seen->text, "!%" PRIu64 "+%" PRIu64 ": %s\n", gap->offset, gap->bytes,
                         gap->reason);
}

// The records and gaps of a unit; `seen` is emptied by text_seen_done.
static inline const char *text_seen_read(struct text_seen *seen, const struct decoder *decoder,
                                         const struct text_seen_unit *what) {
    *seen = (struct text_seen){0};
    buffer_init(&seen->text, 1 << 24);
    struct event_sink sink = {seen, text_seen_event, text_seen_gap};
    struct unit unit = {.fd = -1,
                        .bytes = slice_of_string(what->text),
                        .size = strlen(what->text),
                        .header = slice_of_string(what->header),
                        .path = slice_of_string(what->path),
                        .offset = what->offset,
                        .first_line = 1};
    void *state = decoder->new_state(&(struct decode_options){.latest_ns = what->latest_ns});
    struct problem problem;
    if (decoder->decode(state, &unit, &sink, &problem) != STATUS_OK)
        buffer_append_text(&seen->text, "failed");
    decoder->free_state(state);
    buffer_append_byte(&seen->text, 0);
    return (const char *)seen->text.data;
}

static inline void text_seen_done(struct text_seen *seen) {
    buffer_done(&seen->text);
}

#endif
