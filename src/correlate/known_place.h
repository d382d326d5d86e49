// Hosts that send to a place outside that the intruders use
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_KNOWN_PLACE_H
#define CORRELATE_KNOWN_PLACE_H

#include "correlate/forest.h"

// A place outside is the intruders' when high findings on their hosts name it, or one of their
// hosts sends much there, and when hardly anybody else knows it, and nobody did before they came.
//
//     A <──works from── X <──sends 4 MB── B      B is of A's campaign
//
// Weighed against chance: hosts that nobody reached send much to rare places, too (strays).
//
//     bits = log2(hosts x places / (intruders' places x (strays + 1/2)))
//
// Who sends much to many places (mail servers, proxies) passes on what others send: nothing is
// concluded from it, nor about it.
//
// Adds such edges and sorts the list. `edges` gets copies of what it keeps of relations.
enum status known_place_edges_add(struct edge_list *edges, const struct forest *forest,
                                  const struct clue_book *book, uint32_t *ret_found,
                                  struct problem *problem);

#endif
