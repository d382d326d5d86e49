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

static void path_append_marks(const struct plan_term *term, const struct event *event,
                              struct buffer *scratch, struct web_path *ret_path) {
    size_t start = scratch->size;
    size_t size = mark_text(term, MARK_PATH, event, scratch).size;
    *ret_path = (struct web_path){.marks = 0};
    // Room first: the path must not move while it is read.
    if (size && buffer_reserve(scratch, size + 1))
        web_path_normalise(slice_of(scratch->data + start, size), scratch, ret_path);
}

// In the order of relation_kind.def.
static void marks_append(const struct plan_term *term, const struct event *event,
                         struct buffer *scratch) {
    size_t start = scratch->size;
    struct web_path path;
    path_append_marks(term, event, scratch, &path);
    bool odd = web_path_is_odd(path.marks);
    bool script = path.script.size > 0;
    bool query = mark_text(term, MARK_QUERY, event, scratch).size > 0;
    bool referrer = mark_text(term, MARK_REFERRER, event, scratch).size > 0;
    bool backend = slice_equal(mark_text(term, MARK_PORT, event, scratch), SLICE("444"));
    scratch->size = start;
    if (odd)
        buffer_append_byte(scratch, 'R');
    if (query)
        buffer_append_byte(scratch, 'Q');
    if (script)
        buffer_append_byte(scratch, 'E');
    if (!referrer && term->fields[MARK_REFERRER] >= 0)
        buffer_append_byte(scratch, 'N');
    if (backend)
        buffer_append_byte(scratch, 'P');
}

// Append a term's text, in its form; false when there is none.
static bool term_append(const struct plan_term *term, const struct event *event, struct slice host,
                        struct buffer *scratch) {
    size_t start = scratch->size;
    struct value element;
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
            buffer_append_slice(scratch, host);
        break;
    case TERM_FOLDER:
        buffer_append_slice(scratch, host);
        break;
    case TERM_DOTTED:
        dotted_append(term, event, scratch);
        break;
    case TERM_SLASHED:
        slashed_append(term, event, scratch);
        break;
    case TERM_MARKS:
        marks_append(term, event, scratch);
        return scratch->size > start;
    }
    return text_form_apply(term->form, scratch, start);
}

struct slice plan_part_render(const struct plan_part *part, const struct event *event,
                              struct slice host, struct buffer *scratch) {
    size_t start = scratch->size;
    for (uint32_t i = 0; i < part->term_count; i++)
        if (term_append(&part->terms[i], event, host, scratch))
            break;
    return slice_part(buffer_slice(scratch), start, SIZE_MAX);
}

static bool condition_holds(const struct plan_condition *condition, const struct event *event,
                            struct slice host, struct buffer *scratch) {
    size_t start = scratch->size;
    term_append(&condition->term, event, host, scratch);
    struct slice text = slice_part(buffer_slice(scratch), start, SIZE_MAX);
    bool found = condition->word_count == 0 && text.size == 0;
    for (uint32_t i = 0; i < condition->word_count && !found; i++)
        found = condition->sign >= CONDITION_CONTAINS
                    ? text_find_fold_ascii(text, 0, condition->words[i]) != SIZE_MAX
                    : text_equal_fold_ascii(text, condition->words[i]);
    scratch->size = start;
    return found == (condition->sign != CONDITION_IS_NOT && condition->sign != CONDITION_LACKS);
}

bool row_plan_holds(const struct row_plan *row, const struct event *event, struct slice host,
                    struct buffer *scratch) {
    for (uint32_t i = 0; i < row->condition_count; i++)
        if (!condition_holds(&row->conditions[i], event, host, scratch))
            return false;
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
