// Who is believed to have made bare sessions
// SPDX-License-Identifier: Apache-2.0
#include "detect/suspect.h"

#include "base/memory.h"

#define DAY_NS (86400 * 1000000000ll)
#define SUSPECT_NS (7 * DAY_NS) // for how long a host that moved is believed to go on

void suspects_judge(struct movement *movement) {
    int64_t *since = memory_new(movement->names.count + 1, sizeof *since);
    int64_t *until = memory_new(movement->names.count + 1, sizeof *until);
    for (uint32_t i = 0; i < movement->names.count; i++) {
        since[i] = INT64_MAX;
        until[i] = INT64_MIN;
    }
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        const struct movement_pair *pair = &movement->pairs[i];
        if (pair->score < POINTS_HIGH || pair->first_ns == INT64_MAX)
            continue;
        if (pair->first_ns < since[pair->from])
            since[pair->from] = pair->first_ns;
        if (pair->last_ns > until[pair->from])
            until[pair->from] = pair->last_ns;
    }
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        struct movement_pair *pair = &movement->pairs[i];
        if (pair->score > 0 && pair->score < POINTS_MEDIUM && !(pair->signs & MOVEMENT_SEEN) &&
            pair->first_ns >= since[pair->from] - (since[pair->from] == INT64_MAX ? 0 : DAY_NS) &&
            pair->first_ns <= until[pair->from] + SUSPECT_NS)
            pair->score = POINTS_MEDIUM;
    }
    memory_free(since);
    memory_free(until);
}

bool *quiet_hosts_find(const struct movement *movement) {
    bool *quiet = memory_new((size_t)movement->names.count + 1, sizeof *quiet);
    for (uint32_t i = 0; i < movement->names.count; i++)
        quiet[i] = movement->hosts[i].recurrent == 0;
    int64_t known_ns = movement->first_ns + BASELINE_DAYS * DAY_NS;
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        const struct movement_pair *pair = &movement->pairs[i];
        if (!movement_is_popular(movement, pair->to) &&
            (pair->first_ns < known_ns || pair->active_days > NOVEL_DAYS_MAX))
            quiet[pair->from] = false;
    }
    return quiet;
}
