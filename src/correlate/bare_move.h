// Bare sessions in company of a campaign's moves
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_BARE_MOVE_H
#define CORRELATE_BARE_MOVE_H

#include "correlate/forest.h"

// The first move of a host that nothing shows to be reached, of which the wire alone tells: no
// record says as whom. Where quiet hosts hardly ever do so, and it was made within a day of several
// moves of a campaign, it is one of these: the host was reached by then, from the one that moved
// last before. Not where a told edge ties either end to another tree. A hidden entry
// (hidden_entry.h) that nothing shows but such moves is held to be no entry then.
//
// Adds such edges and sorts the list.
enum status bare_move_edges_add(struct edge_list *list, const struct forest *forest,
                                const struct clue_book *book, const struct hidden_list *hidden,
                                uint32_t *ret_found, struct problem *problem);

#endif
