// Random numbers from a seed
// SPDX-License-Identifier: Apache-2.0
#include "drill/dice.h"

#include <assert.h>

// splitmix64: spreads a seed that may be small over the whole state.
static uint64_t spread(uint64_t *seed) {
    uint64_t mixed = *seed += 0x9E3779B97F4A7C15ull;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9ull;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBull;
    return mixed ^ mixed >> 31;
}

void dice_init(struct dice *dice, uint64_t seed, uint64_t stream) {
    uint64_t start = spread(&seed) ^ stream * 0xD1342543DE82EF95ull;
    for (int i = 0; i < 4; i++)
        dice->state[i] = spread(&start);
}

void dice_table_init(struct dice_table *table, const uint32_t *weights, size_t count) {
    uint64_t total = 0, before = 0;
    for (size_t i = 0; i < count; i++)
        total += weights[i];
    assert(total > 0 && count > 0 && count <= DICE_PICKS);
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        before += weights[i];
        size_t until = (size_t)(before * DICE_PICKS / total);
        while (filled < until)
            table->picks[filled++] = (uint16_t)i;
    }
    assert(filled == DICE_PICKS);
}
