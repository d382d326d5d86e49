// Any bytes for a decoder of text
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_FUZZ_FUZZ_TEXT_H
#define TESTS_FUZZ_FUZZ_TEXT_H

#include "understood.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "model/decoder.h"
#include "model/value.h"

#include <stdlib.h>

// Promises: nothing is read outside the input; every value can be shown; records lie in the
// input, in order, and none is told twice; a gap has bytes and a reason; what was read once is
// read the same when its shapes are known; a piece from the middle does no harm.
struct fuzz_text {
    struct buffer text;
    struct slice bytes;
    uint64_t hash;
    uint64_t end; // of the last record or gap
};

static inline void fuzz_promise(bool holds) {
    if (!holds)
        abort();
}

static inline void fuzz_text_event(void *context, struct event *event) {
    struct fuzz_text *run = context;
    fuzz_promise(event->position.offset >= run->end);
    run->end = event->position.offset + event->raw.size;
    fuzz_promise(event->raw.data >= run->bytes.data &&
                 event->raw.data + event->raw.size <= run->bytes.data + run->bytes.size);
    fuzz_understood();
    run->hash = digest_mix64(run->hash, (uint64_t)event->time_ns);
    run->hash = digest_mix64(run->hash, event->position.offset);
    run->hash = digest_mix64(run->hash, event->position.line);
    fuzz_promise(event->shape->format && event->shape->field_count <= SHAPE_FIELDS_MAX);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        buffer_reset(&run->text);
        value_append_text(event_value(event, i), &run->text);
        value_append_json(event_value(event, i), &run->text);
        run->hash = digest_hash64_seeded(buffer_slice(&run->text), run->hash);
    }
}

static inline void fuzz_text_gap(void *context, const struct gap *gap) {
    struct fuzz_text *run = context;
    fuzz_promise(gap->bytes > 0 && gap->reason[0] && gap->offset >= run->end);
    run->end = gap->offset + gap->bytes;
    run->hash = digest_mix64(run->hash, gap->offset);
}

static inline uint64_t fuzz_text_read(const struct decoder *decoder, void *state,
                                      const struct unit *unit) {
    struct fuzz_text run = {.bytes = unit->bytes};
    buffer_init(&run.text, 64 << 20);
    struct event_sink sink = {&run, fuzz_text_event, fuzz_text_gap};
    struct problem problem;
    fuzz_promise(decoder->decode(state, unit, &sink, &problem) == STATUS_OK);
    fuzz_promise(run.end <= unit->offset + unit->bytes.size);
    buffer_done(&run.text);
    return run.hash;
}

static inline void fuzz_text(const struct decoder *decoder, struct slice bytes) {
    void *state = decoder->new_state(&(struct decode_options){.latest_ns = 1795354157000000000});
    struct unit unit = {.fd = -1, .bytes = bytes, .size = bytes.size, .first_line = 1};
    uint64_t first = fuzz_text_read(decoder, state, &unit);
    fuzz_promise(fuzz_text_read(decoder, state, &unit) == first);
    // The second half, with the first as its header.
    size_t half = bytes.size / 2;
    struct unit second = {.fd = -1,
                          .bytes = slice_part(bytes, half, bytes.size),
                          .size = bytes.size - half,
                          .offset = half,
                          .header = slice_part(bytes, 0, half),
                          .path = SLICE("a-20260302.log"),
                          .first_line = 7};
    fuzz_text_read(decoder, state, &second);
    decoder->free_state(state);
    fuzz_promise(decoder->recognise(bytes, SLICE("a.log")) <= 100);
}

#endif
