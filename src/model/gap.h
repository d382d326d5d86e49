// What could not be read, and why
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_GAP_H
#define MODEL_GAP_H

#include <stdint.h>

// Broken evidence is counted and reported, never silent: file, offset, bytes lost, reason.
// `reason` is static text of the decoder or the intake ("chunk data checksum differs");
// equal reasons of one source are counted together.
struct gap {
    uint32_t source;
    uint64_t offset;
    uint64_t bytes;   // 0: nothing lost, only suspicious
    uint64_t records; // records known to be lost; 0 when unknown
    const char *reason;
};

// Gaps of one source with one reason, counted together.
struct gap_sum {
    uint32_t source;
    const char *reason;
    uint64_t count;
    uint64_t bytes;
    uint64_t records;
    uint64_t offset; // of the first
};

#endif
