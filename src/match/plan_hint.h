// Literals one of which every match of a regex contains
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_PLAN_HINT_H
#define MATCH_PLAN_HINT_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HINT_SIZE_MAX = 32,
    HINTS_MAX = 8
};

// Texts of one size, one of which stands in every match.
struct hint_set {
    uint32_t count; // 0: nothing is certain
    size_t size;
    uint8_t texts[HINTS_MAX][HINT_SIZE_MAX];
};

// The rarest run of folded ASCII that any text matching the PCRE2 expression has in it; small
// classes ("[ '\"]") are spelled out. Conservative: whatever it does not understand ends a run
// or the search. `caseless` as the expression will be compiled.
void hints_from_regex(struct slice source, bool caseless, struct hint_set *ret_hints);

// A row of neighbouring bytes of one class that every match has: "[a-f0-9]{64}". Looked for by
// leaps of its length, so that most texts are ruled out by a few bytes.
struct hint_run {
    uint64_t bits[2]; // ASCII, folded
    uint32_t least;   // bytes in a row; 0: nothing is certain
};

void hint_run_from_regex(struct slice source, bool caseless, struct hint_run *ret_run);

// Whether folded text has such a row.
bool hint_run_stands(const struct hint_run *run, struct slice folded);

#endif
