// A ruleset behind its door
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_RULESET_H
#define MATCH_RULESET_H

#include "base/arena.h"
#include "base/buffer.h"
#include "match/compiled.h"
#include "match/match.h"

// The blob, the checked view of it, and the nouns of model/ that point into it. Immutable
// after ruleset_from_blob, but for what lint appends before workers start.
struct ruleset {
    struct ruleset_options options; // as given, without the cache directory
    struct buffer blob;
    struct compiled compiled;
    struct arena arena;
    struct rule *rules;
    struct correlation *correlations;
    struct rule_complaint *complaints;
    size_t complaint_count;
    bool from_image;
};

// Takes over `blob` (which is empty afterwards) when it is sound; NULL, and the blob untouched,
// when it is not.
struct ruleset *ruleset_from_blob(struct buffer *blob);

#endif
