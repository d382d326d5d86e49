// One 64 KiB chunk of an event log
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVTX_BLOCK_H
#define DRILL_EVTX_BLOCK_H

#include "drill/evtx_template.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    EVTX_CHUNK_SIZE = 65536,
    EVTX_CHUNK_ROOM = EVTX_CHUNK_SIZE - 8, // Windows never fills the last bytes; libevtx drops
                                           // the last record of a chunk that is full to the brim
    EVTX_CHUNK_HEADER_SIZE = 512,
    EVTX_CHUNK_STRINGS = 64,
    EVTX_CHUNK_TEMPLATES = 32
};

// Bytes 0..511 header, then records. What a chunk knows about names and templates is undone
// through a journal: to the start of a record that did not fit, or wholly for the next chunk.
//
// Invariants: used <= EVTX_CHUNK_ROOM; once `full`, puts write nothing until a rollback.
struct evtx_chunk {
    uint8_t *bytes;
    uint32_t used;
    bool full;
    uint32_t strings[EVTX_CHUNK_STRINGS];     // offset of the newest name of each hash bucket
    uint32_t templates[EVTX_CHUNK_TEMPLATES]; // likewise of definitions
    uint32_t *name_offsets;                   // by name; 0: not in this chunk
    uint32_t *template_offsets;               // by the writer's number of a template
    struct evtx_chunk_change {
        uint32_t *slot;
        uint32_t before;
    } * changes;
    size_t change_count;
    size_t change_capacity;
    const struct evtx_names *names;
    uint64_t first_record, last_record;
    uint32_t last_record_offset;
};

void evtx_chunk_init(struct evtx_chunk *chunk, const struct evtx_names *names,
                     size_t template_count);
void evtx_chunk_done(struct evtx_chunk *chunk);

// An empty chunk.
void evtx_chunk_reset(struct evtx_chunk *chunk);

// Back to `used` bytes and `change_count` changes, as they were before a record.
void evtx_chunk_roll_back(struct evtx_chunk *chunk, uint32_t used, size_t change_count);

// Room for `size` bytes, counted as used; NULL (and `full`) when there is none.
uint8_t *evtx_chunk_take(struct evtx_chunk *chunk, size_t size);

// A template instance up to its substitutions: token, identifier, offset and, at the first
// use in this chunk, the definition.
void evtx_chunk_put_instance(struct evtx_chunk *chunk, const struct evtx_definition *definition);

// Headers, tables, checksums; zeroes the rest. The chunk's bytes are then what goes to disk.
void evtx_chunk_seal(struct evtx_chunk *chunk);

#endif
