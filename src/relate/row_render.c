// What a row says of a record
// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "model/hosts.h"
#include "model/web_path.h"
#include "relate/row_plan.h"

#include <stdlib.h>

static void dotted_append(const struct plan_term *term, const struct event *event,
                          struct buffer *scratch) {
    size_t start = scratch->size;
    for (size_t i = 0; i < ARRAY_SIZE(term->fields) && term->fields[i] >= 0; i++) {
        const struct value *value = event_value(event, (uint32_t)term->fields[i]);
        if (value_is_null(value) || value->size == 0) {
            scratch->size = start;
            return;
        }
        if (i)
            buffer_append_byte(scratch, '.');
        value_append_text(value, scratch);
    }
}

static void slashed_append(const struct plan_term *term, const struct event *event,
                           struct buffer *scratch) {
    value_append_text(event_value(event, term->field), scratch);
    buffer_append_byte(scratch, '/');
    value_append_text(event_value(event, term->field2), scratch);
}

// A mark's text behind what the buffer holds; "-" is none.
static struct slice mark_text(const struct plan_term *term, enum plan_mark mark,
                              const struct event *event, struct buffer *scratch) {
    size_t start = scratch->size;
    if (term->fields[mark] >= 0)
        value_append_text(event_value(event, (uint32_t)term->fields[mark]), scratch);
    struct slice text = slice_part(buffer_slice(scratch), start, SIZE_MAX);
    return slice_equal(text, SLICE("-")) ? (struct slice){NULL, 0} : text;
}

static void path_marks(const struct plan_term *term, const struct event *event,
                       struct buffer *scratch, struct path_words *words) {
    size_t start = scratch->size;
    struct web_path path = {.marks = 0};
    size_t size = mark_text(term, MARK_PATH, event, scratch).size;
    // Room first: the path must not move while it is read.
    if (size && buffer_reserve(scratch, size + 1))
        web_path_normalise(slice_of(scratch->data + start, size), scratch, &path);
    words->odd = web_path_is_odd(path.marks);
    words->script = path.script.size > 0;
}

// In the order of relation_kind.def.
static void marks_append(const struct plan_term *term, const struct event *event,
                         const struct row_context *context, struct buffer *scratch) {
    size_t start = scratch->size;
    struct path_words words = {.odd = false};
    if (term->fields[MARK_PATH] < 0 ||
        !path_memo_find(context->paths, event_value(event, (uint32_t)term->fields[MARK_PATH]),
                        &words))
        path_marks(term, event, scratch, &words);
    bool query = mark_text(term, MARK_QUERY, event, scratch).size > 0;
    bool referrer = mark_text(term, MARK_REFERRER, event, scratch).size > 0;
    bool backend = slice_equal(mark_text(term, MARK_PORT, event, scratch), SLICE("444"));
    scratch->size = start;
    if (words.odd)
        buffer_append_byte(scratch, 'R');
    if (query)
        buffer_append_byte(scratch, 'Q');
    if (words.script)
        buffer_append_byte(scratch, 'E');
    if (!referrer && term->fields[MARK_REFERRER] >= 0)
        buffer_append_byte(scratch, 'N');
    if (backend)
        buffer_append_byte(scratch, 'P');
}

static bool term_is_path(const struct plan_term *term) {
    return term->origin == TERM_FIELD &&
           (term->form == TEXT_FORM_WEB_PATH || term->form == TEXT_FORM_PACKAGE);
}

// False when the path is none that is remembered.
static bool path_words_of(const struct plan_term *term, const struct event *event,
                          const struct row_context *context, struct slice *ret_text) {
    struct path_words words;
    if (!path_memo_find(context->paths, event_value(event, term->field), &words))
        return false;
    *ret_text = term->form == TEXT_FORM_PACKAGE ? words.package : words.path;
    return true;
}

// Append a term's text, in its form; false when there is none.
static bool term_append(const struct plan_term *term, const struct event *event,
                        const struct row_context *context, struct buffer *scratch) {
    size_t start = scratch->size;
    struct value element;
    struct slice path;
    if (term_is_path(term) && path_words_of(term, event, context, &path)) {
        buffer_append_slice(scratch, path);
        return path.size > 0;
    }
    switch (term->origin) {
    case TERM_FIELD:
        value_append_text(event_value(event, term->field), scratch);
        break;
    case TERM_ELEMENT:
        element = event_data(event, term->index);
        value_append_text(&element, scratch);
        break;
    case TERM_ACCOUNT:
        field_transform_append(FIELD_TRANSFORM_JOIN_ACCOUNT, event_value(event, term->field),
                               event_value(event, term->field2), scratch);
        break;
    case TERM_LITERAL:
        buffer_append_slice(scratch, term->literal);
        return term->literal.size > 0;
    case TERM_HOST:
        value_append_text(event_role_value(event, FIELD_ROLE_COMPUTER), scratch);
        if (scratch->size == start)
            buffer_append_slice(scratch, context->host);
        break;
    case TERM_FOLDER:
        buffer_append_slice(scratch, context->host);
        break;
    case TERM_DOTTED:
        dotted_append(term, event, scratch);
        break;
    case TERM_SLASHED:
        slashed_append(term, event, scratch);
        break;
    case TERM_MARKS:
        marks_append(term, event, context, scratch);
        return scratch->size > start;
    }
    return text_form_apply(term->form, scratch, start);
}

