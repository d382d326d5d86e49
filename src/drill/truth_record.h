// What the truth keeps while an attack is made
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_TRUTH_RECORD_H
#define DRILL_TRUTH_RECORD_H

#include "base/intern.h"
#include "drill/truth.h"

struct truth_campaign {
    uint8_t *states;   // enum truth_state, by host
    uint32_t *parents; // by host
    uint32_t entry;
    uint32_t variants[SCENARIO_VARIANTS_MAX]; // interned
    size_t variant_count;
    struct {
        enum truth_thing thing;
        uint32_t text;
    } * things; // in order of first sight
    size_t thing_count, thing_capacity;
};

struct truth {
    const struct scenario *scenario;
    const struct organisation *organisation;
    struct truth_campaign campaigns[SCENARIO_CAMPAIGNS_MAX];
    struct interner texts;
    struct truth_step *steps; // by the number that deeds carry
    size_t step_count, step_capacity;
};

#endif
