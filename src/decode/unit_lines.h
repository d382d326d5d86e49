// The lines of a unit, wherever its bytes are
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_UNIT_LINES_H
#define DECODE_UNIT_LINES_H

#include "base/slice.h"
#include "base/status.h"
#include "model/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One line without its end ("\n", "\r\n") and, at the start of a source, without a byte order
// mark. `offset` is its first byte in the source, `number` counts from 1.
struct text_line {
    struct slice text;
    uint64_t offset;
    uint64_t number;
};

// Belongs to a decoder state and is used again for every unit. Not thread-safe.
struct unit_lines {
    const struct unit *unit;
    struct slice bytes; // of the unit
    size_t at;          // of the next line in `bytes`
    uint64_t number;    // of the next line
    uint64_t join_work; // bytes of the lines that were joined
    uint8_t *piece;     // a unit that came as a file
    size_t piece_capacity;
};

void unit_lines_init(struct unit_lines *lines);
void unit_lines_done(struct unit_lines *lines);

// Begin a unit, which must outlive its lines. STATUS_LIMIT for a unit over 64 MiB.
enum status unit_lines_begin(struct unit_lines *lines, const struct unit *unit,
                             struct problem *problem);

// The next line; false at the unit's end. Empty lines are given too.
bool unit_lines_next(struct unit_lines *lines, struct text_line *ret_line);

// Make the line that was given last reach over the line after it as well (a quoted value with a
// line end in it). False at the unit's end, for a line over 1 MiB, and when the unit's joins have
// cost too much already: quotes that never close must not cost the square of a unit.
bool unit_lines_join(struct unit_lines *lines, struct text_line *line);

// Go back to behind `line`: undoes joins that led nowhere.
void unit_lines_rewind(struct unit_lines *lines, const struct text_line *line);

// Walks the lines of any text, such as unit->header. *rest starts as the whole.
bool text_next_line(struct slice *rest, struct slice *ret_line);

#endif
