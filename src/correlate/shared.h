// Trees that meet only at a rare place or file
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_SHARED_H
#define CORRELATE_SHARED_H

#include "correlate/gate.h"

// Two trees may be parts of one intrusion although nothing shows a way between them: both send to
// one place outside, or hold one file, that hardly anybody else knows.
//
//     A ──> B          C ──> D
//           └─ sends to ─> X <─ sends to ─┘      one tree: C's root now comes from A's
//
// The later root takes that for its explanation when it costs less than the root does
// (WEIGHT_EDGE_SHARED): evidence of an entry of its own keeps it apart. Two trees that are
// campaigns by themselves stay two, whatever they share: intruders use the same providers.

// Joins in `forest`, adding an edge to `edges` for each; whether any was. Reads relations
// (contacts, flows, files) only when two trees share something. `trees` is made anew afterwards by
// the caller.
enum status shared_join(struct forest *forest, struct edge_list *edges,
                        const struct clue_book *book, const struct tree_list *trees,
                        bool *ret_joined, struct problem *problem);

#endif
