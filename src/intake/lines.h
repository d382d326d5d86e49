// Text cut into units at line ends
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_LINES_H
#define INTAKE_LINES_H

#include "base/slice.h"
#include "intake/header_lines.h"
#include "intake/intake.h"
#include "intake/stream.h"

#include <stdbool.h>

enum {
    UNIT_BYTES = 1 << 20,           // the usual unit
    UNIT_LINE_BYTES_MAX = 64 << 20, // a longer line is a gap
    QUOTE_LOOK_BYTES = 64 << 10,    // of a unit's end, for a place where quotes are even
};

// How many line feeds `bytes` holds.
uint64_t lines_count(struct slice bytes);

// How many line feeds and double quotes `lines` holds, in one pass; the lines in it that begin
// with '#' are told to `headers` (may be NULL). `lines` begins with a line, at `offset` of the
// source.
struct lines_tally {
    uint64_t feeds;
    uint64_t quotes;
};
struct lines_tally lines_tally(struct slice lines, uint64_t offset, struct header_lines *headers);

// One source on its way through division. What was read beyond a unit's end waits in `carry`.
struct cutter {
    struct stream stream;
    uint32_t source;
    uint64_t source_size; // UINT64_MAX while unknown
    uint64_t offset;      // of the next unit
    uint64_t position;    // bytes taken from the stream
    uint64_t line;        // number of its first line
    uint64_t skip;        // bytes still to be left out (a header before blocks)
    size_t block_bytes;   // 0: lines
    bool headed;          // see model/decoder.h
    bool quoted;
    const char *record_start;
    struct header_lines headers; // of a headed one
    uint8_t *carry;
    size_t carry_size, carry_capacity;
    bool ended;
    bool broken; // ended by damage
};

// `first` are the bytes already taken from the stream (for recognition); copied.
void cutter_init(struct cutter *cutter, uint32_t source, struct stream stream, struct slice first);
void cutter_done(struct cutter *cutter);

// The stream has ended in damage behind what was taken from it.
void cutter_end(struct cutter *cutter, const char *damage, const struct gap_sink *gaps);

// Fill `buffer` and `ret_unit` with the next unit; false at the end. Every byte of the source
// is in exactly one unit, in the header left out, or in a gap.
bool cutter_next_lines(struct cutter *cutter, struct unit_buffer *buffer, struct unit *ret_unit,
                       const struct gap_sink *gaps);
bool cutter_next_blocks(struct cutter *cutter, struct unit_buffer *buffer, struct unit *ret_unit,
                        const struct gap_sink *gaps);

// The whole source as one unit: in memory when it is short, else in a file without a name in
// `spool_directory`. False at the end, and when there is no room for it (a gap says so).
bool cutter_next_whole(struct cutter *cutter, const char *spool_directory,
                       struct unit_buffer *buffer, struct unit *ret_unit,
                       const struct gap_sink *gaps);

// Up to `size` bytes: first what waits, then the stream.
size_t cutter_read(struct cutter *cutter, uint8_t *to, size_t size, const struct gap_sink *gaps);

// Room for `size` bytes in the unit; what is there stays.
void unit_buffer_grow(struct unit_buffer *buffer, size_t size);

#endif
