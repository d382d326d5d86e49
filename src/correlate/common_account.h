// Logons by an account that every host has
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_COMMON_ACCOUNT_H
#define CORRELATE_COMMON_ACCOUNT_H

#include "correlate/forest.h"

// Every host has a root, so that its use says nothing of who it was; but where nobody logged on to
// others as root over SSH before a campaign, and it did, who else does so since is of it, as if by
// an account that was stolen. The account led to the source: from the host that last used it, else
// from where the campaign began.
//
// Adds such edges and sorts the list.
enum status common_account_edges_add(struct edge_list *list, const struct forest *forest,
                                     const struct clue_book *book, uint32_t *ret_found,
                                     struct problem *problem);

#endif
