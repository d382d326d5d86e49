// Which logs there are, which are missing, what to ask for
// SPDX-License-Identifier: Apache-2.0
#include "model/evidence_coverage.h"

#include <assert.h>

const char *coverage_state_name(enum coverage_state state) {
    static const char *const NAMES[] = {
        [COVERAGE_PRESENT] = "present", [COVERAGE_HOLES] = "holes",
        [COVERAGE_SHORT] = "too short", [COVERAGE_CLEARED] = "cleared",
        [COVERAGE_MISSING] = "missing",
    };
    assert(state < COVERAGE_STATE_COUNT);
    return NAMES[state];
}
