// Hosts that send to a place outside that the intruders use
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_KNOWN_PLACE_H
#define CORRELATE_KNOWN_PLACE_H

#include "correlate/forest.h"

// A place outside is the intruders' when high findings on their hosts name it (of a stage after the
// entry: many try doors), or one of their hosts sends much there, and when hardly anybody else
// knows it, and nobody of ours went there before they came. What hosts of two trees use is
// nobody's.
//
//     A <──works from── X <──sends 4 MB── B      B is of A's campaign
//
// Weighed against chance: hosts that nobody reached send much to rare places anyway (strays; the
// host that is judged is one of them).
//
//     bits = log2(hosts x places / (intruders' places x (strays + 1/2)))
//
// Mail servers, proxies and who sends much to many rare places pass on what others send: nothing is
// concluded from them, nor about them.
//
// Adds such edges and sorts the list.
enum status known_place_edges_add(struct edge_list *edges, const struct forest *forest,
                                  const struct clue_book *book, uint32_t *ret_found,
                                  struct problem *problem);

#endif
