// Ways that no session shows
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_KIN_H
#define CORRELATE_KIN_H

#include "correlate/forest.h"

// Where the session between two hosts is lost, two things lead from one to the other:
//
//   a series that both have: a program of it lies on a host (vedette-program-series) or starts by
//   itself there (vedette-persistence-...), or one that removes itself lay in the same folder
//   (vedette-implant-...). It leads from those that had it before, and back, too, from the latest
//   host on the way of the next that was reached: who brought that one's brought this one's;
//   an account that executed on others from the one and is then used by the other for the first
//   time: by what a controller checked for it (NTLM names who asked, not whom he went to), or by a
//   told session of a host that had never moved to others and that nothing shows to be reached. A
//   session on the wire alone, of an address that nothing names, is by the account that a
//   controller checked within WEIGHT_MOMENT_SECONDS of it for a host whose address nothing names,
//   where that is one account.
//   It weighs what the fleet's own record says: host-days to one such first use by another
//   account, less the days since, at most 9 bits.
//
// They are looked for last, because they would take the place of better ways over stepping stones.
// Adds such edges to the list and sorts it.
enum status kin_edges_add(struct edge_list *list, const struct forest *forest,
                          const struct clue_book *book, struct problem *problem);

#endif
