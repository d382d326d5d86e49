// How often a literal is met: a guess
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_PLAN_WEIGHT_H
#define MATCH_PLAN_WEIGHT_H

#include "base/slice.h"
#include "match/compiled.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WEIGHT_MAX = 1000000
};

// Which grams of four (a bit per hash) and pairs ordinary events are full of. Immutable once
// made.
struct weigher {
    uint64_t common[1024];
    uint64_t pairs[1024];
};

void weigher_init(struct weigher *weigher);

// How many of a million values have this folded literal where `form` says, 1 to WEIGHT_MAX.
// Only speed hangs on it, never a result.
uint32_t weight_of(const struct weigher *weigher, enum compiled_form form, struct slice literal);

// How rare a few bytes are by themselves: the higher, the rarer.
uint32_t weight_rarity(struct slice bytes);

// Whether ordinary events are full of it.
bool weight_is_common(struct slice bytes);

// Where in a folded literal of at least COMPILED_GRAM_SIZE bytes its rarest gram starts.
size_t weight_rarest_gram(const struct weigher *weigher, struct slice literal);

// Changes when the guesses do: part of what an image is checked by.
uint64_t weight_probe(void);

#endif
