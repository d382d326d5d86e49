// STIX patterns: what of them is a list of equalities
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_STIX_PATTERN_H
#define MATCH_STIX_PATTERN_H

#include "match/indicator_set.h"

enum comparison_rank { // the surer of two that must hold both
    RANK_NONE,
    RANK_PATH,
    RANK_OTHER,
    RANK_HASH
};

// One pattern in work: reader, literal, best and about are the caller's, who starts the rest as
// zero.
struct stix_pattern {
    struct indicator_reader *reader; // gets what is found
    struct buffer *literal, *best;   // texts of this pattern alone
    struct indicator_about about;    // what all of them share
    bool joined;                     // some must hold together: the surest stands for all
    enum comparison_rank best_rank;
    enum indicator_kind best_kind;
    unsigned taken;
    enum status status; // of indicator_add
};

// False when the pattern says more than a list of equalities, or none (STIX 2.1, part 9).
bool stix_pattern_read(struct stix_pattern *pattern, struct slice text);

#endif
