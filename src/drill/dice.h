// Random numbers from a seed
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_DICE_H
#define DRILL_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// xoshiro256** 1.0 (Blackman and Vigna, public domain). The same seed and stream give the same
// numbers on every machine.
struct dice {
    uint64_t state[4];
};

// Streams of one seed (a host each) are independent of one another.
void dice_init(struct dice *dice, uint64_t seed, uint64_t stream);

static inline uint64_t dice_roll(struct dice *dice) {
    uint64_t *state = dice->state;
    uint64_t product = state[1] * 5;
    uint64_t result = (product << 7 | product >> 57) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = state[3] << 45 | state[3] >> 19;
    return result;
}

// 0 to bound - 1; 0 when bound is 0.
static inline uint32_t dice_below(struct dice *dice, uint32_t bound) {
    return (uint32_t)(((dice_roll(dice) >> 32) * bound) >> 32);
}

// True once in `odds` rolls on average.
static inline bool dice_one_in(struct dice *dice, uint32_t odds) {
    return dice_below(dice, odds) == 0;
}

// A row of weights as a table for one roll: pick[i] occurs in proportion to its weight.
enum {
    DICE_PICKS = 4096
};
struct dice_table {
    uint16_t picks[DICE_PICKS];
};

// `weights` must not all be 0; at most DICE_PICKS of them.
void dice_table_init(struct dice_table *table, const uint32_t *weights, size_t count);

static inline size_t dice_pick(struct dice *dice, const struct dice_table *table) {
    return table->picks[dice_below(dice, DICE_PICKS)];
}

#endif
