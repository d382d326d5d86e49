// A literal that every match of a regex contains
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_PLAN_HINT_H
#define MATCH_PLAN_HINT_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>

// Append the rarest run of folded ASCII that any text matching the PCRE2 expression has in
// it; nothing when none is certain. Conservative: whatever it does not understand ends a run
// or the search. `caseless` as the expression will be compiled.
void hint_from_regex(struct slice source, bool caseless, struct buffer *ret_hint);

#endif