struct slice plan_part_render(const struct plan_part *part, const struct event *event,
                              const struct row_context *context, struct buffer *scratch) {
    size_t start = scratch->size;
    for (uint32_t i = 0; i < part->term_count; i++)
        if (term_append(&part->terms[i], event, context, scratch))
            break;
    return slice_part(buffer_slice(scratch), start, SIZE_MAX);
}

static bool text_contains_fold(struct slice text, struct slice part) {
    for (size_t i = 0; i + part.size <= text.size; i++)
        if (text_equal_fold_ascii(slice_part(text, i, part.size), part))
            return true;
    return false;
}

static bool condition_holds(const struct plan_condition *condition, const struct event *event,
                            const struct row_context *context, struct buffer *scratch) {
    size_t start = scratch->size;
    term_append(&condition->term, event, context, scratch);
    struct slice text = slice_part(buffer_slice(scratch), start, SIZE_MAX);
    bool found = condition->word_count == 0 && text.size == 0;
    for (uint32_t i = 0; i < condition->word_count && !found; i++)
        found = condition->sign >= CONDITION_CONTAINS
                    ? text_contains_fold(text, condition->words[i])
                    : text_equal_fold_ascii(text, condition->words[i]);
    scratch->size = start;
    return found == (condition->sign != CONDITION_IS_NOT && condition->sign != CONDITION_LACKS);
}

// The day, while a part is an address that is another host's tomorrow perhaps.
static int32_t key_bucket(const struct relation_key *key, int64_t time_ns) {
    if (time_ns == CLOCK_NONE)
        return 0;
    for (size_t i = PART_FROM; i <= PART_TO; i++)
        if (address_is_address(key->parts[i]) && !address_is_outside(key->parts[i]))
            return day_of(time_ns);
    return 0;
}

bool row_plan_is_barred(const struct row_plan *row, const struct event *event,
                        const struct row_context *context) {
    const struct plan_part *part = &row->parts[PART_ARTEFACT];
    struct slice text;
    return part->required && part->term_count == 1 && term_is_path(&part->terms[0]) &&
           path_words_of(&part->terms[0], event, context, &text) && text.size == 0;
}

bool row_plan_render(const struct row_plan *row, const struct event *event,
                     const struct row_context *context, struct buffer *scratch,
                     struct relation_key *ret_key) {
    for (uint32_t i = 0; i < row->condition_count; i++)
        if (!condition_holds(&row->conditions[i], event, context, scratch))
            return false;
    size_t sizes[PART_COUNT];
    size_t start = scratch->size;
    for (size_t i = 0; i < PART_COUNT; i++) {
        sizes[i] = plan_part_render(&row->parts[i], event, context, scratch).size;
        if (sizes[i] == 0 && row->parts[i].required)
            return false;
    }
    ret_key->kind = row->kind;
    for (size_t i = 0; i < PART_COUNT; i++) {
        ret_key->parts[i] = slice_part(buffer_slice(scratch), start, sizes[i]);
        start += sizes[i];
    }
    ret_key->bucket = key_bucket(ret_key, event->time_ns);
    return true;
}

static uint64_t share_number(const struct event *event, int32_t field) {
    int64_t number;
    if (field < 0 || !value_integer(event_value(event, (uint32_t)field), &number) || number < 0)
        return 0;
    return (uint64_t)number;
}

// Whole milliseconds of "0.125" seconds.
static uint64_t share_seconds(const struct event *event, int32_t field) {
    char text[24];
    const struct value *value = event_value(event, (uint32_t)field);
    if (value->size >= sizeof text || value->size == 0)
        return 0;
    memcpy(text, value->data, value->size);
    text[value->size] = '\0';
    double seconds = strtod(text, NULL);
    return seconds > 0 && seconds < 1e9 ? (uint64_t)(seconds * 1000 + 0.5) : 0;
}

static uint64_t share_taken(const struct row_plan *row, const struct event *event) {
    if (row->taken < 0)
        return 0;
    if (row->taken_unit == TAKEN_SECONDS)
        return share_seconds(event, row->taken);
    uint64_t number = share_number(event, row->taken);
    return row->taken_unit == TAKEN_MICROSECONDS ? number / 1000 : number;
}

void row_plan_share(const struct row_plan *row, const struct event *event,
                    struct relation_share *ret_share) {
    *ret_share = (struct relation_share){
        .time_ns = event->time_ns,
        .bytes_out = share_number(event, row->out),
        .bytes_in = share_number(event, row->in),
        .taken_ms = share_taken(row, event),
    };
}
