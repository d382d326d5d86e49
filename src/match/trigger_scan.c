// Find the triggers of a plan in an event
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_grams.h"

#include "base/bytes.h"

void trigger_found(struct matcher *matcher, const struct trigger_entry *entry) {
    matcher->entry_stamps[entry->number] = matcher->generation;
    for (uint32_t i = 0; i < entry->rule_count; i++) {
        uint32_t rule = entry->rules[i];
        if (matcher->candidate_stamps[rule] == matcher->generation)
            continue;
        matcher->candidate_stamps[rule] = matcher->generation;
        matcher->candidates[matcher->candidate_count++] = rule;
    }
}

void trigger_settle(struct matcher *matcher, const struct trigger_entry *entry) {
    trigger_found(matcher, entry);
    if (entry->settles)
        matcher->memo[entry->atom] = matcher->generation << 1 | 1;
    if (matcher->caught_count < CAUGHT_MAX)
        matcher->caught[matcher->caught_count] = entry;
    matcher->caught_count++;
}

static bool entry_is_new(const struct matcher *matcher, const struct trigger_entry *entry) {
    return matcher->entry_stamps[entry->number] != matcher->generation;
}

static void scan_tail(struct matcher *matcher, const struct field_index *field, uint64_t key,
                      struct slice text) {
    const struct key_slot *slot = key_table_find(&field->tails, key);
    for (uint32_t i = 0; slot && i < slot->count; i++) {
        const struct trigger_entry *entry = field->tails.entries[slot->first + i];
        bool fits = entry->form == FORM_EQUALS ? slice_equal(text, entry->literal)
                                               : slice_ends(text, entry->literal);
        if (fits && entry_is_new(matcher, entry))
            trigger_settle(matcher, entry);
    }
}

static void scan_tails(struct matcher *matcher, const struct field_index *field,
                       struct slice text) {
    const uint8_t *end = text.data + text.size;
    if (field->has_tail8 && text.size >= TAIL_LONG)
        scan_tail(matcher, field, trigger_key(bytes_get_u64(end - TAIL_LONG), TAIL_LONG), text);
    if (field->has_tail4 && text.size >= TAIL_SHORT)
        scan_tail(matcher, field, trigger_key(bytes_get_u32(end - TAIL_SHORT), TAIL_SHORT), text);
    if (field->has_whole && text.size < TAIL_LONG) {
        uint64_t bytes = 0;
        memcpy(&bytes, text.data, text.size);
        scan_tail(matcher, field, trigger_key(bytes, 16 + (uint32_t)text.size), text);
    }
}

static void scan_gram(struct matcher *matcher, const struct gram_table *grams, struct slice text,
                      size_t at) {
    uint32_t gram = bytes_get_u32(text.data + at) & grams->gram_mask;
    const struct key_slot *slot = key_table_find(&grams->table, gram);
    for (uint32_t i = 0; slot && i < slot->count; i++) {
        const struct trigger_entry *entry = grams->table.entries[slot->first + i];
        if (at < entry->gram_offset || !entry_is_new(matcher, entry))
            continue;
        size_t start = at - entry->gram_offset;
        if (!slice_starts(slice_part(text, start, SIZE_MAX), entry->literal))
            continue;
        bool fits = entry->form == FORM_CONTAINS || (entry->form == FORM_STARTS && start == 0) ||
                    (entry->form == FORM_ENDS && start + entry->literal.size == text.size);
        if (fits)
            trigger_settle(matcher, entry);
    }
}

static __attribute__((target("avx2"))) void
scan_grams_wide(struct matcher *matcher, const struct gram_table *grams, struct slice text) {
    grams_visit_wide(matcher, grams, text, scan_gram);
}

static void scan_grams(struct matcher *matcher, const struct gram_table *grams, struct slice text) {
    if (!grams->used || text.size < grams->gram_size)
        return;
    if (matcher->has_avx2)
        scan_grams_wide(matcher, grams, text);
    else
        grams_visit_narrow(matcher, grams, text, scan_gram);
}

static void scan_shorts(struct matcher *matcher, const struct field_index *field,
                        struct slice text) {
    for (uint32_t i = 0; i < field->short_count; i++) {
        const struct trigger_entry *entry = field->shorts[i];
        bool fits = entry->form == FORM_STARTS ? slice_starts(text, entry->literal)
                    : entry->form == FORM_ENDS ? slice_ends(text, entry->literal)
                                               : text_find(text, entry->literal) != SIZE_MAX;
        if (fits && entry_is_new(matcher, entry))
            trigger_settle(matcher, entry);
    }
}

