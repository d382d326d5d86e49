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
    bool *left_out;   // by clue: it weighs nothing in any round; the caller's to set
    uint32_t *order;  // clues by time
    uint32_t *hosts;  // by clue: its host in this round
    uint32_t *places; // by clue: its number in `mixed`
    struct clue_book mixed;
    struct edge_list mixed_edges; // by the numbers of `mixed`
};

void shuffle_init(struct shuffle *shuffle, const struct clue_book *book,
                  const struct edge_list *edges, uint32_t host_count);
void shuffle_done(struct shuffle *shuffle);

// Fills `mixed` and `mixed_edges`, always in the same way for a round: all that a rule found on a
// host in a day moves together to a host drawn for it.
void shuffle_deal(struct shuffle *shuffle, uint64_t round);

#endif
