// Which record of a case a tag stands for
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_EVIDENCE_TAG_H
#define APP_EVIDENCE_TAG_H

#include "base/arena.h"
#include "base/status.h"
#include "store/store.h"

// The only record whose tag begins so, in any case of letters, with brackets or without: of those
// that a report cites, else of the first records of findings. Reports give tags as few digits as
// keep them apart; more or fewer (five at least) name the same record. STATUS_NOT_FOUND for none,
// STATUS_USAGE for more than one or for what is no tag.
enum status evidence_tag_find(struct store *store, const char *text, struct arena *arena,
                              struct store_cited *ret_cited, struct problem *problem);

#endif
