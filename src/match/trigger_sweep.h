// Pieces of literals looked for in a whole line
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_TRIGGER_SWEEP_H
#define MATCH_TRIGGER_SWEEP_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

// Private to trigger_*.c. A line of text is swept once, as it lies, before anybody asks which
// values it has: most lines hold no piece of any literal, and then no value of theirs is looked at.

struct sweep_piece;

// A place where a piece stands.
struct sweep_hit {
    const struct sweep_piece *piece;
    uint32_t start;
};

enum {
    SWEEP_HITS_MAX = 8
};

struct sweep_hits {
    struct sweep_hit at[SWEEP_HITS_MAX];
    uint32_t count;
};

struct sweep; // trigger_sweep_keys.h

// Every place of the line where a piece stands. False when the line has bytes beyond ASCII or too
// many hits: it says nothing then. Needs AVX2. Pure.
bool sweep_line(const struct sweep *sweep, struct slice line, struct sweep_hits *ret_hits);

#endif
