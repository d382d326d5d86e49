// Who is believed to have made bare sessions
// SPDX-License-Identifier: Apache-2.0
#include "detect/suspect.h"

#include "base/memory.h"

#define DAY_NS (86400 * 1000000000ll)
#define SUSPECT_NS (7 * DAY_NS) // for how long a host that moved is believed to go on

// By host: from when to when it moved to others, as far as is sure, and whether something better
// than a bare session shows how it was reached before.
struct suspects {
    int64_t *since, *until; // INT64_MAX, INT64_MIN: it did not
    bool *reached;
};

static void suspects_find(struct suspects *suspects, const struct movement *movement) {
    for (uint32_t i = 0; i < movement->names.count; i++) {
        suspects->since[i] = INT64_MAX;
        suspects->until[i] = INT64_MIN;
    }
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        const struct movement_pair *pair = &movement->pairs[i];
        if (pair->score < POINTS_HIGH || pair->first_ns == INT64_MAX)
            continue;
        if (pair->first_ns < suspects->since[pair->from])
            suspects->since[pair->from] = pair->first_ns;
        if (pair->last_ns > suspects->until[pair->from])
            suspects->until[pair->from] = pair->last_ns;
    }
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        const struct movement_pair *pair = &movement->pairs[i];
        if (pair->score >= POINTS_MEDIUM && pair->first_ns <= suspects->since[pair->to])
            suspects->reached[pair->to] = true;
    }
}

static bool is_soon_before(int64_t time_ns, int64_t since_ns) {
    return since_ns != INT64_MAX && time_ns <= since_ns && since_ns - time_ns <= SUSPECT_NS;
}

// Its source moved to others at the time; or its target soon did, which nothing else had reached.
static bool session_is_suspect(const struct suspects *suspects, const struct movement_pair *pair,
                               bool source_is_quiet) {
    int64_t since = suspects->since[pair->from];
    if (since != INT64_MAX && pair->first_ns >= since - DAY_NS &&
        pair->first_ns <= suspects->until[pair->from] + SUSPECT_NS)
        return true;
    return source_is_quiet && !suspects->reached[pair->to] &&
           is_soon_before(pair->first_ns, suspects->since[pair->to]);
}

void suspects_judge(struct movement *movement, const bool *quiet) {
    size_t count = (size_t)movement->names.count + 1;
    struct suspects suspects = {.since = memory_new(count, sizeof *suspects.since),
                                .until = memory_new(count, sizeof *suspects.until),
                                .reached = memory_new(count, sizeof *suspects.reached)};
    suspects_find(&suspects, movement);
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        struct movement_pair *pair = &movement->pairs[i];
        if (pair->score > 0 && pair->score < POINTS_MEDIUM && !(pair->signs & MOVEMENT_SEEN) &&
            pair->first_ns != INT64_MAX && session_is_suspect(&suspects, pair, quiet[pair->from]))
            pair->score = POINTS_MEDIUM;
    }
    memory_free(suspects.since);
    memory_free(suspects.until);
    memory_free(suspects.reached);
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
