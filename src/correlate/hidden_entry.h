// Entries of which no finding tells how
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_HIDDEN_ENTRY_H
#define CORRELATE_HIDDEN_ENTRY_H

#include "correlate/forest.h"

// Detectors tell that hosts were reached from S, or that they sent to S what was taken, but S
// itself was reached by nobody and shows no entry: its logs are gone, or too few.
//
//     outside ──(price of an entry)──> S ──told──> T1, T2, T3 ...
//                                      hidden
//
// What S explains pays for an entry there: of each T its own evidence beyond the edge, or, where T
// stands as an entry, the price of that entry. What an upgrade server gives out shows that somebody
// has it, not how he came: it takes nothing off that price.
void hidden_list_init(struct hidden_list *list, uint32_t host_count);
void hidden_list_done(struct hidden_list *list);

// Looks for one more host that pays for an entry, the one that pays most; then grow the forest
// anew.
bool hidden_entry_find(struct hidden_list *list, const struct edge_list *edges,
                       const struct forest *forest, const struct clue_book *book);

#endif
