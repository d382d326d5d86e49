// Stepping stones that no finding shows
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_SILENT_H
#define CORRELATE_SILENT_H

#include "correlate/forest.h"

// A detector tells that T was reached from S, but nothing tells how S was reached: its logs are
// gone.
//
//     A ──(a session, or the account that S used)──> S ──told──> T
//     reached                                        silent
//
// What S explains (its own evidence, and for each T what it pays beyond its edge or saves of an
// entry) must pay for one silent hop. A is the reached host with the cheapest new session to S
// before S was used; else the one from which a told edge last used the account that S used.

// Adds edges to `edges` for hosts that pay; how many. Run forest_init again then, and this again
// for chains of WEIGHT_SILENT_HOPS. Relations are read only when there is such a host.
enum status silent_find(struct edge_list *edges, const struct forest *forest,
                        const struct clue_book *book, uint32_t *ret_found, struct problem *problem);

// Sessions over which one may work on another host, and the kinds that may be one.
#define SESSION_KINDS                                                                              \
    (RELATION_MASK(LOGON) | RELATION_MASK(REMOTE_EXECUTION) | RELATION_MASK(CREDENTIAL_USE) |      \
     RELATION_MASK(FLOW))
bool relation_is_session(const struct relation *relation);

#endif
