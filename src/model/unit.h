// A piece of one source, as handed to a worker
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_UNIT_H
#define MODEL_UNIT_H

#include "base/slice.h"

#include <stdint.h>

// A work unit: about 1 MiB of whole chunks or whole lines. Either `fd` is open and the
// decoder reads what it needs with unit_read (a plain file: unused tails are never read), or
// `bytes` holds the piece (archives, standard input, text). Units never share mutable state.
struct unit {
    uint32_t source; // index into the run's list of sources
    int fd;          // -1: use bytes
    uint64_t offset; // of the piece in the source
    uint64_t size;
    struct slice bytes;  // the piece, when fd is -1
    uint64_t first_line; // from 1; number of the first line in text, else 0
    // Text of a headed decoder, and not the source's first unit: the header in force. That is
    // the source's first line (when it is at most 64 KiB, and once when it is part of what
    // follows), and of the runs of lines that begin with '#' above the unit the last one that
    // names fields ("#Fields:", "#fields"), each line with its end, without a byte order mark.
    // Else empty: headers then stand in the unit itself.
    struct slice header;
    uint64_t source_size; // as seen when the source was divided; may have changed since
    struct slice path;    // of the source, as given and found; lives as long as the run
};

// Copy up to `size` bytes at `offset` (absolute in the source) to `to`; returns how many there
// were: fewer when the unit or a file that shrank ends before. Never reads outside the unit.
// Interrupted reads are resumed; a read error gives what came before it.
size_t unit_read(const struct unit *unit, uint64_t offset, size_t size, uint8_t *to);

#endif
