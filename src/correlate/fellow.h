// Hosts that send where hosts of a wave send
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_FELLOW_H
#define CORRELATE_FELLOW_H

#include "correlate/forest.h"

// Where the records of a wave are lost on a host, what it sends to the place that hosts of a wave
// send to shows the same program at work: it came from the wave's server, not from where it sends.
// Asked for are WEIGHT_LOOT_HOSTS members of one wave among those who send there, and at most one
// in four who was reached another way.
//
// The server that a host of a wave took it from; else the host itself.
uint32_t fellow_giver(const struct forest *forest, const struct edge_list *edges, uint32_t host);

// Adds such edges to the end of the list, which is then to be sorted. False: no room.
bool fellow_edges_add(struct edge_list *edges, const struct forest *forest,
                      const struct clue_book *book);

#endif
