// What the truth keeps while an attack is made
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_TRUTH_RECORD_H
#define DRILL_TRUTH_RECORD_H

#include "base/buffer.h"
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
    const struct deed *deeds; // of the attack
    uint32_t *by_serial;      // their numbers, sorted by serial
    size_t deed_count;
};

// NULL: it is not known.
const struct deed *truth_find_deed(const struct truth *truth, uint64_t serial);

// {"kind":...}: what records of the deed may show.
void truth_put_deed(struct buffer *text, const struct organisation *organisation,
                    const struct deed *deed);

#endif
