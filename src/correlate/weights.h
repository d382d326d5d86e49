// Every constant of the correlation
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_WEIGHTS_H
#define CORRELATE_WEIGHTS_H

#include <stdint.h>

enum weight {
#define WEIGHT(id, value, reason) WEIGHT_##id = (value),
#include "correlate/weights.def"
#undef WEIGHT
};

#define SECOND_NS 1000000000ll

// 1,000 * log2(number), rounded down, for number >= 1; integers only, so that all machines agree.
int32_t millibits_of(uint64_t number);
// 1,000 * log2(of / part), at least 0.
int32_t millibits_of_ratio(uint64_t of, uint64_t part);

// What at most so many hosts of a fleet know is still somebody's own.
uint32_t weight_few_hosts(uint32_t fleet_hosts);

#endif
