// One worker's scratch, shared by evaluate_*.c and trigger_*.c
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_EVALUATE_H
#define MATCH_EVALUATE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/table.h"
#include "match/compiled.h"
#include "match/match.h"
#include "match/plan_hint.h"
#include "match/regex.h"
#include "model/event_class.h"

// Text of an element that is rendered when first asked for. Offsets into the matcher's text
// buffer, behind which 16 readable bytes follow.
struct text_span {
    uint32_t offset;
    uint32_t size;
};

// One value to compare: a scalar, an element of an array, a transformed source, the message.
struct text_element {
    struct value value; // unless rendered at once
    bool has_original;
    bool has_folded;
    bool is_ascii;   // known once folded
    uint8_t asked;   // how many literals were looked for in it
    uint32_t filter; // 1 + place among matcher->filters; 0: none yet
    struct text_span original;
    struct text_span folded;
};

// Which grams of four bytes a folded text has, a bit per hash: most literals that are looked
// for are not there, and this says so in a few instructions.
struct text_filter {
    uint64_t bits[64];
};

// The elements of one place of the event (field or transformed source). Valid when
// `generation` is the matcher's.
struct text_slot {
    uint32_t generation;
    uint32_t first;
    uint32_t count;
};

// Where a symbol lies in events of one class.
struct class_source {
    struct field_source source;
    uint32_t slot;
};

struct class_symbol {
    uint32_t count;
    struct class_source sources[];
};

// What one class of events needs at hand.
struct class_plan {
    const struct event_class *event_class;
    struct rule_plan *plan;              // NULL: no rule can hold
    const struct class_symbol **symbols; // by the plan's local number; NULL: not resolved yet
    const struct class_symbol *const *trigger_symbols; // by field of the trigger index; or NULL
    uint32_t symbol_capacity;
    uint32_t transform_count; // slots of transformed sources lie behind those of the fields
    uint8_t line_state;       // enum line_state of trigger_line.c
    const struct line_slot *line_slots; // what is to be looked at of a line
    uint32_t line_slot_count;
};

// What classes with the same rules share (evaluate_plan.c).
struct rule_plan {
    uint32_t *local_symbols; // by symbol: local number from 1, 0: not asked for yet
    uint32_t symbol_count;
    const uint32_t *sure; // rules that hold for every event of the class
    uint32_t sure_count;
    const uint32_t *always; // rules without a trigger: candidates of every event
    uint32_t always_count;
    const struct trigger_index *triggers; // NULL: none
    const struct line_index *line;        // of them; NULL: not made yet
};

// The element of a symbol that has exactly one in the event; UINT32_MAX: none or several.
struct symbol_text {
    uint32_t generation;
    uint32_t element;
};

enum {
    ANCHORS_MAX = 16,
    ANCHORS_USUAL = 4
};

// Pairs of characters that keywords are looked for by, remembered for the few sets of keywords
// that plans have (trigger_keywords.c).
enum {
    ANCHOR_MEMO_SIZE = 16
};

struct anchor_pairs {
    uint64_t hash; // of the keywords
    uint8_t bytes[ANCHORS_MAX][2];
    uint32_t count;
};

struct anchor_memo {
    struct anchor_pairs pairs[ANCHOR_MEMO_SIZE];
    uint32_t next;
};

// A bank of a template's own values that holds no keyword of the index with this serial.
struct quiet_bank {
    uint64_t serial; // 0: none
    uint32_t index_serial;
};

enum {
    QUIET_BANKS = 4096, // places for them
    CAUGHT_MAX = 8      // entries of one text that are remembered
};

