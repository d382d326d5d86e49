// Canonical bytes of a text whose keys are not in order
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_CANONICAL_SORT_H
#define GUARD_CANONICAL_SORT_H

#include "guard/canonical.h"

// Writes the canonical bytes anew from the values, which have been read whole; canonical_size is
// right already. STATUS_FORMAT when a key comes twice: seen only here, next to each other.
enum status canonical_sort(struct canonical_document *document, struct problem *problem);

#endif
