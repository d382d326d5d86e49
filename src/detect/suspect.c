// Who is believed to have made bare sessions
// SPDX-License-Identifier: Apache-2.0
#include "detect/suspect.h"

#include "base/memory.h"

#define DAY_NS (86400 * 1000000000ll)
#define SUSPECT_NS (7 * DAY_NS) // for how long a host that moved is believed to go on

enum {
    SUSPECT_ROUNDS = 8 // steps from a host that moved for sure; each is two passes over pairs
};

// By host: from when to when it moved to others, as far as is believed, when others who did so
// reached it first, and whether anything better than a bare session reached it before it moved.
struct suspects {
    int64_t *since, *until; // INT64_MAX, INT64_MIN: it did not
    int64_t *reached_ns;    // INT64_MAX: not
    bool *reached;
};

static bool suspect_adds(struct suspects *suspects, const struct movement_pair *pair) {
    if (pair->first_ns >= suspects->since[pair->from] &&
        pair->last_ns <= suspects->until[pair->from])
        return false;
    if (pair->first_ns < suspects->since[pair->from])
        suspects->since[pair->from] = pair->first_ns;
    if (pair->last_ns > suspects->until[pair->from])
        suspects->until[pair->from] = pair->last_ns;
    return true;
}

// Its source is believed to have moved at the time.
static bool pair_is_of_suspect(const struct suspects *suspects, const struct movement_pair *pair) {
    int64_t since = suspects->since[pair->from];
    return since != INT64_MAX && pair->first_ns >= since - DAY_NS &&
           pair->first_ns <= suspects->until[pair->from] + SUSPECT_NS;
}

// One more step: who was reached by a suspect and moved then is one. False: nobody more.
static bool suspects_grow(struct suspects *suspects, const struct movement *movement) {
    bool grew = false;
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        const struct movement_pair *pair = &movement->pairs[i];
        if (pair->score >= POINTS_MEDIUM && pair->first_ns < suspects->reached_ns[pair->to] &&
            pair_is_of_suspect(suspects, pair)) {
            suspects->reached_ns[pair->to] = pair->first_ns;
            grew = true;
        }
    }
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        const struct movement_pair *pair = &movement->pairs[i];
        if (pair->score >= POINTS_MEDIUM && pair->first_ns != INT64_MAX &&
            pair->first_ns >= suspects->reached_ns[pair->from])
            grew |= suspect_adds(suspects, pair);
    }
    return grew;
}

static void suspects_find(struct suspects *suspects, const struct movement *movement) {
    for (uint32_t i = 0; i < movement->names.count; i++) {
        suspects->since[i] = suspects->reached_ns[i] = INT64_MAX;
        suspects->until[i] = INT64_MIN;
    }
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        const struct movement_pair *pair = &movement->pairs[i];
        if (pair->score >= POINTS_HIGH && pair->first_ns != INT64_MAX)
            suspect_adds(suspects, pair);
    }
    for (int i = 0; i < SUSPECT_ROUNDS && suspects_grow(suspects, movement); i++)
        ;
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        const struct movement_pair *pair = &movement->pairs[i];
        if (pair->score >= POINTS_MEDIUM && pair->first_ns <= suspects->since[pair->to])
            suspects->reached[pair->to] = true;
    }
}

static bool is_soon_before(int64_t time_ns, int64_t since_ns) {
    return since_ns != INT64_MAX && time_ns <= since_ns && since_ns - time_ns <= SUSPECT_NS;
}

// Its source moved to others at the time. Or it is a quiet one, that such a host had reached
// within a week before; or whose target soon moved, which nothing better had reached.
static bool session_is_suspect(const struct suspects *suspects, const struct movement_pair *pair,
                               bool source_is_quiet) {
    if (pair_is_of_suspect(suspects, pair))
        return true;
    if (!source_is_quiet)
        return false;
    return is_soon_before(suspects->reached_ns[pair->from], pair->first_ns) ||
           (!suspects->reached[pair->to] &&
            is_soon_before(pair->first_ns, suspects->since[pair->to]));
}

void suspects_judge(struct movement *movement, const bool *quiet) {
    size_t count = (size_t)movement->names.count + 1;
    struct suspects suspects = {.since = memory_new(count, sizeof *suspects.since),
                                .until = memory_new(count, sizeof *suspects.until),
                                .reached_ns = memory_new(count, sizeof *suspects.reached_ns),
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
    memory_free(suspects.reached_ns);
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
