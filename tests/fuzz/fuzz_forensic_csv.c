// Any bytes as a table of files or programs
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/digest.h"
#include "decode/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_forensic_csv;

// Promises: rows and gaps lie in the input and never overlap; values are readable; what was read
// once is read the same when its shape is known.
struct outcome {
    uint64_t hash;
    uint64_t end; // of the last row or gap
    struct slice input;
};

static void promise(bool holds) {
    if (!holds)
        abort();
}

static void outcome_event(void *context, struct event *event) {
    struct outcome *outcome = context;
    promise(event->raw.data >= outcome->input.data &&
            event->raw.data + event->raw.size <= outcome->input.data + outcome->input.size);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        outcome->hash =
            digest_hash64_seeded(slice_of(value->data, value->size), outcome->hash + value->kind);
    }
    fuzz_understood();
    outcome->hash = digest_mix64(outcome->hash, (uint64_t)event->time_ns);
    outcome->end = event->position.offset + event->raw.size;
}

static void outcome_gap(void *context, const struct gap *gap) {
    struct outcome *outcome = context;
    promise(gap->offset + gap->bytes <= outcome->input.size);
    outcome->hash = digest_mix64(outcome->hash, gap->offset);
}

static struct outcome outcome_read(void *state, struct slice bytes) {
    struct outcome outcome = {.input = bytes};
    struct event_sink sink = {&outcome, outcome_event, outcome_gap};
    struct unit unit = {.fd = -1, .bytes = bytes, .size = bytes.size, .first_line = 1};
    struct problem problem;
    promise(decoder_forensic_csv.decode(state, &unit, &sink, &problem) == STATUS_OK);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice bytes = slice_of(data, size);
    void *state = decoder_forensic_csv.new_state(&(struct decode_options){0});
    struct outcome first = outcome_read(state, bytes);
    struct outcome second = outcome_read(state, bytes);
    decoder_forensic_csv.free_state(state);
    promise(first.hash == second.hash);
    decoder_forensic_csv.recognise(bytes, SLICE("webroot.csv"));
    return 0;
}
