// Sizes of the EVTX format, and our ceilings
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EVTX_LIMITS_H
#define DECODE_EVTX_LIMITS_H

#include "model/shape.h"

// libyal/libevtx, "Windows XML Event Log (EVTX)", chapters 2 to 4.
enum {
    EVTX_FILE_HEADER_SIZE = 4096,
    EVTX_CHUNK_SIZE = 65536,
    EVTX_CHUNK_HEADER_SIZE = 512,
    EVTX_RECORD_HEADER_SIZE = 24, // magic, size, id, FILETIME
    EVTX_RECORD_SIZE_MIN = 28,    // header and the copy of the size
    EVTX_RECORD_MAGIC = 0x00002A2A,
    EVTX_CHUNK_FLAG_NO_CRC32 = 4,
    EVTX_DEFINITION_HEADER_SIZE = 24, // next, GUID, size
    EVTX_NAME_HEADER_SIZE = 8,        // next, hash, count
};

enum {
    // Beyond one of these ceilings all definitions (or programs, and with them layouts) are
    // forgotten before the next record and come back when they are met again. A year of one
    // host's logs holds about 500 templates; each host brings its own definitions of them, but
    // no programs.
    EVTX_DEFINITIONS_MAX = 16384,
    EVTX_DEFINITION_BYTES_MAX = 18 * 1024 * 1024,
    EVTX_PROGRAMS_MAX = 4096,
    EVTX_PROGRAM_BYTES_MAX = 16 * 1024 * 1024,
    EVTX_LAYOUTS_MAX = 16384,
    // Definitions lie beside each other in their chunk, so that this much is never needed; in a
    // crafted one they overlap, and each would be compiled.
    EVTX_CHUNK_COMPILE_BYTES_MAX = 8 * EVTX_CHUNK_SIZE,
    // A single definition is at most a chunk; what it unfolds to is bounded by its own.
    EVTX_PATH_SIZE_MAX = 4096,
    EVTX_PROGRAM_PATH_BYTES_MAX = 512 * 1024,
    // Element, attribute and data names; Windows' own providers use some 20,000.
    EVTX_NAMES_MAX = 65536,
    EVTX_NAME_BYTES_MAX = 8 * 1024 * 1024,
    // Shapes live as long as the state.
    EVTX_SHAPE_BYTES_MAX = 32 * 1024 * 1024,
    // One record: a bank pair for each template instance in it.
    EVTX_INSTANCES_MAX = EVENT_BANKS_MAX / 2,
    EVTX_NESTING_MAX = 8,   // instances inside instances
    EVTX_ELEMENTS_MAX = 32, // elements inside elements of one instance
    EVTX_VALUES_MAX = EVTX_CHUNK_SIZE,
    EVTX_WORDS_MAX = EVTX_CHUNK_SIZE, // a token is at least a byte
    EVTX_NAME_USES_MAX = EVTX_CHUNK_SIZE / 5,
    // Texts put together from pieces: a record's 64 KiB, as UTF-8, with room to spare.
    EVTX_SCRATCH_BYTES_MAX = 4 * 1024 * 1024,
};

#endif
