// From a record's BinXML to banks of values
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EVTX_INSTANCE_H
#define DECODE_EVTX_INSTANCE_H

#include "decode/evtx_definition.h"
#include "decode/evtx_layout.h"
#include "decode/evtx_dictionary.h"
#include "decode/evtx_program.h"

#include "base/arena.h"
#include "base/table.h"
#include "model/event.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    EVTX_DEFINITION_SLOTS = 512 // a power of two
};

// Everything between a chunk's bytes and an event's banks. One for each decoder state.
struct evtx_instances {
    struct evtx_dictionary names;
    struct arena program_arena;
    struct table program_table;
    struct evtx_program *programs[EVTX_PROGRAMS_MAX];
    uint32_t program_count;
    struct evtx_definitions definitions;
    struct evtx_layouts layouts;
    // Which definition lies at an offset of this chunk, by (offset, parent).
    struct evtx_definition_slot {
        uint32_t generation; // names.generation
        uint32_t offset;
        uint32_t parent;
        struct evtx_definition *definition;
    } slots[EVTX_DEFINITION_SLOTS];
    // The record at hand
    struct event *event;
    struct slice chunk; // offsets in BinXML count from its start
    struct arena scratch;
    struct value *values; // EVTX_VALUES_MAX: rows of all its instances, one behind the other
    size_t value_count;
    uint32_t instance_count;
    const char *nested_reason; // why a nested instance was left out, or NULL
    // Compiling
    size_t compile_bytes; // of definitions read since the chunk began
    struct evtx_workshop workshop;
    uint32_t *words; // EVTX_WORDS_MAX
    struct evtx_name_use *name_uses;
};

void evtx_instances_init(struct evtx_instances *instances);
void evtx_instances_done(struct evtx_instances *instances);

// A new chunk: what was learned of the last one's offsets no longer holds.
void evtx_instances_begin_chunk(struct evtx_instances *instances, struct slice chunk);

// Read the BinXML in [from, end) of the chunk: fills event's banks and shape. NULL when it was
// read, else the reason why the record is lost. The banks hold until the next call. A nested
// instance that cannot be read is left out, and `nested_reason` says why.
const char *evtx_instances_read(struct evtx_instances *instances, uint32_t from, uint32_t end,
                                struct event *event);

#endif
