// Any bytes as JSON lines
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "model/decoder.h"
#include "model/value_json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_json_lines;

// Promises: nothing is read outside the input; every value lies in its record; what was read
// once is read the same when its shape is known; every byte outside records and gaps is a
// blank, a line end or an array's punctuation.
struct outcome {
    struct buffer text;
    uint64_t hash;
    uint64_t bytes; // in records and gaps
};

static void promise(bool holds) {
    if (!holds)
        abort();
}

static void outcome_event(void *context, struct event *event) {
    struct outcome *outcome = context;
    fuzz_understood();
    outcome->bytes += event->raw.size;
    outcome->hash = digest_mix64(outcome->hash, (uint64_t)event->time_ns);
    outcome->hash = digest_mix64(outcome->hash, event->position.offset);
    // The last field may be the decoder's own: which of Zeek's logs it is.
    uint32_t own = event->bank_sizes[1];
    promise(event->shape->field_count == event->bank_sizes[0] + own);
    for (uint32_t i = 0; i + own < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        promise(value->data >= event->raw.data);
        promise(value->data + value->size <= event->raw.data + event->raw.size);
        if (!value_is_json(value))
            continue;
        int64_t number;
        buffer_reset(&outcome->text);
        value_json_append_text(value, &outcome->text);
        value_json_append_json(value, &outcome->text);
        size_t count = value_json_count(value);
        for (size_t n = 0; n <= count; n++) {
            struct value element = value_json_element(value, n);
            if (value_is_json(&element))
                value_json_append_text(&element, &outcome->text);
        }
        buffer_append_byte(&outcome->text, value_json_integer(value, &number));
        outcome->hash = digest_hash64_seeded(buffer_slice(&outcome->text), outcome->hash);
    }
}

static void outcome_gap(void *context, const struct gap *gap) {
    struct outcome *outcome = context;
    outcome->bytes += gap->bytes;
    outcome->hash = digest_mix64(outcome->hash, gap->offset);
    promise(gap->bytes > 0 && gap->reason[0]);
}

static struct outcome outcome_read(void *state, struct slice bytes) {
    struct outcome outcome = {0};
    buffer_init(&outcome.text, 64 << 20);
    struct event_sink sink = {&outcome, outcome_event, outcome_gap};
    struct unit unit = {.fd = -1, .bytes = bytes, .size = bytes.size, .first_line = 1};
    struct problem problem;
    promise(decoder_json_lines.decode(state, &unit, &sink, &problem) == STATUS_OK);
    buffer_done(&outcome.text);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice bytes = slice_of(data, size);
    void *state = decoder_json_lines.new_state(&(struct decode_options){0});
    struct outcome first = outcome_read(state, bytes);
    struct outcome second = outcome_read(state, bytes);
    decoder_json_lines.free_state(state);
    promise(first.hash == second.hash && first.bytes == second.bytes);
    uint64_t left = 0;
    for (size_t i = 0; i < size; i++)
        left += data[i] != ' ' && data[i] != '\t' && data[i] != '\r' && data[i] != '\n' &&
                data[i] != '[' && data[i] != ']' && data[i] != ',' && data[i] < 0x80;
    promise(first.bytes >= left && first.bytes <= size);
    decoder_json_lines.recognise(bytes, SLICE("a.jsonl"));
    return 0;
}
