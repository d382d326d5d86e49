// Rows of coverage while they are made
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_COVERAGE_BOOK_H
#define CORRELATE_COVERAGE_BOOK_H

#include "base/arena.h"
#include "correlate/correlate.h"
#include "model/evidence_coverage.h"

enum {
    COVERAGE_ROWS_MAX = 262144,
    COVERAGE_ASKS_MAX = 50
};

struct coverage_book {
    struct evidence_coverage result; // first: it is what the caller sees
    uint32_t capacity;
    struct arena arena;
    const struct correlate_input *input;
    const struct reconstruction *made;
    int64_t first_found_ns; // of campaigns, incidents and leads; CLOCK_NONE: nothing was found
    struct coverage_ask *asks;
    uint32_t ask_count, ask_capacity;
};

// A new row with what is missing (format empty) or there; NULL beyond the ceiling.
struct coverage_row *coverage_add_row(struct coverage_book *book, uint32_t host, struct slice name);

// Logs that hosts of their kind have, and the questions that those not there would decide.
void coverage_ask_all(struct coverage_book *book);

#endif
