// How often a literal is met: a guess
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_PLAN_WEIGHT_H
#define MATCH_PLAN_WEIGHT_H

#include "base/slice.h"
#include "match/compiled.h"

#include <stdint.h>

enum {
    WEIGHT_MAX = 1000000
};

// How many of a million values have this folded literal where `form` says, 1 to WEIGHT_MAX.
// Only speed hangs on it, never a result.
uint32_t weight_of(enum compiled_form form, struct slice literal);

// How rare the four (or fewer) bytes of a gram are: the higher, the rarer.
uint32_t weight_gram_rarity(struct slice gram);

#endif
