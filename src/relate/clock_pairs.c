// Differences between two clocks, and what they make of each
// SPDX-License-Identifier: Apache-2.0
#include "relate/clock_pairs.h"

#include "base/digest.h"
#include "base/memory.h"

#include <stdlib.h>

enum {
    PAIRS_MAX = 1 << 18,
    PAIR_AGREEING_MIN = 5, // sightings before a peak says anything
};

static const int64_t SECOND_NS = 1000000000;
#define PEAK_NS (2 * SECOND_NS)       // how far apart two logs tell of one thing
#define LEAST_SKEW_NS (2 * SECOND_NS) // smaller ones are left alone

void clock_pairs_init(struct clock_pairs *pairs) {
    *pairs = (struct clock_pairs){0};
}

void clock_pairs_done(struct clock_pairs *pairs) {
    for (uint32_t i = 0; i < pairs->count; i++)
        memory_free(pairs->pairs[i].votes);
    memory_free(pairs->pairs);
    table_done(&pairs->by_hosts);
}

struct clock_pair *clock_pairs_find(struct clock_pairs *pairs, uint32_t a, uint32_t b) {
    // Both numbers make the whole hash, so that no two pairs share one.
    uint64_t hash = ((uint64_t)a << 32 | b) * 0x9E3779B97F4A7C15ull;
    uint32_t place = table_find(&pairs->by_hosts, hash, NULL, NULL, NULL);
    if (place != TABLE_NONE)
        return &pairs->pairs[place];
    if (pairs->count == PAIRS_MAX)
        return NULL;
    if (pairs->count == pairs->capacity) {
        pairs->capacity = pairs->capacity ? pairs->capacity * 2 : 64;
        pairs->pairs = memory_resize(pairs->pairs, pairs->capacity, sizeof *pairs->pairs);
    }
    table_add(&pairs->by_hosts, hash, pairs->count);
    pairs->pairs[pairs->count] = (struct clock_pair){.a = a, .b = b};
    return &pairs->pairs[pairs->count++];
}

void clock_pair_vote(struct clock_pair *pair, int64_t difference_ns, int64_t time_ns) {
    if (pair->count == PAIR_VOTES_MAX)
        return;
    if (pair->count == pair->capacity) {
        pair->capacity = pair->capacity ? pair->capacity * 2 : 8;
        pair->votes = memory_resize(pair->votes, pair->capacity, sizeof *pair->votes);
    }
    pair->votes[pair->count++] = (struct clock_vote){difference_ns, time_ns};
}

static int vote_compare(const void *left, const void *right) {
    const struct clock_vote *a = left;
    const struct clock_vote *b = right;
    if (a->difference_ns != b->difference_ns)
        return a->difference_ns < b->difference_ns ? -1 : 1;
    return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

static int64_t absolute(int64_t number) {
    return number < 0 ? -number : number;
}

// Sightings of both sides within a window over the votes: one record that meets a burst of the
// other side's is one sighting. Times are numbered, so that a step of the window costs two counts.
struct clock_peak {
    uint16_t numbers[2][PAIR_VOTES_MAX]; // of each vote's time on either side
    uint16_t seen[2][PAIR_VOTES_MAX];    // by number: votes in the window
    uint32_t distinct[2];
};

// One vote's time on one side.
struct sighting {
    int64_t time_ns;
    uint32_t vote;
};

static int sighting_compare(const void *left, const void *right) {
    int64_t a = ((const struct sighting *)left)->time_ns;
    int64_t b = ((const struct sighting *)right)->time_ns;
    return a < b ? -1 : a > b;
}

static void peak_init(struct clock_peak *peak, const struct clock_vote *votes, uint32_t count) {
    struct sighting sightings[PAIR_VOTES_MAX];
    memset(peak, 0, sizeof *peak);
    for (size_t side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < count; i++)
            sightings[i] =
                (struct sighting){votes[i].time_ns + (side == 0 ? 0 : votes[i].difference_ns), i};
        qsort(sightings, count, sizeof sightings[0], sighting_compare);
        for (uint32_t i = 0, number = 0; i < count; i++) {
            number += i > 0 && sightings[i].time_ns != sightings[i - 1].time_ns;
            peak->numbers[side][sightings[i].vote] = (uint16_t)number;
        }
    }
}

static void peak_take(struct clock_peak *peak, uint32_t vote) {
    for (size_t side = 0; side < 2; side++)
        peak->distinct[side] += peak->seen[side][peak->numbers[side][vote]]++ == 0;
}

static void peak_drop(struct clock_peak *peak, uint32_t vote) {
    for (size_t side = 0; side < 2; side++)
        peak->distinct[side] -= --peak->seen[side][peak->numbers[side][vote]] == 0;
}

static uint32_t peak_agreeing(const struct clock_peak *peak) {
    return peak->distinct[0] < peak->distinct[1] ? peak->distinct[0] : peak->distinct[1];
}

// The window of PEAK_NS in which most sightings agree. Things that repeat make side peaks at their
// period: of windows nearly as full the one nearest to no difference stands.
static void pair_settle(struct clock_pair *pair) {
    uint32_t most = 0;
    if (pair->count < PAIR_AGREEING_MIN)
        return;
    qsort(pair->votes, pair->count, sizeof *pair->votes, vote_compare);
    struct clock_peak peak;
    peak_init(&peak, pair->votes, pair->count);
    for (int pass = 0; pass < 2; pass++) {
        int64_t nearest_ns = INT64_MAX;
        for (uint32_t from = 0, to = 0; from < pair->count; peak_drop(&peak, from++)) {
            while (to < pair->count &&
                   pair->votes[to].difference_ns - pair->votes[from].difference_ns <= PEAK_NS)
                peak_take(&peak, to++);
            if (to - from < PAIR_AGREEING_MIN || (to - from) * 5 < most * 4)
                continue;
            uint32_t agreeing = peak_agreeing(&peak);
            int64_t median_ns = pair->votes[from + (to - from) / 2].difference_ns;
            if (pass == 0) {
                most = agreeing > most ? agreeing : most;
            } else if (agreeing * 5 >= most * 4 && agreeing >= PAIR_AGREEING_MIN &&
                       absolute(median_ns) < nearest_ns) {
                nearest_ns = absolute(median_ns);
                pair->difference_ns = median_ns;
                pair->agreeing = agreeing;
            }
        }
    }
}

