// A Sigma rule between its YAML and the engine
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_RULE_TREE_H
#define MATCH_RULE_TREE_H

#include "base/arena.h"
#include "base/slice.h"
#include "model/rule.h"

#include <stdbool.h>
#include <stdint.h>

// The front end (sigma_*.c) turns YAML documents into these trees: modifiers are applied,
// lists expanded, conditions resolved, `1 of x*` written out. The engine (plan_*.c) reads
// nothing else. All memory is the arena's that the front end was given.

// A text pattern, case-insensitive unless `cased`: parts in order, anchored at both ends.
//   foo        -> [LITERAL foo]
//   |contains  -> [ANY] [LITERAL foo] [ANY]
//   a*b?c      -> [LITERAL a] [ANY] [LITERAL b] [ONE] [LITERAL c]
// No two ANY in a row, no two LITERAL in a row, no empty LITERAL; '' is zero parts.
struct pattern_part {
    enum pattern_part_kind {
        PATTERN_LITERAL,
        PATTERN_ANY,
        PATTERN_ONE
    } kind;
    struct slice literal; // UTF-8 as written, not folded
};

struct pattern {
    const struct pattern_part *parts;
    uint32_t part_count;
    bool cased;
};

enum atom_kind {
    ATOM_PATTERN,   // some value of the field fits the pattern
    ATOM_REGEX,     // some value contains a match (PCRE2 syntax, unanchored)
    ATOM_CIDR,      // some value is an address inside the network
    ATOM_COMPARE,   // some value is a number and compares so
    ATOM_TIME_PART, // some value is a time whose part equals `number` (|hour and the like)
    ATOM_FIELD,     // some value relates to some value of field2 (|fieldref)
    ATOM_NULL,      // the field is absent, or all its values are null
    ATOM_EXISTS,    // the field is there at all, null or not
};

enum compare_kind {
    COMPARE_LT,
    COMPARE_LTE,
    COMPARE_GT,
    COMPARE_GTE
};
enum time_part {
    TIME_MINUTE,
    TIME_HOUR,
    TIME_DAY,
    TIME_WEEK,
    TIME_MONTH,
    TIME_YEAR
};
enum field_relation {
    FIELD_EQUALS,
    FIELD_CONTAINS,
    FIELD_STARTS,
    FIELD_ENDS
};

struct atom {
    enum atom_kind kind;
    // Name as the rule says it. Empty: keywords, that is any field of the event and its
    // message (only PATTERN and REGEX).
    struct slice field;
    struct pattern pattern;       // PATTERN
    struct slice regex;           // REGEX
    bool regex_caseless;          // |i
    bool regex_multiline;         // |m
    bool regex_dotall;            // |s
    uint8_t cidr_address[16];     // CIDR; IPv4 as ::ffff:a.b.c.d
    uint8_t cidr_bits;            // 0 to 128, counted in that form
    enum compare_kind compare;    // COMPARE
    double number;                // COMPARE, TIME_PART
    enum time_part time_part;     // TIME_PART
    struct slice field2;          // FIELD
    enum field_relation relation; // FIELD
    bool cased;                   // FIELD
};

struct node {
    enum node_kind {
        NODE_AND,
        NODE_OR,
        NODE_NOT,
        NODE_ATOM,
        NODE_TRUE,
        NODE_FALSE
    } kind;
    const struct node *const *children; // AND, OR: child_count; NOT: one
    uint32_t child_count;
    struct atom atom; // ATOM
};

struct rule_tree {
    struct rule rule;
    // The rule's condition (several conditions: an OR of them), with Sigma filters that apply
    // to the rule already joined to it by AND.
    const struct node *root;
};

#endif
