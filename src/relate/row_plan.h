// The rows of one class, ready to read records
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_ROW_PLAN_H
#define RELATE_ROW_PLAN_H

#include "base/arena.h"
#include "model/event_class.h"
#include "relate/record_memo.h"
#include "relate/relation_sum.h"
#include "relate/row_words.h"

enum {
    PLAN_ROWS_MAX = 8, // of a class
    PLAN_PARTS_MAX =
        PLAN_ROWS_MAX * PART_COUNT + 2, // all different ones, and who and where of hits
    PLAN_SLOTS_MAX = 40,                // that a part or the conditions read
    // In a slot: all that counts is whether the field says anything.
    SLOT_PRESENCE = 0x8000,
};

// All that a text or an answer follows from: records in which these hold the same bytes give the
// same.
struct plan_reads {
    uint16_t slots[PLAN_SLOTS_MAX]; // fields of the shape, with SLOT_PRESENCE perhaps
    uint32_t count;
    bool folder;   // and what the folder says
    bool too_many; // for PLAN_SLOTS_MAX
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

// One part of a row; rows of a class that say it in the same words share it.
struct plan_part {
    uint32_t index; // among the class's parts
    uint32_t term_count;
    struct plan_term terms[PLAN_TERMS_MAX];
    struct plan_reads reads;
};

struct plan_condition {
    enum condition_sign sign;
    struct plan_term term; // a field that the class lacks: an empty literal
    struct slice words[PLAN_WORDS_MAX];
    uint32_t word_count;
};

struct row_plan {
    enum relation_kind kind;
    const struct plan_part *parts[PART_COUNT]; // NULL: always empty
    bool required[PART_COUNT];                 // no relation without it
    // Numbers: field of the shape, or -1.
    int32_t out, in, taken;
    enum taken_unit {
        TAKEN_MILLISECONDS,
        TAKEN_MICROSECONDS,
        TAKEN_SECONDS
    } taken_unit;
    struct plan_condition conditions[PLAN_CONDITIONS_MAX];
    uint32_t condition_count;
    struct plan_reads condition_reads;
};

// What a class's records say.
struct class_plan {
    struct row_plan *rows;
    uint32_t row_count;
    uint32_t part_count;
    struct plan_reads reads;         // all that its rows say follows from these
    struct record_habit *habit;      // whether its records repeat themselves
    bool is_passing;                 // gone after the record: nothing of it may be remembered
    const struct plan_part *account; // who, where no row says it: for rule hits
    const struct plan_part *recorder;
};

// Find the rows that fit the class and resolve them. `arena` holds what lives on; false when it is
// full.
bool class_plan_init(struct class_plan *plan, const struct event_class *event_class,
                     struct arena *arena);

// A part's text, behind what `scratch` holds; empty when none of its terms gives any. `host` wrote
// the record when the event names none.
struct slice plan_part_render(const struct plan_part *part, const struct event *event,
                              struct slice host, struct buffer *scratch);
// Whether all conditions hold.
bool row_plan_holds(const struct row_plan *row, const struct event *event, struct slice host,
                    struct buffer *scratch);
void row_plan_share(const struct row_plan *row, const struct event *event,
                    struct relation_share *ret_share);

#endif
