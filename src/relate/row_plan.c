// The rows of one class, resolved
// SPDX-License-Identifier: Apache-2.0
#include "relate/row_plan.h"

#include "base/text.h"
#include "relate/row_words.h"

#include <assert.h>

static const struct relation_family *const FAMILIES[] = {
#define FAMILY(name) &relation_family_##name,
#include "relate/relation_families.def"
#undef FAMILY
};

static bool set_holds(const uint64_t *set, uint32_t number) {
    return set[number / 64] >> (number % 64) & 1;
}

static bool row_fits(const struct relation_row *row, const struct event_class *event_class) {
    const struct log_source *source = &event_class->log_source;
    return (row->code == ROW_ANY_CODE || row->code == event_class->code) &&
           (!row->format || strcmp(row->format, event_class->shape->format) == 0) &&
           (row->service == LOG_SERVICE_NONE || set_holds(source->services, row->service)) &&
           (row->category == LOG_CATEGORY_NONE || set_holds(source->categories, row->category)) &&
           (!row->provider ||
            text_equal_fold_ascii(event_class->provider, slice_of_string(row->provider))) &&
           (!row->channel ||
            text_equal_fold_ascii(event_class->channel, slice_of_string(row->channel)));
}

static void plan_note_slot(struct row_plan *row, uint16_t field) {
    for (uint32_t i = 0; i < row->slot_count; i++)
        if (row->slots[i] == field)
            return;
    if (row->slot_count == PLAN_SLOTS_MAX)
        row->cacheable = false;
    else
        row->slots[row->slot_count++] = field;
}

static void plan_note_data(struct row_plan *row, const struct shape *shape) {
    for (uint32_t i = 0; i < shape->field_count; i++)
        if (slice_equal(shape->fields[i].name, SLICE("Data")))
            plan_note_slot(row, (uint16_t)i);
}

static bool resolve(const struct event_class *event_class, struct slice name, uint16_t *ret_field) {
    struct field_source source;
    if (event_class_resolve(event_class, name, false, &source, 1) == 0)
        return false;
    *ret_field = source.field;
    return true;
}

static int32_t plan_resolve_slot(struct row_plan *row, const struct event_class *event_class,
                                 struct slice name) {
    uint16_t field;
    if (!resolve(event_class, name, &field))
        return -1;
    plan_note_slot(row, field);
    return field;
}

// A dotted term needs all of its fields.
static bool plan_resolve_dotted(struct row_plan *row, const struct event_class *event_class,
                                const struct row_term *words, struct plan_term *term) {
    struct slice name = words->name;
    struct slice rest = words->name2;
    for (size_t i = 0; i < ARRAY_SIZE(term->fields); i++)
        term->fields[i] = -1;
    for (size_t i = 0; i < ARRAY_SIZE(term->fields); i++) {
        term->fields[i] = plan_resolve_slot(row, event_class, name);
        if (term->fields[i] < 0)
            return false;
        if (!row_next_name(&rest, &name))
            break;
    }
    return true;
}

// The same things have other names in other logs: W3C's, Exchange's HttpProxy's.
static void plan_resolve_marks(struct row_plan *row, const struct event_class *event_class,
                               struct plan_term *term) {
    static const struct slice NAMES[][3] = {
        [MARK_PATH] = {SLICE("cs-uri-stem"), SLICE("UrlStem"), SLICE("uri")},
        [MARK_QUERY] = {SLICE("cs-uri-query"), SLICE("UrlQuery"), SLICE("")},
        [MARK_REFERRER] = {SLICE("cs(Referer)"), SLICE("cs-referrer"), SLICE("referrer")},
        [MARK_PORT] = {SLICE("s-port"), SLICE("id.resp_p"), SLICE("")},
    };
    for (size_t mark = 0; mark < ARRAY_SIZE(NAMES); mark++) {
        uint16_t field;
        uint16_t sign = mark == MARK_QUERY || mark == MARK_REFERRER ? SLOT_PRESENCE : 0;
        term->fields[mark] = -1;
        for (size_t i = 0; i < ARRAY_SIZE(NAMES[mark]) && term->fields[mark] < 0; i++)
            if (NAMES[mark][i].size && resolve(event_class, NAMES[mark][i], &field))
                term->fields[mark] = field;
        if (term->fields[mark] >= 0)
            plan_note_slot(row, (uint16_t)term->fields[mark] | sign);
    }
}

// False when the class lacks the field.
static bool plan_resolve_term(struct row_plan *row, const struct event_class *event_class,
                              const struct row_term *words, struct plan_term *term) {
    *term = (struct plan_term){.origin = words->origin, .form = words->form, .index = words->index};
    switch (words->origin) {
    case TERM_LITERAL:
        term->literal = words->name;
        return true;
    case TERM_FIELD:
        if (!resolve(event_class, words->name, &term->field))
            return false;
        plan_note_slot(row, term->field);
        return true;
    case TERM_ELEMENT:
        plan_note_data(row, event_class->shape);
        return resolve(event_class, words->name, &term->field);
    case TERM_ACCOUNT:
        if (!resolve(event_class, words->name2, &term->field2))
            return false;
        plan_note_slot(row, term->field2);
        if (!resolve(event_class, words->name, &term->field)) {
            term->origin = TERM_FIELD;
            term->field = term->field2;
            return true;
        }
        plan_note_slot(row, term->field);
        return true;
    case TERM_DOTTED:
        return plan_resolve_dotted(row, event_class, words, term);
    case TERM_SLASHED:
        if (!resolve(event_class, words->name, &term->field) ||
            !resolve(event_class, words->name2, &term->field2))
            return false;
        plan_note_slot(row, term->field);
        plan_note_slot(row, term->field2);
        return true;
    case TERM_MARKS:
        plan_resolve_marks(row, event_class, term);
        return true;
    case TERM_HOST:
    case TERM_FOLDER:
        break;
    }
    return true;
}

