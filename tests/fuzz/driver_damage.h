// Seeded damage to any bytes
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_FUZZ_DRIVER_DAMAGE_H
#define TESTS_FUZZ_DRIVER_DAMAGE_H

#include "base/buffer.h"

#include <stdint.h>

enum {
    DAMAGE_BYTES_MAX = 256 * 1024, // a mutant is no larger, or as large as its original
};

// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same everywhere.
uint64_t damage_random(uint64_t *state);
size_t damage_below(uint64_t *state, size_t ceiling); // 0 when the ceiling is 0

// One damage to `input`: bits, bytes, numbers that parsers trip over, blocks taken out, written
// again or swapped, the end cut off, a piece of `other`; and when the input is text, its tokens,
// lines and decimal numbers as well. Mostly small, at times large.
void damage_once(struct buffer *input, struct slice other, uint64_t *state);

#endif
