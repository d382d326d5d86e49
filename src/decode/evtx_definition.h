// Template definitions, known again in later chunks
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EVTX_DEFINITION_H
#define DECODE_EVTX_DEFINITION_H

#include "decode/evtx_program.h"

#include "base/arena.h"
#include "base/slice.h"
#include "base/table.h"
#include "model/value.h"

#include <stdint.h>

// One definition as some chunk held it. Each host has its own, because the computer name is a
// literal; their program is one.
struct evtx_definition {
    struct evtx_program *program;
    const struct value *literals; // the bank that all its records share
    uint32_t literal_count;
    uint64_t serial; // never given again
    // What it is known by
    uint32_t parent;
    uint8_t guid[16];
    struct slice body;
    const struct evtx_name_use *name_uses;
    size_t name_use_count;
};

// Where one lies in the chunk at hand.
struct evtx_definition_key {
    struct evtx_dictionary *names;
    struct slice chunk;
    uint32_t body; // offset
    uint32_t size;
    uint32_t parent;
    const uint8_t *guid;
};

struct evtx_definitions {
    struct arena arena;
    struct table table;
    struct evtx_definition *list[EVTX_DEFINITIONS_MAX];
    uint32_t count;
    uint64_t serial; // of the newest
};

void evtx_definitions_init(struct evtx_definitions *definitions);
void evtx_definitions_done(struct evtx_definitions *definitions);
void evtx_definitions_forget(struct evtx_definitions *definitions);

// True when room may run out within the next record.
bool evtx_definitions_are_full(const struct evtx_definitions *definitions);

// NULL when it was not seen before.
struct evtx_definition *evtx_definition_find(const struct evtx_definitions *definitions,
                                             const struct evtx_definition_key *key);

// Keep a definition, as it was scanned. NULL when there is no room.
struct evtx_definition *evtx_definition_add(struct evtx_definitions *definitions,
                                            const struct evtx_definition_key *key,
                                            const struct evtx_scan *scan,
                                            struct evtx_program *program);

#endif
