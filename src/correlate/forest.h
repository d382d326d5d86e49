// The cheapest earlier explanation of each host
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_FOREST_H
#define CORRELATE_FOREST_H

#include "correlate/edge.h"

#define FOREST_NONE UINT32_MAX

// Each host takes the cheapest explanation whose source was reached before, or becomes an entry, or
// is left out because its evidence does not pay for any:
//
//   sum over hosts of min(root cost, cheapest edge) - evidence   is least
//
// A parent is strictly earlier than its child, so no circle can be, and choosing host by host is
// exact (campaign.md 1b). Edges come in time order, so one pass does it.
struct forest_host {
    int64_t reached_ns; // CLOCK_NONE: not reached
    int32_t cost;       // of the best explanation
    int32_t evidence;   // from then on
    uint32_t edge;      // the best; FOREST_NONE: an entry from outside
    uint32_t runners_up[CAMPAIGN_RUNNERS_UP_MAX];
    int32_t runner_up_costs[CAMPAIGN_RUNNERS_UP_MAX];
    uint32_t runner_up_count;
    uint32_t root;       // of its tree
    uint32_t entry_clue; // of an entry: the clue that it stands on
    int32_t entry_price; // what an entry here costs by what shows a way in
    uint32_t children;   // hosts explained by it
    uint32_t steps;      // first moves in a row up to here, without anything else that shows them
    bool is_member;
    bool is_hidden; // an entry of which nothing tells how (hidden_entry.h)
};

struct forest {
    struct forest_host *hosts; // as the cast's
    uint32_t host_count;
};

// Whether a clue of this host belongs to its tree: from shortly before it was reached on.
bool clue_counts(const struct clue *clue, const struct forest_host *host);

// Whether it tells that its host gives out what was never released.
bool clue_gives_out(const struct clue *clue);

// Hosts that are taken for entries without any sign of how (hidden_entry.h).
struct hidden_list {
    struct hidden_entry {
        int64_t used_ns; // CLOCK_NONE: it is none
        int32_t gain;    // what it explains
        uint32_t clue;   // that told its first use
        bool is_proven; // told to have executed on others, or to have been sent the loot of several
    } * by_host;
};

// `root_cost`: millibits for an entry before its own evidence is taken off. `hidden` may be NULL.
void forest_init(struct forest *forest, const struct clue_book *book, const struct edge_list *edges,
                 int32_t root_cost, const struct hidden_list *hidden);
void forest_done(struct forest *forest);

// Weighs first moves by how many the hosts make that nobody reached: host-days to one of theirs.
// True: their weight is another than before, the forest should grow anew.
bool forest_weigh_first_moves(const struct forest *forest, struct edge_list *edges,
                              const struct clue_book *book);

// Trees whose hosts meet (an edge between them that was no explanation, because its source was
// reached later or its target is an entry of its own) become one, when joining costs less than a
// root. Weak findings and logons of hosts that move anyway join none, and trees that both stand on
// evidence of an entry are joined by executions alone.
void forest_join(struct forest *forest, const struct clue_book *book, const struct edge_list *edges,
                 int32_t root_cost);

#endif
