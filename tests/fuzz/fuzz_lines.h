// Any bytes, as lines, to a text decoder
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_FUZZ_LINES_H
#define TESTS_FUZZ_LINES_H

#include "understood.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "model/decoder.h"

#include <stdlib.h>

// Promises of every decoder of lines: nothing is read outside the input; a record lies in its
// unit, gaps too; what was read once is read the same by a state that has seen it; every line is
// in a record or a gap, but those that `silent` says are none (headers, comments).
struct fuzz_lines {
    struct slice bytes;
    struct buffer text;
    uint64_t hash;
    uint64_t covered;
};

static inline void fuzz_promise(bool holds) {
    if (!holds)
        abort();
}

static inline void fuzz_event(void *context, struct event *event) {
    struct fuzz_lines *lines = context;
    const uint8_t *end = lines->bytes.data + lines->bytes.size;
    fuzz_promise(event->raw.data >= lines->bytes.data && event->raw.data + event->raw.size <= end);
    fuzz_promise(event->position.offset ==
                 (uint64_t)(event->raw.data - lines->bytes.data)); // units begin at 0 here
    fuzz_understood();
    lines->covered += event->raw.size;
    lines->hash = digest_mix64(lines->hash, (uint64_t)event->time_ns);
    lines->hash = digest_mix64(lines->hash, event->position.line);
    buffer_reset(&lines->text);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        buffer_append_slice(&lines->text, event->shape->fields[i].name);
        value_append_json(event_value(event, i), &lines->text);
    }
    lines->hash = digest_hash64_seeded(buffer_slice(&lines->text), lines->hash);
}

static inline void fuzz_gap(void *context, const struct gap *gap) {
    struct fuzz_lines *lines = context;
    fuzz_promise(gap->reason[0] != 0 && gap->offset + gap->bytes <= lines->bytes.size);
    lines->covered += gap->bytes;
    lines->hash = digest_mix64(lines->hash, gap->offset);
}

static inline uint64_t fuzz_read(const struct decoder *decoder, void *state, struct slice bytes,
                                 uint64_t *ret_covered) {
    struct fuzz_lines lines = {.bytes = bytes};
    buffer_init(&lines.text, 256 << 20);
    struct event_sink sink = {&lines, fuzz_event, fuzz_gap};
    struct unit unit = {.fd = -1, .bytes = bytes, .size = bytes.size, .first_line = 1};
    unit.path = SLICE("logs/localhost_access_log.2026-03-02.txt");
    struct problem problem;
    fuzz_promise(decoder->decode(state, &unit, &sink, &problem) == STATUS_OK);
    buffer_done(&lines.text);
    *ret_covered = lines.covered;
    return lines.hash;
}

// Bytes of lines that must be in records or gaps.
static inline uint64_t fuzz_needed(struct slice bytes,
                                   bool (*silent)(struct slice line, uint64_t number)) {
    uint64_t needed = 0, number = 1;
    if (slice_starts(bytes, SLICE("\xEF\xBB\xBF")))
        bytes = slice_part(bytes, 3, bytes.size);
    for (; bytes.size; number++) {
        const uint8_t *feed = memchr(bytes.data, '\n', bytes.size);
        size_t size = feed ? (size_t)(feed - bytes.data) : bytes.size;
        size_t text = feed && size && bytes.data[size - 1] == '\r' ? size - 1 : size;
        if (!silent(slice_of(bytes.data, text), number))
            needed += text;
        bytes = slice_part(bytes, size + 1, bytes.size);
    }
    return needed;
}

static inline int fuzz_lines_run(const struct decoder *decoder, const uint8_t *data, size_t size,
                                 bool (*silent)(struct slice line, uint64_t number)) {
    struct slice bytes = slice_of(data, size);
    void *state = decoder->new_state(&(struct decode_options){0});
    uint64_t covered, again;
    uint64_t first = fuzz_read(decoder, state, bytes, &covered);
    uint64_t second = fuzz_read(decoder, state, bytes, &again);
    decoder->free_state(state);
    fuzz_promise(first == second && covered == again);
    fuzz_promise(covered >= fuzz_needed(bytes, silent) && covered <= size);
    decoder->recognise(bytes, SLICE("some/path.log"));
    return 0;
}

#endif
