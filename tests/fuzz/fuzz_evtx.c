// Any bytes as an event log file
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "model/decoder.h"
#include "report/event_raw.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_evtx;

// Promises: nothing outside the input is read; every record lies in it; records and gaps come
// in order; what is read with warm caches is the same; recovery loses nothing.
struct outcome {
    struct buffer text;
    uint64_t hash;
    uint64_t events;
    uint64_t end;
    uint64_t size;
};

static void promise(bool holds) {
    if (!holds)
        abort();
}

static void outcome_event(void *context, struct event *event) {
    struct outcome *outcome = context;
    promise(event->position.offset + event->raw.size <= outcome->size);
    promise(event->recovered || event->position.offset >= outcome->end);
    outcome->end = event->position.offset + event->raw.size;
    outcome->events++;
    fuzz_understood();
    buffer_reset(&outcome->text);
    event_append_raw_json(event, &outcome->text);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        int64_t number;
        buffer_append_byte(&outcome->text, value_integer(value, &number));
        size_t count = value_count(value);
        for (size_t n = 0; n <= count && n < 64; n++) {
            struct value element = value_element(value, n);
            value_append_text(&element, &outcome->text);
        }
    }
    outcome->hash = digest_hash64_seeded(buffer_slice(&outcome->text), outcome->hash);
    outcome->hash = digest_mix64(outcome->hash, (uint64_t)event->time_ns);
    outcome->hash = digest_mix64(outcome->hash, event->position.record_id);
}

static void outcome_gap(void *context, const struct gap *gap) {
    struct outcome *outcome = context;
    outcome->hash = digest_mix64(outcome->hash, gap->offset);
    promise(gap->offset + gap->bytes <= outcome->size + 65536 && gap->reason[0]);
}

static struct outcome outcome_read(void *state, struct slice bytes) {
    struct outcome outcome = {.size = bytes.size};
    buffer_init(&outcome.text, (size_t)64 << 20);
    struct event_sink sink = {&outcome, outcome_event, outcome_gap};
    struct unit unit = {.fd = -1, .bytes = bytes, .size = bytes.size};
    struct problem problem;
    promise(decoder_evtx.decode(state, &unit, &sink, &problem) == STATUS_OK);
    buffer_done(&outcome.text);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice bytes = slice_of(data, size);
    void *state = decoder_evtx.new_state(&(struct decode_options){0});
    struct outcome first = outcome_read(state, bytes);
    struct outcome second = outcome_read(state, bytes);
    decoder_evtx.free_state(state);
    promise(first.hash == second.hash && first.events == second.events);
    state = decoder_evtx.new_state(&(struct decode_options){.recover = true});
    promise(outcome_read(state, bytes).events >= first.events);
    decoder_evtx.free_state(state);
    decoder_evtx.recognise(bytes, SLICE("a.evtx"));
    return 0;
}
