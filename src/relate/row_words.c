// The words of a row, read one by one
// SPDX-License-Identifier: Apache-2.0
#include "relate/row_words.h"

#include "base/text.h"

#include <assert.h>

static struct slice words_trim(struct slice text) {
    while (text.size && text.data[0] == ' ')
        text = slice_part(text, 1, SIZE_MAX);
    while (text.size && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

// What stands before the next `end`, outside of quotes; false when nothing is left.
static bool words_take(struct slice *rest, char end, struct slice *ret_word) {
    if (rest->size == 0)
        return false;
    size_t size = 0;
    bool quoted = false;
    while (size < rest->size && (quoted || rest->data[size] != (uint8_t)end))
        quoted ^= rest->data[size++] == '\'';
    *ret_word = words_trim(slice_part(*rest, 0, size));
    *rest = slice_part(*rest, size + 1, SIZE_MAX);
    return true;
}

static size_t words_find(struct slice text, const char *bytes) {
    size_t i = 0;
    while (i < text.size && !strchr(bytes, text.data[i]))
        i++;
    return i;
}

static bool item_name(struct slice name, struct row_item *item) {
    static const char *const PARTS[] = {"from",    "to",      "account", "artefact", "detail0",
                                        "detail1", "detail2", "detail3", "recorder"};
    static const char *const NUMBERS[] = {"", "out", "in", "taken"};
    for (size_t i = 0; i < ARRAY_SIZE(PARTS); i++)
        if (slice_equal_string(name, PARTS[i])) {
            item->part = (enum relation_part)i;
            item->number = ROW_NUMBER_NONE;
            return true;
        }
    for (size_t i = 1; i < ARRAY_SIZE(NUMBERS); i++)
        if (slice_equal_string(name, NUMBERS[i])) {
            item->number = (enum row_number)i;
            return true;
        }
    return false;
}

// False for words that name no part.
static bool item_read(struct slice words, struct row_item *item) {
    size_t equals = words_find(words, "=");
    if (equals == words.size)
        return false;
    item->words = words_trim(slice_part(words, equals + 1, SIZE_MAX));
    return item_name(words_trim(slice_part(words, 0, equals)), item) && item->words.size;
}

bool row_next_item(struct slice *rest, struct row_item *ret_item) {
    struct slice words;
    if (!words_take(rest, ';', &words))
        return false;
    bool fine = item_read(words, ret_item);
    assert(fine);
    (void)fine;
    return true;
}

bool row_part_is_required(struct slice *words) {
    if (!slice_ends(*words, SLICE("!")))
        return false;
    words->size--;
    return true;
}

static bool term_read_place(struct slice words, struct row_term *term) {
    if (words.size && words.data[0] == '@') {
        term->origin = slice_equal(words, SLICE("@host"))     ? TERM_HOST
                       : slice_equal(words, SLICE("@folder")) ? TERM_FOLDER
                                                              : TERM_MARKS;
        return term->origin != TERM_MARKS || slice_equal(words, SLICE("@marks"));
    }
    if (words.size >= 2 && words.data[0] == '\'') {
        term->origin = TERM_LITERAL;
        term->name = slice_part(words, 1, words.size - 2);
        return slice_ends(words, SLICE("'"));
    }
    size_t bracket = words_find(words, "[");
    int64_t index;
    if (bracket < words.size) {
        term->origin = TERM_ELEMENT;
        term->name = slice_part(words, 0, bracket);
        if (!slice_ends(words, SLICE("]")) ||
            !text_integer(slice_part(words, bracket + 1, words.size - bracket - 2), &index))
            return false;
        term->index = (uint16_t)index;
        return true;
    }
    size_t sign = words_find(words, "+^&");
    term->name = slice_part(words, 0, sign);
    term->name2 = slice_part(words, sign + 1, SIZE_MAX);
    term->origin = sign == words.size        ? TERM_FIELD
                   : words.data[sign] == '+' ? TERM_ACCOUNT
                   : words.data[sign] == '^' ? TERM_SLASHED
                                             : TERM_DOTTED;
    return term->name.size > 0 && (term->origin == TERM_FIELD || term->name2.size > 0);
}

static bool term_read(struct slice words, struct row_term *term) {
    *term = (struct row_term){.form = TEXT_FORM_PLAIN};
    bool literal = words.size && words.data[0] == '\'';
    size_t colon = literal ? words.size : words_find(words, ":");
    return term_read_place(slice_part(words, 0, colon), term) &&
           (colon == words.size ||
            text_form_parse(slice_part(words, colon + 1, SIZE_MAX), &term->form));
}

bool row_next_term(struct slice *rest, struct row_term *ret_term) {
    struct slice words;
    if (!words_take(rest, '|', &words))
        return false;
    bool fine = term_read(words, ret_term);
    assert(fine);
    (void)fine;
    return true;
}

static bool condition_read(struct slice words, struct row_condition *condition) {
    size_t sign = words_find(words, "=!~");
    if (sign == words.size)
        return false;
    condition->sign = words.data[sign] == '='                                 ? CONDITION_IS
                      : slice_starts(slice_part(words, sign, 2), SLICE("!~")) ? CONDITION_LACKS
                      : words.data[sign] == '!'                               ? CONDITION_IS_NOT
                                                                              : CONDITION_CONTAINS;
    condition->words = slice_part(words, sign + (words.data[sign] == '!' ? 2 : 1), SIZE_MAX);
    return term_read(slice_part(words, 0, sign), &condition->term);
}

bool row_next_condition(struct slice *rest, struct row_condition *ret_condition) {
    struct slice words;
    if (!words_take(rest, ';', &words))
        return false;
    bool fine = condition_read(words, ret_condition);
    assert(fine);
    (void)fine;
    return true;
}

bool row_next_name(struct slice *rest, struct slice *ret_name) {
    return words_take(rest, '&', ret_name);
}

bool row_next_word(struct slice *rest, struct slice *ret_word) {
    return words_take(rest, '|', ret_word);
}

static bool part_is_well_formed(struct slice words) {
    struct slice one;
    struct row_term term;
    uint32_t count = 0;
    row_part_is_required(&words);
    while (words_take(&words, '|', &one))
        if (!term_read(one, &term) || ++count > PLAN_TERMS_MAX)
            return false;
    return count > 0;
}

bool relation_row_is_well_formed(const struct relation_row *row) {
    struct slice rest = slice_of_string(row->parts);
    struct slice words;
    struct row_item item;
    struct row_condition condition;
    uint32_t count = 0;
    while (words_take(&rest, ';', &words))
        if (!item_read(words, &item) || !part_is_well_formed(item.words))
            return false;
    rest = slice_of_string(row->when);
    while (words_take(&rest, ';', &words))
        if (!condition_read(words, &condition) || ++count > PLAN_CONDITIONS_MAX)
            return false;
    return true;
}
