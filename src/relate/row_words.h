// The words of a row, read one by one
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_ROW_WORDS_H
#define RELATE_ROW_WORDS_H

#include "relate/relation_codec.h"
#include "relate/relation_row.h"
#include "relate/text_form.h"

#include <stdbool.h>

enum {
    PLAN_TERMS_MAX = 4,      // of a part
    PLAN_CONDITIONS_MAX = 4, // of a row
    PLAN_WORDS_MAX = 8,      // of a condition
};

// Where a text comes from.
enum term_origin {
    TERM_FIELD,
    TERM_ELEMENT, // the index-th of several unnamed Data
    TERM_ACCOUNT, // field: domain, field2: user
    TERM_DOTTED,  // fields joined by '.'
    TERM_SLASHED, // two fields joined by '/'
    TERM_LITERAL,
    TERM_HOST,
    TERM_FOLDER,
    TERM_MARKS,
};

enum condition_sign {
    CONDITION_IS,
    CONDITION_IS_NOT,
    CONDITION_CONTAINS,
    CONDITION_LACKS
};

// "from=a|b; out=c": one item.
struct row_item {
    enum row_number {
        ROW_NUMBER_NONE,
        ROW_NUMBER_OUT,
        ROW_NUMBER_IN,
        ROW_NUMBER_TAKEN
    } number;
    enum relation_part part; // when it is no number
    struct slice words;      // "a|b"
};

struct row_term {
    enum term_origin origin;
    enum text_form form;
    struct slice name, name2; // dotted: all of the names
    uint16_t index;
};

struct row_condition {
    enum condition_sign sign;
    struct row_term term;
    struct slice words; // "3|10"
};

// Each takes one from the front of *rest; false at the end. Words that no table may hold (they are
// static) are asserts; relation_row_is_well_formed asks without.
bool row_next_item(struct slice *rest, struct row_item *ret_item);
bool row_next_term(struct slice *rest, struct row_term *ret_term);
bool row_next_condition(struct slice *rest, struct row_condition *ret_condition);
bool row_next_word(struct slice *rest, struct slice *ret_word);
bool row_next_name(struct slice *rest, struct slice *ret_name); // of a dotted term's name2

// Whether a row's words can be read at all: for the test of the tables.
bool relation_row_is_well_formed(const struct relation_row *row);

// Take a '!' from the end.
bool row_part_is_required(struct slice *words);

#endif