static void scan_text(struct matcher *matcher, const struct field_index *field, uint32_t element) {
    struct slice text = texts_folded(matcher, element);
    if (text.size == 0)
        return;
    scan_tails(matcher, field, text);
    for (uint32_t i = 0; i < GRAM_TABLES; i++)
        scan_grams(matcher, &field->ascii[i], text);
    if (!texts_is_ascii(matcher, element))
        for (uint32_t i = 0; i < GRAM_TABLES; i++)
            scan_grams(matcher, &field->beyond[i], text);
    scan_shorts(matcher, field, text);
}

static void scan_slot(struct matcher *matcher, const struct field_index *field,
                      struct text_slot slot) {
    for (uint32_t i = 0; i < slot.count; i++)
        scan_text(matcher, field, slot.first + i);
}

_Static_assert(FIELD_TRANSFORM_URL_EXTENSION < 64, "transforms are a bit each");

// Neither several values nor made of them.
static bool value_is_plain(const struct value *value) {
    return !value_is_null(value) && !(value->kind & VALUE_ARRAY) && value->kind != VALUE_JSON_RAW;
}

// Whether all that the symbol shows is made of one plain value.
static bool symbol_text(const struct matcher *matcher, const struct field_index *field,
                        const struct class_symbol *symbol, struct trigger_text *ret_text) {
    *ret_text = (struct trigger_text){.field = field};
    for (uint32_t i = 0; i < symbol->count; i++) {
        const struct field_source *source = &symbol->sources[i].source;
        if (source->field != symbol->sources[0].source.field ||
            field_transform_takes_two(source->transform))
            return false;
        ret_text->transforms |= UINT64_C(1) << source->transform;
    }
    if (symbol->count == 0)
        return false;
    ret_text->value = event_value(matcher->event, symbol->sources[0].source.field);
    return value_is_plain(ret_text->value);
}

// When a field is made of one value, no entry of the field can have been found before: what is
// caught is all that the value triggers. A value that is known is not even rendered.
static void scan_symbol(struct matcher *matcher, const struct field_index *field,
                        const struct class_symbol *symbol) {
    struct trigger_text text;
    struct trigger_memo *memo = NULL;
    bool known = false;
    if (symbol_text(matcher, field, symbol, &text))
        memo = trigger_memo_find(matcher, &text, &known);
    if (known) {
        trigger_memo_replay(matcher, memo);
        return;
    }
    matcher->caught_count = 0;
    for (uint32_t i = 0; i < symbol->count; i++)
        scan_slot(matcher, field, texts_source(matcher, &symbol->sources[i]));
    if (memo)
        trigger_memo_keep(matcher, &text, memo);
}

static void scan_keywords(struct matcher *matcher, const struct field_index *field) {
    uint32_t count = matcher->event->shape->field_count;
    if (!keyword_scan_banks(matcher, &field->keywords, field->serial))
        for (uint32_t i = 0; i < count; i++)
            if (keyword_value_is_left(&field->keywords, event_value(matcher->event, i)))
                scan_slot(matcher, field, texts_field(matcher, i));
    scan_slot(matcher, field, texts_message(matcher));
}

// Symbols of the class's shape, in the order of the index's fields.
static const struct class_symbol *const *scan_symbols(struct matcher *matcher,
                                                      const struct trigger_index *index) {
    struct class_plan *class_plan = matcher->class_plan;
    if (!class_plan->trigger_symbols) {
        const struct class_symbol **symbols = plan_new(matcher, index->field_count);
        for (uint32_t i = 0; i < index->field_count; i++)
            if (index->fields[i].symbol != COMPILED_NO_SYMBOL)
                symbols[i] = texts_symbol(matcher, index->fields[i].symbol);
        class_plan->trigger_symbols = symbols;
    }
    return class_plan->trigger_symbols;
}

void trigger_scan(struct matcher *matcher, const struct trigger_index *index) {
    const struct class_symbol *const *symbols = scan_symbols(matcher, index);
    bool by_line = line_scan(matcher, index, symbols);
    if (by_line && !matcher->line_fields)
        return;
    for (uint32_t i = 0; i < index->field_count; i++) {
        const struct field_index *field = &index->fields[i];
        const struct class_symbol *symbol = symbols[i];
        if (by_line && !line_has_field(matcher, i))
            continue;
        if (symbol)
            scan_symbol(matcher, field, symbol);
        else
            scan_keywords(matcher, field);
    }
}
