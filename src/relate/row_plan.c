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

static const struct slice RECORDER_WORDS = SLICE("@host:host");
static const struct slice ACCOUNT_WORDS = SLICE("User|SubjectDomainName+SubjectUserName|"
                                                "TargetDomainName+TargetUserName|cs-username");

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

static void reads_note(struct plan_reads *reads, uint16_t slot) {
    for (uint32_t i = 0; i < reads->count; i++)
        if (reads->slots[i] == slot)
            return;
    if (reads->count == PLAN_SLOTS_MAX)
        reads->too_many = true;
    else
        reads->slots[reads->count++] = slot;
}

static void reads_note_data(struct plan_reads *reads, const struct shape *shape) {
    for (uint32_t i = 0; i < shape->field_count; i++)
        if (slice_equal(shape->fields[i].name, SLICE("Data")))
            reads_note(reads, (uint16_t)i);
}

static void reads_note_computer(struct plan_reads *reads, const struct shape *shape) {
    if (shape->role_fields[FIELD_ROLE_COMPUTER] >= 0)
        reads_note(reads, (uint16_t)shape->role_fields[FIELD_ROLE_COMPUTER]);
}

// Of the record's own data; the head has a field of that name, too.
static bool resolve_behind_head(const struct shape *shape, struct slice name, uint16_t *ret_field) {
    for (uint32_t i = 0; i < shape->field_count; i++)
        if (shape->fields[i].role == FIELD_ROLE_NONE && slice_equal(shape->fields[i].name, name)) {
            *ret_field = (uint16_t)i;
            return true;
        }
    return false;
}

static bool resolve(const struct event_class *event_class, struct slice name, uint16_t *ret_field) {
    if (slice_starts(name, SLICE(".")))
        return resolve_behind_head(event_class->shape, slice_part(name, 1, SIZE_MAX), ret_field);
    struct field_source source;
    if (event_class_resolve(event_class, name, false, &source, 1) == 0)
        return false;
    *ret_field = source.field;
    return true;
}

static int32_t plan_resolve_slot(struct plan_reads *reads, const struct event_class *event_class,
                                 struct slice name) {
    uint16_t field;
    if (!resolve(event_class, name, &field))
        return -1;
    reads_note(reads, field);
    return field;
}

// A dotted term needs all of its fields.
static bool plan_resolve_dotted(struct plan_reads *reads, const struct event_class *event_class,
                                const struct row_term *words, struct plan_term *term) {
    struct slice name = words->name;
    struct slice rest = words->name2;
    for (size_t i = 0; i < ARRAY_SIZE(term->fields); i++)
        term->fields[i] = -1;
    for (size_t i = 0; i < ARRAY_SIZE(term->fields); i++) {
        term->fields[i] = plan_resolve_slot(reads, event_class, name);
        if (term->fields[i] < 0)
            return false;
        if (!row_next_name(&rest, &name))
            break;
    }
    return true;
}

// The same things have other names in other logs: W3C's, Exchange's HttpProxy's.
static void plan_resolve_marks(struct plan_reads *reads, const struct event_class *event_class,
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
            reads_note(reads, (uint16_t)term->fields[mark] | sign);
    }
}

// False when the class lacks the field.
static bool plan_resolve_term(struct plan_reads *reads, const struct event_class *event_class,
                              const struct row_term *words, struct plan_term *term) {
    *term = (struct plan_term){.origin = words->origin, .form = words->form, .index = words->index};
    switch (words->origin) {
    case TERM_LITERAL:
        term->literal = words->name;
        return true;
    case TERM_FIELD:
        if (!resolve(event_class, words->name, &term->field))
            return false;
        reads_note(reads, term->field);
        return true;
    case TERM_ELEMENT:
        reads_note_data(reads, event_class->shape);
        return resolve(event_class, words->name, &term->field);
    case TERM_ACCOUNT:
        if (!resolve(event_class, words->name2, &term->field2))
            return false;
        reads_note(reads, term->field2);
        if (!resolve(event_class, words->name, &term->field)) {
            term->origin = TERM_FIELD;
            term->field = term->field2;
            return true;
        }
        reads_note(reads, term->field);
        return true;
    case TERM_DOTTED:
        return plan_resolve_dotted(reads, event_class, words, term);
    case TERM_SLASHED:
        if (!resolve(event_class, words->name, &term->field) ||
            !resolve(event_class, words->name2, &term->field2))
            return false;
        reads_note(reads, term->field);
        reads_note(reads, term->field2);
        return true;
    case TERM_MARKS:
        plan_resolve_marks(reads, event_class, term);
        return true;
    case TERM_HOST:
        reads_note_computer(reads, event_class->shape);
        reads->folder = true;
        return true;
    case TERM_FOLDER:
        reads->folder = true;
        return true;
    }
    return true;
}

// The plan of a class in the making. Parts are told apart by their words.
struct plan_maker {
    const struct event_class *event_class;
    struct arena *arena;
    struct class_plan *plan;
    struct slice words[PLAN_PARTS_MAX];
    const struct plan_part *parts[PLAN_PARTS_MAX]; // NULL: the class has none of its terms
    uint32_t count;
    bool full; // the arena
};