struct matcher {
    const struct ruleset *ruleset;
    const struct compiled *compiled;
    const struct event *event;     // at hand
    struct class_plan *class_plan; // of the event
    uint32_t generation;           // of the event; 31 bits
    uint32_t *memo;                // by node: generation << 1 | result
    struct plan_cache *plans;
    struct text_slot *slots; // by slot
    uint32_t slot_capacity;
    struct text_element *elements;
    uint32_t element_count;
    uint32_t element_capacity;
    struct text_filter *filters;
    uint32_t filter_count;
    uint32_t filter_capacity;
    struct text_slot message;
    struct symbol_text *symbol_texts; // by symbol
    struct buffer text;               // of the event
    struct regex **regexes;           // by number; NULL: not compiled yet
    struct hint_run *regex_runs;      // by number, made with the expression
    struct regex_scratch *regex_scratch;
    uint64_t regex_limit_count;
    uint64_t tried_count;       // rules evaluated since matcher_new, for the bench
    uint32_t *candidate_stamps; // by rule: generation of last sight
    uint32_t *candidates;
    uint32_t candidate_count;
    uint32_t *hits;
    uint32_t hit_count;
    uint32_t *entry_stamps; // by trigger entry of the plan: generation of last sight
    uint32_t entry_capacity;
    struct anchor_memo anchor_memo;
    bool has_avx2;
    uint32_t index_serial;                          // of the newest field index
    struct quiet_bank *quiet_banks;                 // by serial, as far as there is room
    struct trigger_memo *trigger_memos;             // trigger_memo.c
    uint32_t keyword_count;                         // keywords found since matcher_new
    const struct trigger_entry *caught[CAUGHT_MAX]; // by the scan of the text at hand
    uint32_t caught_count;                          // may be more than fit
    struct buffer line;                             // a value of a line, folded; trigger_line.c
    struct line_memo *line_memos;                   // by a value's bytes
    uint32_t line_serial;                           // of the newest line index
    uint64_t line_fields; // of the trigger index that the line may have a trigger for
};

// evaluate_text.c: values as text, once per event.
void texts_init(struct matcher *matcher);
void texts_done(struct matcher *matcher);
void texts_reset(struct matcher *matcher); // at the start of an event
const struct class_symbol *texts_symbol(struct matcher *matcher, uint32_t symbol);
struct text_slot texts_source(struct matcher *matcher, const struct class_source *source);
struct text_slot texts_field(struct matcher *matcher, uint32_t field);
struct text_slot texts_message(struct matcher *matcher);
struct slice texts_original(struct matcher *matcher, uint32_t element);
struct slice texts_folded(struct matcher *matcher, uint32_t element);
bool texts_is_ascii(struct matcher *matcher, uint32_t element); // folds it
// False when the folded text certainly lacks the atom's hint.
bool texts_may_have(struct matcher *matcher, uint32_t element, const struct compiled_atom *atom);

// evaluate_pattern.c
bool pattern_fits(const struct compiled *compiled, const struct compiled_atom *atom,
                  struct slice text);
// First place of needle in text, or SIZE_MAX. 16 bytes behind the text must be readable.
size_t text_find(struct slice text, struct slice needle);

// evaluate_atom.c, evaluate_number.c
bool atom_holds(struct matcher *matcher, const struct compiled_atom *atom);
bool address_inside(const struct compiled_atom *atom, struct slice text);
bool number_compares(const struct compiled_atom *atom, const struct value *value,
                     struct slice text);
bool time_part_equals(const struct compiled_atom *atom, struct slice text);

// evaluate_plan.c: what is worked out once per class.
struct plan_cache *plan_cache_new(const struct compiled *compiled);
void plan_cache_free(struct plan_cache *cache);
// Room that lives as long as the plan at hand.
struct arena *plan_arena(struct matcher *matcher);
// Room for `count` symbols of the class at hand, as long as its plan lives.
const struct class_symbol **plan_new(struct matcher *matcher, uint32_t count);
// Set matcher->class_plan for the event at hand.
void plan_enter(struct matcher *matcher);

// evaluate_node.c: whether a node holds for the event; memoised.
bool node_holds(struct matcher *matcher, uint32_t node);

#endif
