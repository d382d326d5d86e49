// The lines of a unit, wherever its bytes are
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_UNIT_LINES_H
#define DECODE_UNIT_LINES_H

#include "base/slice.h"
#include "base/status.h"
#include "model/decoder.h"
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
    const struct event_sink *sink;
    bool zeros;         // there are some in the unit
    struct slice bytes; // of the unit
    size_t at;          // of the next line in `bytes`
    uint64_t number;    // of the next line
    uint64_t join_work; // bytes of the lines that were joined
    uint8_t *piece;     // a unit that came as a file
    size_t piece_capacity;
};

void unit_lines_init(struct unit_lines *lines);
void unit_lines_done(struct unit_lines *lines);

// Begin a unit, which must outlive its lines, as must the sink of their gaps. STATUS_LIMIT for a
// unit over 64 MiB.
enum status unit_lines_begin(struct unit_lines *lines, const struct unit *unit,
                             const struct event_sink *sink, struct problem *problem);

// The next line; false at the unit's end. Empty lines are given too. A line that holds a run of
// zero bytes is none: what stands before and behind the zeros are halves of two lines with others
// lost between them. It is passed over, and gaps tell the zeros and the halves.
bool unit_lines_next(struct unit_lines *lines, struct text_line *ret_line);

// The gaps of such a line; false when it holds no run of zeros. Blocks of a disk that were never
// written, or were wiped, read as zeros.
bool line_zeros_tell(const struct event_sink *sink, const struct unit *unit,
                     const struct text_line *line);

// Whether the line that was given last is the source's last and has no line end: the source may
// have been cut off in it.
bool unit_lines_at_cut(const struct unit_lines *lines);

// Make the line that was given last reach over the line after it as well (a quoted value with a
// line end in it). False at the unit's end, before a line with a run of zeros, for a line over
// 1 MiB, and when the unit's joins have cost too much already: quotes that never close must not
// cost the square of a unit.
bool unit_lines_join(struct unit_lines *lines, struct text_line *line);

// Go back to behind `line`: undoes joins that led nowhere.
void unit_lines_rewind(struct unit_lines *lines, const struct text_line *line);

// Walks the lines of any text, such as unit->header. *rest starts as the whole.
bool text_next_line(struct slice *rest, struct slice *ret_line);

#endif
