// The one visit that nobody else pays
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_VISIT_H
#define CORRELATE_VISIT_H

#include "correlate/forest.h"

// A server gives out what was never released, and nothing shows how somebody came to it. Then he
// came over one of the sessions that its log tells, as a rule; and of these one may be unlike all
// others:
//
//   - its host visits the server on one day only, in the week before;
//   - by an account that nobody uses there from elsewhere;
//   - while other hosts come and go for days, and none of them like that.
//
// One such host is taken for where he came from: an entry of which nothing tells how, if nothing
// else explains it. Two are none. *ret_found: edges added; then grow the forest anew.
enum status visit_find(struct edge_list *edges, struct hidden_list *hidden,
                       const struct forest *forest, const struct clue_book *book,
                       uint32_t *ret_found, struct problem *problem);

#endif
