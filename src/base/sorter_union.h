// Several sorters read as one
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SORTER_UNION_H
#define BASE_SORTER_UNION_H

#include "base/sorter.h"

// The records of all in the order that one sorter with all of them would give: who had which does
// not matter. Few sorters (one a thread); not thread-safe.
struct sorter_union;

// `sorters` are finished, stay the caller's, and are read by nobody else meanwhile.
enum status sorter_union_new(struct sorter *const *sorters, size_t count,
                             struct sorter_union **ret_all, struct problem *problem);
void sorter_union_free(struct sorter_union *all);

// As sorter_next.
enum status sorter_union_next(struct sorter_union *all, struct slice *ret_key,
                              struct slice *ret_payload, bool *ret_more, struct problem *problem);

#endif
