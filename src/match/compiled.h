// Rules as flat tables: what the engine runs on
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_COMPILED_H
#define MATCH_COMPILED_H

#include "base/slice.h"
#include "match/rule_tree.h"
#include "model/correlation.h"

#include <stdbool.h>
#include <stdint.h>

// One blob, position-independent, immutable, shared by all workers. The image on disk is this
// blob and nothing else. Rows refer to each other by number, to text by offset:
//
//     [header | TEXT | SYMBOLS | ATOMS | PARTS | INNER | CHILDREN | GROUPS | RULES | ...]
//
// A condition is a graph of nodes shared by all rules. A node's name is the number of its
// atom, or COMPILED_INNER_BIT and the number of its inner row; an inner row refers only to
// inner rows before it, so there are no circles, and no path is longer than
// COMPILED_DEPTH_MAX.

enum compiled_section {
    COMPILED_TEXT,       // bytes
    COMPILED_SYMBOLS,    // struct compiled_symbol
    COMPILED_ATOMS,      // struct compiled_atom
    COMPILED_PARTS,      // struct compiled_part, of general patterns
    COMPILED_INNER,      // struct compiled_inner
    COMPILED_CHILDREN,   // uint32_t, nodes
    COMPILED_GROUPS,     // struct log_source_wanted, the distinct ones
    COMPILED_RULES,      // struct compiled_rule, in the order of ruleset_rule
    COMPILED_LISTS,      // struct compiled_text: tags, fields, group-by names
    COMPILED_FOLDS,      // struct compiled_correlation
    COMPILED_MEMBERS,    // struct compiled_member
    COMPILED_COMPLAINTS, // struct compiled_complaint
    COMPILED_FILES,      // struct compiled_file
    COMPILED_SECTION_COUNT,
};

#define COMPILED_INNER_BIT 0x80000000u
#define COMPILED_NO_SYMBOL UINT32_MAX // keywords: any field and the message

enum {
    COMPILED_DEPTH_MAX = 64,
    COMPILED_REGEX_MAX = 65536,
    COMPILED_GRAM_SIZE = 4,
    COMPILED_FOLDS_MAX = 4096, // struct correlation is large
};

struct compiled_text {
    uint32_t offset; // into TEXT
    uint32_t size;
};

struct compiled_list {
    uint32_t first; // into LISTS, CHILDREN, PARTS or MEMBERS
    uint32_t count;
};

// A field as rules name it.
struct compiled_symbol {
    struct compiled_text name;
    uint32_t by_category; // 0 or 1: see event_class_resolve
};

// How a pattern is compared; all but GENERAL have just `literal`.
enum compiled_form {
    FORM_EQUALS, // also '', the empty literal
    FORM_STARTS,
    FORM_ENDS,
    FORM_CONTAINS,
    FORM_PRESENT, // "*": any text at all
    FORM_GENERAL, // parts
    FORM_COUNT,
};

enum compiled_flag {
    COMPILED_CASED = 1,
    COMPILED_CASELESS = 2,
    COMPILED_MULTILINE = 4,
    COMPILED_DOTALL = 8,
};

struct compiled_atom {
    uint8_t kind;   // enum atom_kind
    uint8_t form;   // enum compiled_form, of a PATTERN
    uint8_t flags;  // enum compiled_flag
    uint8_t detail; // enum compare_kind, time_part or field_relation; bits of a CIDR
    uint32_t symbol;
    uint32_t symbol2;           // FIELD
    uint32_t regex;             // REGEX: its place among the worker's compiled expressions
    struct compiled_list parts; // FORM_GENERAL
    struct compiled_text text;  // PATTERN: literal, folded unless cased. REGEX: its source
    struct compiled_text hint;  // folded; every fitting text has it where hint_form says
    uint8_t address[16];        // CIDR
    double number;              // COMPARE, TIME_PART
    uint32_t hint_form;         // enum compiled_form, EQUALS to CONTAINS
    uint32_t gram;              // rarest four bytes of the hint, when it has as many
    uint32_t gram_offset;       // where in the hint they stand
    uint32_t weight;            // how often the hint is met, in values of a million: a guess
};

struct compiled_part {
    uint32_t kind; // enum pattern_part_kind
    struct compiled_text literal;
};

struct compiled_inner {
    uint32_t kind; // NODE_AND, NODE_OR, NODE_NOT; an empty AND is true, an empty OR false
    struct compiled_list children; // cheapest first
};

struct compiled_rule {
    uint32_t root; // node
    uint32_t group;
    struct compiled_text id, name, title, file;
    uint32_t line;
    uint8_t level, status, silent, reserved;
    struct compiled_list tags, fields;
};

struct compiled_correlation {
    struct compiled_rule rule; // root and group unused
    int64_t timespan_ns;
    double percentile;
    struct {
        uint32_t compare, reserved;
        double number;
    } bounds[CORRELATION_BOUNDS_MAX];
    uint32_t type, bound_count;
    struct compiled_text field;
    struct compiled_list group_by, members;
};

struct compiled_member {
    uint32_t is_correlation, index;
    struct compiled_list group_fields;
};

struct compiled_complaint {
    struct compiled_text file, rule_id, text;
    uint32_t line, refused;
};

struct compiled_file {
    struct compiled_text path;
    uint64_t size;
    int64_t modified_ns;
    uint64_t inode;
};

// Changes with the layout of any row below and with the meaning of any number in it.
#define COMPILED_MAGIC "VEDRULE3"

// The blob's own head.
struct compiled_header {
    char magic[8];
    uint64_t checksum; // digest_hash64 of all that follows it
    uint64_t size;     // of the whole blob
    uint64_t probe;    // plan_probe of the build that made it
    uint64_t options;  // what the rules were read with
    struct {
        uint64_t offset; // from the start of the blob, a multiple of 8
        uint64_t count;  // rows
    } sections[COMPILED_SECTION_COUNT];
};

// A checked view of a blob. Lives as long as the blob.
struct compiled {
    struct slice blob;
    struct slice text;
    const struct compiled_symbol *symbols;
    const struct compiled_atom *atoms;
    const struct compiled_part *parts;
    const struct compiled_inner *inner;
    const uint32_t *children;
    const struct log_source_wanted *groups;
    const struct compiled_rule *rules;
    const struct compiled_text *lists;
    const struct compiled_correlation *folds;
    const struct compiled_member *members;
    const struct compiled_complaint *complaints;
    const struct compiled_file *files;
    uint32_t counts[COMPILED_SECTION_COUNT];
    uint32_t regex_count;
};

static inline struct slice compiled_slice(const struct compiled *compiled,
                                          struct compiled_text text) {
    return (struct slice){compiled->text.data + text.offset, text.size};
}

// Nodes as places in one row: atoms first, then inner rows.
static inline uint32_t compiled_node_place(const struct compiled *compiled, uint32_t node) {
    if (node & COMPILED_INNER_BIT)
        return compiled->counts[COMPILED_ATOMS] + (node & ~COMPILED_INNER_BIT);
    return node;
}

static inline uint32_t compiled_node_count(const struct compiled *compiled) {
    return compiled->counts[COMPILED_ATOMS] + compiled->counts[COMPILED_INNER];
}

uint64_t compiled_checksum(struct slice blob); // over all behind header.checksum

// Bytes of one row of a section.
size_t compiled_row_size(enum compiled_section section);

// Check every number and offset of a blob, whoever wrote it, and open the view. False when
// anything is out of bounds: the blob is then not to be used. `blob` must be aligned to 8.
bool compiled_open(struct slice blob, struct compiled *ret_compiled);

#endif
