// Hosts whose logs were cleared with a campaign's
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_CLEARED_H
#define CORRELATE_CLEARED_H

#include "correlate/forest.h"

// An account cleared logs of at least WEIGHT_CLEARED_HOSTS hosts of a campaign within a day, and of
// one more that nothing shows to be of it: what told of him there is what was cleared. Where the
// intruders executed by that account before, and it is none that every host has, one host's log of
// the campaign is enough. How he came is looked for among sessions that hosts of the campaign had
// with it before; where none is left, that account led there. *ret_found: edges added; then grow
// the forest anew.
enum status cleared_find(struct edge_list *edges, const struct forest *forest,
                         const struct clue_book *book, uint32_t *ret_found,
                         struct problem *problem);

#endif
