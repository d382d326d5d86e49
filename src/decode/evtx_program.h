// A template or fragment, compiled to fields
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EVTX_PROGRAM_H
#define DECODE_EVTX_PROGRAM_H

#include "decode/evtx_dictionary.h"
#include "decode/evtx_scan.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "model/shape.h"
#include "model/value.h"

#include <stdbool.h>
#include <stdint.h>

// What stands in one place of an element: a value, a nested instance, or either.
struct evtx_item {
    struct slice name; // as shape_field.name
    struct slice path; // as shape_field.path
    enum field_form form;
    enum evtx_item_source {
        EVTX_ITEM_SUBSTITUTION,
        EVTX_ITEM_LITERAL,
        EVTX_ITEM_COMPOSED, // index: which of the program's compositions
        EVTX_ITEM_NESTED,   // a substitution that is nothing but a place for an instance
    } source;
    uint16_t index;
    bool may_nest;   // a substitution as element content: an instance may stand here
    uint32_t parent; // number (evtx_dictionary) of the path that a nested instance continues
};

// A text made of literals and substitutions, put together for each record. In the samples no
// template has one.
struct evtx_composition {
    uint32_t piece_from; // into the program's pieces
    uint32_t piece_count;
};

struct evtx_piece {
    bool is_literal;
    uint16_t index;
};

// Compiled once from a structure, however many templates of however many hosts share it: what
// they differ in, their literals, is no part of it. Lives until the state forgets its programs.
struct evtx_program {
    uint32_t number; // dense since the programs were last forgotten
    const struct evtx_item *items;
    uint32_t item_count;
    uint32_t value_count; // highest substitution that is used, and one
    const struct evtx_composition *compositions;
    uint32_t composition_count;
    const struct evtx_piece *pieces;
    const uint32_t
        *nest_parents;          // by substitution: path number where an instance may stand, else 0
    struct evtx_layout *recent; // of the last record whose instance this was
    // What it was compiled from
    uint32_t parent; // number of the path that it continues
    const uint32_t *words;
    size_t word_count;
};

// Room to compile in; made once.
struct evtx_workshop {
    struct evtx_item *items;               // SHAPE_FIELDS_MAX
    uint32_t *siblings;                    // SHAPE_FIELDS_MAX
    struct evtx_piece *pieces;             // of the open elements, SHAPE_FIELDS_MAX
    struct evtx_piece *composed;           // of the compositions, SHAPE_FIELDS_MAX
    struct evtx_composition *compositions; // SHAPE_FIELDS_MAX
    struct buffer path;
};

void evtx_workshop_init(struct evtx_workshop *workshop);
void evtx_workshop_done(struct evtx_workshop *workshop);

// Compile what was scanned. `parent` is the number of the path that the element continues.
// Everything is copied to `arena`. NULL and a reason in *ret_reason when it cannot be done.
struct evtx_program *evtx_program_new(struct evtx_workshop *workshop, const struct evtx_scan *scan,
                                      uint32_t parent, struct arena *arena,
                                      const char **ret_reason);

// A value for each composition, behind the record's substitutions:
//
//     row:  substitution 0, 1, ... value_count-1, composition 0, 1, ...
//
// False when scratch is full.
bool evtx_program_compose(const struct evtx_program *program, const struct value *literals,
                          struct value *row, struct arena *scratch);

#endif