// Hosts joined by differences, the surest first: a forest with the root's clock as zero.
struct clock_tree {
    uint32_t parent;   // itself: a root
    uint32_t voices;   // sightings of all of its pairs
    int64_t offset_ns; // beyond the parent's clock
};

// The root of a host, and its clock against the root's; shortens the way for the next time.
static uint32_t tree_root(struct clock_tree *trees, uint32_t host, int64_t *ret_offset_ns) {
    uint32_t root = host;
    int64_t offset_ns = 0;
    for (; trees[root].parent != root; root = trees[root].parent)
        offset_ns += trees[root].offset_ns;
    *ret_offset_ns = offset_ns;
    while (trees[host].parent != root && host != root) {
        uint32_t next = trees[host].parent;
        int64_t step_ns = trees[host].offset_ns;
        trees[host] = (struct clock_tree){root, trees[host].voices, offset_ns};
        offset_ns -= step_ns;
        host = next;
    }
    return root;
}

static int pair_compare(const void *left, const void *right) {
    const struct clock_pair *a = left;
    const struct clock_pair *b = right;
    if (a->agreeing != b->agreeing)
        return a->agreeing > b->agreeing ? -1 : 1;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    return a->b < b->b ? -1 : a->b > b->b;
}

static void trees_join(struct clock_tree *trees, const struct clock_pair *pair) {
    int64_t a_ns, b_ns;
    uint32_t a = tree_root(trees, pair->a, &a_ns);
    uint32_t b = tree_root(trees, pair->b, &b_ns);
    trees[pair->a].voices += pair->agreeing;
    trees[pair->b].voices += pair->agreeing;
    if (a == b)
        return;
    // clock(pair b) = clock(pair a) + difference
    trees[b].parent = a;
    trees[b].offset_ns = a_ns + pair->difference_ns - b_ns;
}

// One host of a tree.
struct clock_member {
    uint32_t root, host;
    uint32_t voices;
    int64_t offset_ns;
};

static int member_compare(const void *left, const void *right) {
    const struct clock_member *a = left;
    const struct clock_member *b = right;
    if (a->root != b->root)
        return a->root < b->root ? -1 : 1;
    if (a->offset_ns != b->offset_ns)
        return a->offset_ns < b->offset_ns ? -1 : 1;
    return a->host < b->host ? -1 : a->host > b->host;
}

// What true time is on a tree's scale: where most clocks agree, as most are right; of equal crowds
// the one that was seen more. False when no two agree: then nobody is known to be wrong.
static bool members_find_truth(const struct clock_member *members, uint32_t count,
                               int64_t *ret_truth_ns) {
    uint32_t most = 1;
    uint64_t loudest = 0;
    for (uint32_t from = 0, to = 0; from < count; from++) {
        while (to < count && members[to].offset_ns - members[from].offset_ns <= PEAK_NS)
            to++;
        uint64_t voices = 0;
        for (uint32_t i = from; i < to; i++)
            voices += members[i].voices;
        if (to - from < most || (to - from == most && voices <= loudest) || to - from < 2)
            continue;
        most = to - from;
        loudest = voices;
        *ret_truth_ns = members[from + most / 2].offset_ns;
    }
    return most > 1;
}

static void members_settle(const struct clock_member *members, uint32_t count,
                           struct fleet_host *hosts) {
    int64_t truth_ns;
    if (!members_find_truth(members, count, &truth_ns))
        return;
    for (uint32_t i = 0; i < count; i++) {
        int64_t skew_ns = members[i].offset_ns - truth_ns;
        hosts[members[i].host].skew_pairs = members[i].voices;
        hosts[members[i].host].skew_ns = absolute(skew_ns) > LEAST_SKEW_NS ? skew_ns : 0;
    }
}

void clock_pairs_settle(struct clock_pairs *pairs, struct fleet_host *hosts, uint32_t count) {
    struct clock_tree *trees = memory_new(count + 1, sizeof *trees);
    struct clock_member *members = memory_new(count + 1, sizeof *members);
    for (uint32_t i = 0; i < count; i++)
        trees[i].parent = i;
    for (uint32_t i = 0; i < pairs->count; i++)
        pair_settle(&pairs->pairs[i]);
    if (pairs->count)
        qsort(pairs->pairs, pairs->count, sizeof *pairs->pairs, pair_compare);
    table_reset(&pairs->by_hosts);
    for (uint32_t i = 0; i < pairs->count && pairs->pairs[i].agreeing; i++)
        trees_join(trees, &pairs->pairs[i]);
    for (uint32_t i = 0; i < count; i++) {
        members[i].host = i;
        members[i].voices = trees[i].voices;
        members[i].root = tree_root(trees, i, &members[i].offset_ns);
    }
    qsort(members, count, sizeof *members, member_compare);
    for (uint32_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && members[to].root == members[from].root;)
            to++;
        members_settle(members + from, to - from, hosts);
    }
    memory_free(trees);
    memory_free(members);
}
