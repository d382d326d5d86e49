// One necessary literal set per rule
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_TRIGGER_H
#define MATCH_TRIGGER_H

#include "match/evaluate.h"

// What is known of a node before an event is looked at, the constants of its class given.
enum selection_known {
    SELECTION_OPEN,
    SELECTION_FALSE,
    SELECTION_TRUE,
};

#define SELECTION_NO_TRIGGER UINT32_MAX

struct selection {
    uint32_t stamp;
    uint32_t weight; // of the cheapest set of atoms one of which must hold; or NO_TRIGGER
    uint8_t known;
};

// Works out known and weight of every node below a rule's root. `stamp` differs for each set
// of constants.
struct selector {
    struct matcher *matcher;
    struct selection *rows; // by node place
    uint32_t stamp;
    const uint8_t *constants; // by symbol: 1 when its value is the same for the whole class
};

// An atom that must hold for the rule to hold, or another of the same rule.
struct trigger_pair {
    uint32_t atom;
    uint32_t rule;
};

struct selection trigger_select(struct selector *selector, uint32_t node);

// Append the chosen set of a root whose weight is not NO_TRIGGER, as struct trigger_pair.
void trigger_collect(struct selector *selector, uint32_t node, uint32_t rule,
                     struct buffer *ret_pairs);

// All triggers of a plan, by field.
struct trigger_index;

// Build from struct trigger_pair; all memory is the arena's. Sizes matcher->entry_stamps.
const struct trigger_index *trigger_index_new(struct matcher *matcher, struct arena *arena,
                                              const struct buffer *pairs);

// The places of trigger_memo.c for one matcher, zeroed; memory_free them.
struct trigger_memo *trigger_memos_new(void);
// The same of trigger_line.c.
struct line_memo *line_memos_new(void);

// Look for the plan's triggers in the event at hand; rules whose trigger is found are added to
// matcher->candidates, each once.
void trigger_scan(struct matcher *matcher, const struct trigger_index *index);

#endif
