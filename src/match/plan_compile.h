// From rule trees to flat tables
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_PLAN_COMPILE_H
#define MATCH_PLAN_COMPILE_H

#include "base/buffer.h"
#include "base/intern.h"
#include "base/status.h"
#include "match/compiled.h"
#include "match/plan_weight.h"
#include "match/sigma.h"

#include <stdbool.h>
#include <stdint.h>

// Compile all rules into one blob (see compiled.h), appended to an empty buffer. A rule whose
// condition is nested too deeply or whose expression PCRE2 refuses stays in its place, never
// holds, and has a complaint. `options_hash` goes into the header. STATUS_LIMIT when the rules
// pass what the tables hold (2^31 rows, 1 GiB).
enum status plan_compile(const struct sigma_rules *rules, uint64_t options_hash,
                         struct buffer *ret_blob, struct problem *problem);

// What a blob's numbers and guesses depend on besides the rules: the rows of log_source.def, the
// weights, the hash. Differs between builds that must not read each other's blobs.
uint64_t plan_probe(void);

// What follows is shared by the plan_*.c files only.

// Tables under construction. Equal texts, symbols, atoms and nodes are kept once.
struct compiler {
    struct buffer sections[COMPILED_SECTION_COUNT];
    struct interner texts;
    struct buffer text_rows; // struct compiled_text by number in `texts`
    struct interner symbols;
    struct interner atoms;
    struct buffer atom_costs; // uint32_t by atom: what evaluating it costs, in no unit
    struct interner inner;
    struct buffer inner_costs;
    struct buffer stack; // uint64_t: cost and node of children not yet joined
    struct interner groups;
    struct weigher weigher;
    uint32_t regex_count;
    bool by_category; // of the rule at hand
    bool failed;      // a table is full
    struct buffer key;
    struct buffer folded;
};

struct compiled_text compiler_text(struct compiler *compiler, struct slice text);
void compiler_row(struct compiler *compiler, enum compiled_section section, const void *row);
uint32_t compiler_row_count(const struct compiler *compiler, enum compiled_section section);

// The atom's number; false when PCRE2 refuses its expression (problem says why).
bool compiler_atom(struct compiler *compiler, const struct atom *atom, uint32_t *ret_atom,
                   struct problem *problem);

// The condition's node; false when it cannot be compiled.
bool compiler_condition(struct compiler *compiler, const struct node *root, uint32_t *ret_node,
                        struct problem *problem);

#endif
