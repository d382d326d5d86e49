// Ways that only a connection shows
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_CONTACT_WAY_H
#define CORRELATE_CONTACT_WAY_H

#include "correlate/forest.h"

// With half of the logs lost, that a host was reached may be shown by the source's own Sysmon
// alone: a program connected to one of its ports of administration. How much that carried is not
// known, and most such connections are somebody's work; but a program that hardly anybody of the
// fleet connects to such ports with, from a host that was reached by then and never did so before,
// is the intruder's, and no sweep of many hosts at a time. It weighs what the fleet's own record
// says: host-days to one such connection by others, less the days since its source fell, at most 9
// bits.
//
// Adds such edges to hosts that nothing else shows and sorts the list.
enum status contact_edges_add(struct edge_list *list, const struct forest *forest,
                              const struct clue_book *book, uint32_t *ret_found,
                              struct problem *problem);

#endif
