// Differences between two clocks, and what they make of each
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_CLOCK_PAIRS_H
#define RELATE_CLOCK_PAIRS_H

#include "base/table.h"
#include "model/hosts.h"

enum {
    PAIR_VOTES_MAX = 384
};

// b's clock minus a's, as one thing that both saw would have it; `time_ns` tells sightings of a
// apart.
struct clock_vote {
    int64_t difference_ns;
    int64_t time_ns;
};

struct clock_pair {
    uint32_t a, b; // a < b
    uint32_t count, capacity;
    struct clock_vote *votes;
    int64_t difference_ns; // settled
    uint32_t agreeing;     // sightings in the peak; 0: none is clear
};

struct clock_pairs {
    struct clock_pair *pairs;
    uint32_t count, capacity;
    struct table by_hosts;
    size_t vote_count;
};

void clock_pairs_init(struct clock_pairs *pairs);
void clock_pairs_done(struct clock_pairs *pairs);

// Made when new; NULL when there is no room for its votes. Valid until the next find.
struct clock_pair *clock_pairs_find(struct clock_pairs *pairs, uint32_t a, uint32_t b);
void clock_pair_vote(struct clock_pair *pair, int64_t difference_ns, int64_t time_ns);

void clock_pairs_settle(struct clock_pairs *pairs, struct fleet_host *hosts, uint32_t count);

#endif