static void plan_resolve_part(struct row_plan *row, const struct event_class *event_class,
                              struct slice words, struct plan_part *part) {
    struct row_term term;
    *part = (struct plan_part){.required = row_part_is_required(&words)};
    while (row_next_term(&words, &term)) {
        assert(part->term_count < PLAN_TERMS_MAX);
        if (plan_resolve_term(row, event_class, &term, &part->terms[part->term_count]))
            part->term_count++;
    }
}

static int32_t plan_resolve_number(const struct event_class *event_class, struct slice words) {
    struct row_term term;
    uint16_t field;
    while (row_next_term(&words, &term))
        if (resolve(event_class, term.name, &field))
            return field;
    return -1;
}

static void plan_resolve_taken(const struct event_class *event_class, struct slice words,
                               struct row_plan *row) {
    row->taken = plan_resolve_number(event_class, words);
    if (row->taken < 0)
        return;
    struct slice name = event_class->shape->fields[row->taken].name;
    row->taken_unit = slice_ends(name, SLICE("-us")) ? TAKEN_MICROSECONDS
                      : slice_ends(name, SLICE("-s")) || slice_equal(name, SLICE("duration"))
                          ? TAKEN_SECONDS
                          : TAKEN_MILLISECONDS;
}

static void plan_resolve_item(struct row_plan *row, const struct event_class *event_class,
                              const struct row_item *item) {
    if (item->number == ROW_NUMBER_NONE)
        plan_resolve_part(row, event_class, item->words, &row->parts[item->part]);
    else if (item->number == ROW_NUMBER_OUT)
        row->out = plan_resolve_number(event_class, item->words);
    else if (item->number == ROW_NUMBER_IN)
        row->in = plan_resolve_number(event_class, item->words);
    else
        plan_resolve_taken(event_class, item->words, row);
}

static void plan_resolve_condition(struct row_plan *row, const struct event_class *event_class,
                                   struct row_condition *words, struct plan_condition *condition) {
    condition->sign = words->sign;
    if (!plan_resolve_term(row, event_class, &words->term, &condition->term))
        condition->term = (struct plan_term){.origin = TERM_LITERAL};
    condition->word_count = 0;
    while (row_next_word(&words->words, &condition->words[condition->word_count]))
        if (++condition->word_count == PLAN_WORDS_MAX)
            break;
}

static void plan_resolve_row(struct row_plan *row, const struct event_class *event_class,
                             const struct relation_row *from) {
    struct slice rest = slice_of_string(from->parts);
    struct row_item item;
    *row =
        (struct row_plan){.kind = from->kind, .cacheable = true, .out = -1, .in = -1, .taken = -1};
    if (event_class->shape->role_fields[FIELD_ROLE_COMPUTER] >= 0)
        plan_note_slot(row, (uint16_t)event_class->shape->role_fields[FIELD_ROLE_COMPUTER]);
    while (row_next_item(&rest, &item))
        plan_resolve_item(row, event_class, &item);
    if (row->parts[PART_RECORDER].term_count == 0)
        row->parts[PART_RECORDER] = (struct plan_part){
            .terms = {{.origin = TERM_HOST, .form = TEXT_FORM_HOST}}, .term_count = 1};
    rest = slice_of_string(from->when);
    struct row_condition condition;
    while (row_next_condition(&rest, &condition)) {
        assert(row->condition_count < PLAN_CONDITIONS_MAX);
        plan_resolve_condition(row, event_class, &condition,
                               &row->conditions[row->condition_count++]);
    }
}

// A required part of which no term is there can never be met.
static bool row_plan_can_hold(const struct row_plan *row) {
    for (size_t i = 0; i < PART_COUNT; i++)
        if (row->parts[i].required && row->parts[i].term_count == 0)
            return false;
    return true;
}

static void plan_find_account(struct class_plan *plan, const struct event_class *event_class) {
    struct row_plan none = {.slot_count = 0};
    static const char WORDS[] = "User|SubjectDomainName+SubjectUserName|"
                                "TargetDomainName+TargetUserName|cs-username";
    plan_resolve_part(&none, event_class, slice_of_string(WORDS), &plan->account);
}

bool class_plan_init(struct class_plan *plan, const struct event_class *event_class,
                     struct arena *arena) {
    struct row_plan *rows = NULL;
    *plan = (struct class_plan){.row_count = 0};
    for (size_t f = 0; f < ARRAY_SIZE(FAMILIES) && event_class->shape->format; f++)
        for (size_t i = 0; i < FAMILIES[f]->count; i++) {
            if (!row_fits(&FAMILIES[f]->rows[i], event_class))
                continue;
            assert(plan->row_count < PLAN_ROWS_MAX);
            if (!rows)
                rows = arena_new(arena, PLAN_ROWS_MAX, sizeof *rows);
            if (!rows)
                return false;
            plan_resolve_row(&rows[plan->row_count], event_class, &FAMILIES[f]->rows[i]);
            plan->row_count += row_plan_can_hold(&rows[plan->row_count]);
        }
    plan->rows = rows;
    plan_find_account(plan, event_class);
    return true;
}