static const struct plan_part *maker_part(struct plan_maker *maker, struct slice words) {
    for (uint32_t i = 0; i < maker->count; i++)
        if (slice_equal(maker->words[i], words))
            return maker->parts[i];
    struct plan_part part = {.index = maker->plan->part_count};
    struct slice rest = words;
    struct row_term term;
    while (row_next_term(&rest, &term)) {
        assert(part.term_count < PLAN_TERMS_MAX);
        if (plan_resolve_term(&part.reads, maker->event_class, &term, &part.terms[part.term_count]))
            part.term_count++;
    }
    struct plan_part *kept = part.term_count ? arena_new(maker->arena, 1, sizeof *kept) : NULL;
    if (kept) {
        *kept = part;
        maker->plan->part_count++;
    }
    maker->full |= part.term_count && !kept;
    assert(maker->count < PLAN_PARTS_MAX);
    maker->words[maker->count] = words;
    maker->parts[maker->count++] = kept;
    return kept;
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

static void maker_item(struct plan_maker *maker, const struct row_item *item,
                       struct row_plan *row) {
    struct slice words = item->words;
    if (item->number == ROW_NUMBER_NONE) {
        row->required[item->part] = row_part_is_required(&words);
        row->parts[item->part] = maker_part(maker, words);
    } else if (item->number == ROW_NUMBER_OUT) {
        row->out = plan_resolve_number(maker->event_class, words);
    } else if (item->number == ROW_NUMBER_IN) {
        row->in = plan_resolve_number(maker->event_class, words);
    } else {
        plan_resolve_taken(maker->event_class, words, row);
    }
}

static void plan_resolve_condition(struct row_plan *row, const struct event_class *event_class,
                                   struct row_condition *words) {
    assert(row->condition_count < PLAN_CONDITIONS_MAX);
    struct plan_condition *condition = &row->conditions[row->condition_count++];
    condition->sign = words->sign;
    if (!plan_resolve_term(&row->condition_reads, event_class, &words->term, &condition->term))
        condition->term = (struct plan_term){.origin = TERM_LITERAL};
    condition->word_count = 0;
    while (row_next_word(&words->words, &condition->words[condition->word_count]))
        if (++condition->word_count == PLAN_WORDS_MAX)
            break;
}

static void maker_row(struct plan_maker *maker, const struct relation_row *from,
                      struct row_plan *row) {
    struct slice rest = slice_of_string(from->parts);
    struct row_item item;
    *row = (struct row_plan){.kind = from->kind, .out = -1, .in = -1, .taken = -1};
    bool has_recorder = false;
    while (row_next_item(&rest, &item)) {
        maker_item(maker, &item, row);
        has_recorder |= item.number == ROW_NUMBER_NONE && item.part == PART_RECORDER;
    }
    if (!has_recorder)
        row->parts[PART_RECORDER] = maker_part(maker, RECORDER_WORDS);
    rest = slice_of_string(from->when);
    struct row_condition condition;
    while (row_next_condition(&rest, &condition))
        plan_resolve_condition(row, maker->event_class, &condition);
}

// A required part of which no term is there can never be met.
static bool row_plan_can_hold(const struct row_plan *row) {
    for (size_t i = 0; i < PART_COUNT; i++)
        if (row->required[i] && !row->parts[i])
            return false;
    return true;
}

static void reads_join(struct plan_reads *reads, const struct plan_reads *more) {
    reads->folder |= more->folder;
    reads->too_many |= more->too_many;
    for (uint32_t i = 0; i < more->count; i++) {
        uint32_t at = 0;
        while (at < reads->count && reads->slots[at] != more->slots[i])
            at++;
        if (at < reads->count)
            continue;
        if (reads->count == PLAN_SLOTS_MAX)
            reads->too_many = true;
        else
            reads->slots[reads->count++] = more->slots[i];
    }
}

// What the rows read of a record; the numbers that are summed up are no part of it.
static void class_plan_join_reads(struct class_plan *plan) {
    for (uint32_t i = 0; i < plan->row_count; i++) {
        const struct row_plan *row = &plan->rows[i];
        reads_join(&plan->reads, &row->condition_reads);
        for (size_t part = 0; part < PART_COUNT; part++)
            if (row->parts[part])
                reads_join(&plan->reads, &row->parts[part]->reads);
    }
}

bool class_plan_init(struct class_plan *plan, const struct event_class *event_class,
                     struct arena *arena) {
    *plan = (struct class_plan){.row_count = 0};
    struct plan_maker maker = {.event_class = event_class, .arena = arena, .plan = plan};
    for (size_t f = 0; f < ARRAY_SIZE(FAMILIES) && event_class->shape->format; f++)
        for (size_t i = 0; i < FAMILIES[f]->count; i++) {
            if (!row_fits(&FAMILIES[f]->rows[i], event_class))
                continue;
            assert(plan->row_count < PLAN_ROWS_MAX);
            if (!plan->rows)
                plan->rows = arena_new(arena, PLAN_ROWS_MAX, sizeof *plan->rows);
            if (!plan->rows)
                return false;
            maker_row(&maker, &FAMILIES[f]->rows[i], &plan->rows[plan->row_count]);
            plan->row_count += row_plan_can_hold(&plan->rows[plan->row_count]);
        }
    plan->account = maker_part(&maker, ACCOUNT_WORDS);
    plan->recorder = maker_part(&maker, RECORDER_WORDS);
    class_plan_join_reads(plan);
    plan->habit = plan->row_count ? arena_new(arena, 1, sizeof *plan->habit) : NULL;
    return !maker.full && (!plan->row_count || plan->habit);
}
