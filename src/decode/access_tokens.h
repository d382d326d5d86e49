// The words of a line of an access log
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_ACCESS_TOKENS_H
#define DECODE_ACCESS_TOKENS_H

#include "base/byte_bits.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ACCESS_TOKENS_MAX = 64
};

enum access_kind {
    ACCESS_WORD,
    ACCESS_BRACKETS, // [02/Mar/2026:08:15:30 +0800]
    ACCESS_QUOTES,   // "GET / HTTP/1.1"
};

struct access_token {
    struct slice text; // without brackets and quotes
    enum access_kind kind;
};

struct access_tokens {
    struct access_token at[ACCESS_TOKENS_MAX];
    uint32_t count;
    uint64_t words; // bit i: token i is one
    uint64_t quotes;
    enum byte_kernel kernel;
};
void access_tokens_init(struct access_tokens *tokens);

// Split a line at its blanks. A quoted text ends at a quote before a blank or the line's end that
// has no backslash before it; older servers do not write one, so that quotes within are plain.
// False for a text that does not end, or more tokens than there is room for.
bool access_tokens_split(struct slice line, struct access_tokens *ret_tokens);

// The time in brackets: CLF's "02/Mar/2026:08:15:30 +0800", or what clock_parse knows (Tomcat's
// patterns of one's own). CLOCK_NONE when it is none.
int64_t access_time(struct slice text);

// "GET /a?b HTTP/1.1" into four parts, of which any may be empty; a text that is no request is
// all stem.
struct access_request {
    struct slice method, stem, query, version;
    bool has_query;
};
struct access_request access_request_split(struct slice text);

#endif
