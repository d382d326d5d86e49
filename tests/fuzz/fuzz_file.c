// Any bytes as a file
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/digest.h"
#include "decode/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_file;

// Promises: one event a file, no gap when all of it is there; every value is readable; the same
// bytes give the same values again.
struct outcome {
    uint64_t hash;
    unsigned events;
};

static void promise(bool holds) {
    if (!holds)
        abort();
}

static void outcome_event(void *context, struct event *event) {
    struct outcome *outcome = context;
    outcome->events++;
    fuzz_understood();
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        outcome->hash =
            digest_hash64_seeded(slice_of(value->data, value->size), outcome->hash + value->kind);
    }
}

static void outcome_gap(void *context, const struct gap *gap) {
    (void)context;
    (void)gap;
    abort();
}

static struct outcome outcome_read(void *state, struct slice bytes) {
    struct outcome outcome = {0};
    struct event_sink sink = {&outcome, outcome_event, outcome_gap};
    struct unit unit = {.fd = -1, .bytes = bytes, .size = bytes.size, .path = SLICE("C/a.php")};
    struct problem problem;
    promise(decoder_file.decode(state, &unit, &sink, &problem) == STATUS_OK);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    void *state = decoder_file.new_state(&(struct decode_options){0});
    struct outcome first = outcome_read(state, slice_of(data, size));
    struct outcome second = outcome_read(state, slice_of(data, size));
    decoder_file.free_state(state);
    promise(first.events == 1 && second.events == 1 && first.hash == second.hash);
    decoder_file.recognise(slice_of(data, size), SLICE("a.jsp"));
    return 0;
}
