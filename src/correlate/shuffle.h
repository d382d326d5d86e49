// Findings dealt out over hosts anew
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_SHUFFLE_H
#define CORRELATE_SHUFFLE_H

#include "correlate/edge.h"

// Its own copy of clues and edges, in which hosts are exchanged: what chance makes of them.
struct shuffle {
    const struct clue_book *book;
    const struct edge_list *edges;
    uint32_t host_count;
    // By clue, and by edge that no clue told: it weighs nothing in any round; the caller's to set.
    bool *left_out, *edges_left_out;
    uint32_t *order;  // clues by time
    uint32_t *hosts;  // by clue: its host in this round
    uint32_t *places; // by clue: its number in `mixed`
    struct clue_book mixed;
    struct edge_list mixed_edges; // by the numbers of `mixed`
};

void shuffle_init(struct shuffle *shuffle, const struct clue_book *book,
                  const struct edge_list *edges, uint32_t host_count);
void shuffle_done(struct shuffle *shuffle);

// Fills `mixed` and `mixed_edges`, always in the same way for a round. What speaks against a host
// is dealt, what is the fleet's own stays:
//
//   findings, with the ways that they tell: all that a rule found on a host in a day moves together
//   to a host drawn for it;
//   first uses of accounts that executed before (kin.h): no rule's, but evidence of up to 9 bits
//   that stands with the host which used the account. Left where they are they would be the part of
//   every intrusion that no round takes apart, and the intrusion would be held against itself. They
//   are dealt as one more rule's;
//   ways concluded from the forest (stepping stones, visits, clearings) explain nothing any more;
//   bare relations stay: they are no evidence, only what chance may walk on.
void shuffle_deal(struct shuffle *shuffle, uint64_t round);

#endif
