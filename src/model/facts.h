// What some rooms know and others ask
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include "model/exchange_build.h"

#include <stdbool.h>
#include <stddef.h>

// Filled by the rooms that know (inventory), handed down by the pipeline to those that judge:
// rooms of one rank do not call each other. Static and immutable.
struct facts {
    // Which release a build is: the row of the table, or with is_exact false the nearest before
    // it of the same product line (15.0, 15.1, 15.2). False when the line is unknown or begins
    // later. Of a CU and an SU of one build the SU is given.
    bool (*exchange_build_find)(const struct exchange_build *build,
                                struct exchange_release *ret_release);
    // Tells the updates that this build lacks, oldest first; returns how many. 0 and nothing
    // told for a build that exchange_build_find does not know.
    size_t (*exchange_build_missing)(const struct exchange_build *build,
                                     enum exchange_build_origin origin,
                                     exchange_missing_found *found, void *context);
    // Exploited vulnerabilities that no build decides: a setting does, or the product is older
    // than the table.
    const struct exchange_vulnerability *exchange_unsettled;
    size_t exchange_unsettled_count;
};

#endif
