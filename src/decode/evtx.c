// Windows event log files
// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"
#include "decode/evtx_reader.h"

#include "base/text.h"

// The reader in the order a byte takes: evtx_reader (blocks, records), evtx_instance (a record's
// values), evtx_program and evtx_scan (templates, once), evtx_layout (shapes, once).

static int evtx_recognise(struct slice first, struct slice path) {
    if (slice_starts(first, SLICE("ElfFile\0")))
        return 100;
    if (slice_starts(slice_part(first, EVTX_FILE_HEADER_SIZE, 8), SLICE("ElfChnk\0")))
        return 95;
    struct slice end = path.size > 5 ? slice_part(path, path.size - 5, 5) : path;
    return first.size && text_equal_fold_ascii(end, SLICE(".evtx")) ? 40 : 0;
}

static void *evtx_new_state(const struct decode_options *options) {
    return evtx_reader_new(options && options->recover);
}

static void evtx_free_state(void *state) {
    evtx_reader_free(state);
}

static enum status evtx_decode(void *state, const struct unit *unit, const struct event_sink *sink,
                               struct problem *problem) {
    (void)problem; // broken evidence is a gap, and nothing else can go wrong
    struct evtx_reader *reader = state;
    reader->unit = unit;
    reader->sink = sink;
    // Blocks stand on a grid behind the file header, whatever piece of it this unit is.
    uint64_t base = EVTX_FILE_HEADER_SIZE;
    if (unit->offset > base)
        base += (unit->offset - base + EVTX_CHUNK_SIZE - 1) / EVTX_CHUNK_SIZE * EVTX_CHUNK_SIZE;
    uint64_t end = unit->offset + unit->size;
    for (; base < end; base += EVTX_CHUNK_SIZE)
        if (!evtx_reader_chunk(reader, base))
            break;
    if (base < end) {
        struct gap gap = {.source = unit->source,
                          .offset = base,
                          .bytes = end - base,
                          .reason = "file became shorter while it was read"};
        sink->gap(sink->context, &gap);
    }
    return STATUS_OK;
}

const struct decoder decoder_evtx = {
    .name = "evtx",
    .summary = "Windows event log files (.evtx)",
    .division = DIVISION_CHUNKS,
    .division_header = EVTX_FILE_HEADER_SIZE,
    .division_block = EVTX_CHUNK_SIZE,
    .recognise = evtx_recognise,
    .new_state = evtx_new_state,
    .decode = evtx_decode,
    .free_state = evtx_free_state,
};
