// Regular expressions with limits
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_REGEX_H
#define MATCH_REGEX_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>

// PCRE2's interpreter (no JIT: the sandbox may deny writable code) over UTF-8, bytes that are
// not UTF-8 matched by nothing. \w and \d are ASCII, as in PCRE2 without UCP.
struct regex_flags {
    bool caseless;
    bool multiline;
    bool dotall;
};

struct regex;         // one compiled expression; immutable
struct regex_scratch; // match data and limits of one worker

enum regex_result {
    REGEX_MISS,
    REGEX_HIT,
    REGEX_LIMIT, // given up: match, depth or heap limit
};

// STATUS_FORMAT, with PCRE2's words, when the expression does not compile.
enum status regex_new(struct slice source, struct regex_flags flags, struct regex **ret_regex,
                      struct problem *problem);
void regex_free(struct regex *regex); // NULL is fine

struct regex_scratch *regex_scratch_new(void);
void regex_scratch_free(struct regex_scratch *scratch); // NULL is fine

enum regex_result regex_match(const struct regex *regex, struct regex_scratch *scratch,
                              struct slice text);

#endif
