// The set of indicators: filled by readers, probed by scanners
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_INDICATOR_SET_H
#define MATCH_INDICATOR_SET_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/table.h"
#include "match/indicator_marking.h"
#include "match/indicator_text.h"
#include "match/indicators.h"
#include "match/match.h"

enum {
    INDICATORS_MAX = 4 << 20,
    INDICATOR_COMPLAINTS_MAX = 50,
    INDICATOR_FILES_MAX = 65535,
    INDICATOR_LEVELS = 3, // low, medium, high
};

struct indicator {
    const uint8_t *key; // of indicator_append_key
    const uint8_t *text;
    int64_t until_ns;     // CLOCK_NONE: for ever
    uint32_t description; // offset into descriptions' row, 0: none
    uint32_t line;
    uint16_t key_size, text_size;
    uint16_t file;
    uint8_t kind, level; // 0 low, 1 medium, 2 high
    uint8_t marking;     // enum marking
    bool exact;          // a public suffix: names below it are somebody else's
    bool ignored;        // of a warninglist
};

//     key ─hash─> blocked Bloom filter (2 bits in 64 bytes, 16 bits a key) ─> table ─> row
//
// A value that is no indicator costs one cache line, mostly.
struct indicators {
    struct arena arena;
    struct indicator *rows;
    uint32_t count, capacity;
    struct table by_key;
    uint64_t *filter;
    uint64_t filter_mask; // of 64-byte lines
    unsigned kinds;       // bit 1 << kind: there is one
    uint64_t prefixes[3]; // bit: a network of that prefix
    struct slice *descriptions;
    uint32_t description_count, description_capacity;
    struct slice *files;
    uint32_t file_count;
    struct rule_complaint complaints[INDICATOR_COMPLAINTS_MAX];
    size_t complaint_count;
    uint64_t left_out; // complaints beyond them
    bool anywhere;
    uint8_t digest[DIGEST_SHA256_SIZE]; // of all files
};

// What a reader found out about one indicator.
struct indicator_about {
    struct slice text; // as written; refanged by indicator_add
    bool has_kind;
    enum indicator_kind kind;
    int confidence; // 0 to 100; -1: not said
    int64_t until_ns;
    uint32_t line;
    struct slice description;
    unsigned marked;
};

// The readers' state: whose file, and scratch.
struct indicator_reader {
    struct indicators *set;
    uint16_t file;
    bool ignored;
    unsigned marked; // what the whole file says of itself
    struct buffer text, key;
    struct slice description; // the one added last, and its number
    uint32_t description_number;
    struct problem *problem;
};

// Add one; what is no indicator becomes a complaint. STATUS_LIMIT when the set is full.
enum status indicator_add(struct indicator_reader *reader, const struct indicator_about *about);
void indicator_complain(struct indicator_reader *reader, uint32_t line, const char *why,
                        struct slice text);

// Lines: a plain list, or CSV when the first names columns.
enum status indicator_read_lines(struct indicator_reader *reader, struct slice text);
// A STIX 2.1 bundle, a MISP event or several, a MISP warninglist. Followed by JSON_PADDING bytes.
enum status indicator_read_json(struct indicator_reader *reader, struct slice text);

// The number of the rule for a row.
uint32_t indicator_rule(const struct indicator *row);

// The row of a key; NULL when there is none.
const struct indicator *indicator_find(const struct indicators *set, struct slice key);

#endif
