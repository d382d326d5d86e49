// The deeds of a scenario's campaigns
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_ATTACK_H
#define DRILL_ATTACK_H

#include "base/arena.h"
#include "drill/deed.h"
#include "drill/organisation.h"
#include "drill/scenario.h"
#include "drill/truth.h"

// A row of deeds in time order.
//
// Attack: all deeds of all campaigns (attack.h). At most ATTACK_DEEDS_MAX.
enum {
    ATTACK_DEEDS_MAX = 400 * 1000
};
struct attack_script {
    struct arena arena;
    struct deed *deeds; // by time, then serial
    size_t count, capacity;
    uint32_t *of_host; // the deeds that concern host i: of_host[first[i]] to of_host[first[i + 1]]
    size_t *first;
};

struct attack_options {
    const struct scenario *scenario;
    const struct organisation *organisation;
    struct truth *truth;
    uint32_t victims;                    // of waves in all, pilots included; 0: min(276, half)
    const struct scenario_words *wanted; // variants asked for, or NULL
};

// All deeds, sorted. STATUS_LIMIT when there are more than ATTACK_DEEDS_MAX. Done with
// attack_script_done, also after failure.
enum status attack_make(const struct attack_options *options, struct attack_script *ret_script,
                        struct problem *problem);
void attack_script_done(struct attack_script *script);

#endif
