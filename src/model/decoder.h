// The contract of every evidence format
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_DECODER_H
#define MODEL_DECODER_H

#include "base/option.h"
#include "base/slice.h"
#include "base/status.h"
#include "model/event.h"
#include "model/gap.h"
#include "model/unit.h"

#include <stdbool.h>
#include <stdint.h>

// Where a decoder puts what it reads. Called on the worker's thread, in record order within a
// unit. The event and all it points at are valid until `event` returns; a shape until the
// decoder state is freed. An event whose shape->format is NULL is a record of no known shape:
// counted, not matched.
struct event_sink {
    void *context;
    void (*event)(void *context, struct event *event);
    void (*gap)(void *context, const struct gap *gap);
};

struct decode_options {
    bool recover; // also read records in slack and free space
    // No record is later than this: when the evidence was taken, or now. Formats that write no
    // year get theirs from it (syslog). 0: not known, such records have no time.
    int64_t latest_ns;
    bool sha256_only; // of files: neither SHA-1 nor MD5
};

// How a source is cut into units.
enum division {
    DIVISION_CHUNKS, // one header of `division_header` bytes, then blocks of `division_block`
    DIVISION_LINES,  // at line ends
    DIVISION_FILE,   // not at all: one unit, of any size, which the decoder reads piece by piece
};

// One evidence format: one file, one line in decoders.def. A state belongs to one worker and
// holds the shapes and caches it has made (each with a ceiling); states share nothing, so that
// no lock is needed and results do not depend on which worker read what.
struct decoder {
    const char *name;    // "evtx"
    const char *summary; // one line for --help
    enum division division;
    uint32_t division_header;
    uint32_t division_block;
    // DIVISION_LINES: units carry the header in force (unit.h), for formats whose columns are
    // named above the records.
    bool headed;
    // DIVISION_LINES: a record may hold line ends between double quotes. Units then end where
    // the quotes are even, if there is such a place in the unit's last 64 KiB.
    bool quoted;
    // DIVISION_LINES: a record is several lines, of which the first begins so ("lease "). Units
    // then end above such a line, if there is one in the unit's last 64 KiB. NULL: none.
    const char *record_start;
    // How sure the decoder is that the source is its own, 0 to 100, from the first bytes (at
    // most 64 KiB) and the path.
    int (*recognise)(struct slice first, struct slice path);
    void *(*new_state)(const struct decode_options *options);
    // Read one unit. Broken evidence goes to sink->gap and reading goes on; a status other
    // than OK means the machine or a limit stopped it.
    enum status (*decode)(void *state, const struct unit *unit, const struct event_sink *sink,
                          struct problem *problem);
    void (*free_state)(void *state);
};

#endif
