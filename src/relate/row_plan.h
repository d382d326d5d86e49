// The rows of one class, ready to read records
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_ROW_PLAN_H
#define RELATE_ROW_PLAN_H

#include "base/arena.h"
#include "model/event_class.h"
#include "relate/path_memo.h"
#include "relate/relation_sum.h"
#include "relate/row_words.h"

enum {
    PLAN_ROWS_MAX = 8,   // of a class
    PLAN_SLOTS_MAX = 40, // of a row
    // In a slot: all that counts is whether the field says anything.
    SLOT_PRESENCE = 0x8000,
};

// What a record is read with.
struct row_context {
    struct slice host; // writes the record when the event names none
    struct path_memo *paths;
};

// Where a text comes from.
struct plan_term {
    enum term_origin origin;
    enum text_form form;
    uint16_t field, field2;
    uint16_t index;
    int32_t fields[4]; // dotted: its fields; marks: MARK_*; -1: the class has none
    struct slice literal;
};

// What the marks of a web request are read from.
enum plan_mark {
    MARK_PATH,
    MARK_QUERY,
    MARK_REFERRER,
    MARK_PORT
};

struct plan_part {
    struct plan_term terms[PLAN_TERMS_MAX];
    uint32_t term_count;
    bool required;
};

struct plan_condition {
    enum condition_sign sign;
    struct plan_term term; // a field that the class lacks: an empty literal
    struct slice words[PLAN_WORDS_MAX];
    uint32_t word_count;
};

// The slots are all that the texts and conditions read: records whose slots hold the same bytes say
// the same.
struct row_plan {
    enum relation_kind kind;
    uint16_t slots[PLAN_SLOTS_MAX]; // fields of the shape, with SLOT_PRESENCE perhaps
    uint32_t slot_count;
    bool cacheable; // no more slots than PLAN_SLOTS_MAX
    struct plan_part parts[PART_COUNT];
    // Numbers: field of the shape, or -1.
    int32_t out, in, taken;
    enum taken_unit {
        TAKEN_MILLISECONDS,
        TAKEN_MICROSECONDS,
        TAKEN_SECONDS
    } taken_unit;
    struct plan_condition conditions[PLAN_CONDITIONS_MAX];
    uint32_t condition_count;
};

// What a class's records say.
struct class_plan {
    struct row_plan *rows;
    uint32_t row_count;
    struct plan_part account; // who, where no row says it: for rule hits
};

// Find the rows that fit the class and resolve them. `arena` holds what lives on; false when it is
// full.
bool class_plan_init(struct class_plan *plan, const struct event_class *event_class,
                     struct arena *arena);

// Whether the record's path alone says that the row does not hold: asked first, it is cheap.
bool row_plan_is_barred(const struct row_plan *row, const struct event *event,
                        const struct row_context *context);
// Render what a row says of an event: texts into `scratch` (views into it until it changes). False
// when a condition or a required part fails.
bool row_plan_render(const struct row_plan *row, const struct event *event,
                     const struct row_context *context, struct buffer *scratch,
                     struct relation_key *ret_key);
void row_plan_share(const struct row_plan *row, const struct event *event,
                    struct relation_share *ret_share);

// One part as text; empty when none of its terms gives any.
struct slice plan_part_render(const struct plan_part *part, const struct event *event,
                              const struct row_context *context, struct buffer *scratch);

#endif
