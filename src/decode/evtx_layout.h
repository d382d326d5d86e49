// Which instances a record is made of, and its shape
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EVTX_LAYOUT_H
#define DECODE_EVTX_LAYOUT_H

#include "decode/evtx_program.h"

#include "base/arena.h"
#include "base/table.h"
#include "model/shape.h"

#include <stdint.h>

// A program, and what stands in its places for instances. Records of one layout have their
// values in the same banks, so the way from a record to its shape is one pointer: in a
// program, the layout of its last instance is tried first.
struct evtx_layout {
    const struct evtx_program *program;
    const struct shape *shape; // NULL until a record's root has this layout
    uint32_t number;
    uint32_t child_count;
    struct evtx_child {
        uint32_t index; // of the substitution
        struct evtx_layout *layout;
    } children[];
};

// Layouts live as long as the programs they name; shapes as long as the state. Two layouts
// have the same shape when their fields have the same paths and slots: literals (the computer
// name!) are no part of it.
struct evtx_layouts {
    struct arena *arena; // of the programs
    struct table table;
    struct evtx_layout *list[EVTX_LAYOUTS_MAX];
    uint32_t count;
    struct arena shape_arena;
    struct table shape_table;
    const struct shape **shapes; // SHAPES_MAX
    uint32_t shape_count;
    struct shape overflow;      // for records that come when no more shapes can be had
    struct shape_field *fields; // SHAPE_FIELDS_MAX, of the shape being made
    uint32_t field_count;
};

void evtx_layouts_init(struct evtx_layouts *layouts, struct arena *arena);
void evtx_layouts_done(struct evtx_layouts *layouts);

// The programs are about to be forgotten. Shapes stay.
void evtx_layouts_forget(struct evtx_layouts *layouts);

// NULL when there is no room for a new one.
struct evtx_layout *evtx_layout_find(struct evtx_layouts *layouts, struct evtx_program *program,
                                     const struct evtx_child *children, uint32_t child_count);

// The shape of records whose root has this layout; never NULL.
const struct shape *evtx_layout_shape(struct evtx_layouts *layouts, struct evtx_layout *layout);

#endif
