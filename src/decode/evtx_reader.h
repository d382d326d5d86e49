// Chunks of an event log file: reading, resync, recovery
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EVTX_READER_H
#define DECODE_EVTX_READER_H

#include "decode/evtx_instance.h"

#include "model/decoder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One worker's reader.
struct evtx_reader {
    struct evtx_instances instances;
    uint8_t *buffer; // EVTX_CHUNK_SIZE
    bool recover;
    // The unit at hand
    const struct unit *unit;
    const struct event_sink *sink;
    uint64_t base; // offset of the chunk in the source
    bool damaged;  // a checksum of the chunk differs
    struct event event;
    // Ids of the chunk's records, while recovering: open addressing, 0 is free
    uint64_t *seen; // EVTX_SEEN_SLOTS
};

enum {
    EVTX_SEEN_SLOTS = 8192 // a power of two; a chunk has room for 2,340 records
};

struct evtx_reader *evtx_reader_new(bool recover);
void evtx_reader_free(struct evtx_reader *reader);

// Read the chunk at `base` of reader->unit. False when the source ends before it.
bool evtx_reader_chunk(struct evtx_reader *reader, uint64_t base);

#endif
