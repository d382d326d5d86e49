// Any bytes as an Exchange log
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/digest.h"
#include "model/decoder.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_exchange_csv;

// Promises: a record lies in the input, one behind the other; every value can be read to its
// last byte; what was read once is read the same again; a line is a record, a gap, a header or
// empty.
struct outcome {
    struct slice input;
    uint64_t hash;
    uint64_t end;   // of the last record
    uint64_t bytes; // in records and gaps
};

static void promise(bool holds) {
    if (!holds)
        abort();
}

static void outcome_event(void *context, struct event *event) {
    struct outcome *outcome = context;
    promise(event->position.offset >= outcome->end);
    outcome->end = event->position.offset + event->raw.size;
    promise(outcome->end <= outcome->input.size);
    promise(event->raw.data == outcome->input.data + event->position.offset);
    promise(event->bank_sizes[0] <= event->shape->field_count);
    fuzz_understood();
    outcome->bytes += event->raw.size;
    outcome->hash = digest_mix64(outcome->hash, (uint64_t)event->time_ns);
    outcome->hash = digest_mix64(outcome->hash, event->position.line);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        outcome->hash = digest_hash64_seeded(event->shape->fields[i].name, outcome->hash);
        outcome->hash = digest_hash64_seeded(slice_of(value->data, value->size), outcome->hash);
    }
}

static void outcome_gap(void *context, const struct gap *gap) {
    struct outcome *outcome = context;
    promise(gap->reason[0] && gap->offset + gap->bytes <= outcome->input.size);
    outcome->bytes += gap->records ? gap->bytes : 0;
    outcome->hash = digest_mix64(outcome->hash, gap->offset);
}

static struct outcome outcome_read(void *state, struct slice bytes, struct slice header) {
    struct outcome outcome = {.input = bytes};
    struct event_sink sink = {&outcome, outcome_event, outcome_gap};
    struct unit unit = {.fd = -1, .bytes = bytes, .size = bytes.size, .first_line = 1};
    unit.header = header;
    struct problem problem;
    promise(decoder_exchange_csv.decode(state, &unit, &sink, &problem) == STATUS_OK);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice bytes = slice_of(data, size);
    void *state = decoder_exchange_csv.new_state(&(struct decode_options){0});
    struct outcome first = outcome_read(state, bytes, SLICE(""));
    struct outcome headed = outcome_read(state, bytes, bytes);
    struct outcome second = outcome_read(state, bytes, SLICE(""));
    decoder_exchange_csv.free_state(state);
    promise(first.hash == second.hash && first.bytes == second.bytes);
    promise(first.bytes <= size && headed.bytes <= size);
    decoder_exchange_csv.recognise(bytes, SLICE("Logging/HttpProxy/a.LOG"));
    return 0;
}
