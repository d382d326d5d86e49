// Whether an atom holds for the event at hand
// SPDX-License-Identifier: Apache-2.0
#include "match/evaluate.h"

#include <assert.h>

// Compiled when first needed; compiling was tried when the rules were read.
static struct regex *atom_regex(struct matcher *matcher, const struct compiled_atom *atom) {
    struct regex **regex = &matcher->regexes[atom->regex];
    if (!*regex) {
        struct regex_flags flags = {.caseless = atom->flags & COMPILED_CASELESS,
                                    .multiline = atom->flags & COMPILED_MULTILINE,
                                    .dotall = atom->flags & COMPILED_DOTALL};
        if (regex_new(compiled_slice(matcher->compiled, atom->text), flags, regex, NULL))
            return NULL;
        hint_run_from_regex(compiled_slice(matcher->compiled, atom->text), flags.caseless,
                            &matcher->regex_runs[atom->regex]);
    }
    return *regex;
}

static bool regex_fits(struct matcher *matcher, const struct compiled_atom *atom,
                       uint32_t element) {
    struct slice hint = compiled_slice(matcher->compiled, atom->hint);
    if (hint.size && text_find(texts_folded(matcher, element), hint) == SIZE_MAX)
        return false;
    struct regex *regex = atom_regex(matcher, atom);
    if (!regex)
        return false;
    const struct hint_run *run = &matcher->regex_runs[atom->regex];
    if (run->least && !hint_run_stands(run, texts_folded(matcher, element)))
        return false;
    enum regex_result result =
        regex_match(regex, matcher->regex_scratch, texts_original(matcher, element));
    matcher->regex_limit_count += result == REGEX_LIMIT;
    return result == REGEX_HIT;
}

static bool element_fits(struct matcher *matcher, const struct compiled_atom *atom,
                         uint32_t element) {
    switch ((enum atom_kind)atom->kind) {
    case ATOM_PATTERN:
        return pattern_fits(matcher->compiled, atom,
                            atom->flags & COMPILED_CASED ? texts_original(matcher, element)
                                                         : texts_folded(matcher, element));
    case ATOM_REGEX:
        return regex_fits(matcher, atom, element);
    case ATOM_CIDR:
        return address_inside(atom, texts_original(matcher, element));
    case ATOM_COMPARE: {
        struct slice text = texts_original(matcher, element);
        return number_compares(atom, &matcher->elements[element].value, text);
    }
    case ATOM_TIME_PART:
        return time_part_equals(atom, texts_original(matcher, element));
    case ATOM_FIELD:
    case ATOM_NULL:
    case ATOM_EXISTS:
        break;
    }
    assert(false);
    return false;
}

static bool slot_fits(struct matcher *matcher, const struct compiled_atom *atom,
                      struct text_slot slot) {
    for (uint32_t i = 0; i < slot.count; i++)
        if (element_fits(matcher, atom, slot.first + i))
            return true;
    return false;
}

static bool keywords_hold(struct matcher *matcher, const struct compiled_atom *atom) {
    uint32_t count = matcher->event->shape->field_count;
    for (uint32_t field = 0; field < count; field++)
        if (slot_fits(matcher, atom, texts_field(matcher, field)))
            return true;
    return slot_fits(matcher, atom, texts_message(matcher));
}

static bool symbol_is_null(struct matcher *matcher, const struct class_symbol *symbol) {
    for (uint32_t i = 0; i < symbol->count; i++)
        if (texts_source(matcher, &symbol->sources[i]).count)
            return false;
    return true;
}

static bool symbol_exists(struct matcher *matcher, const struct class_symbol *symbol) {
    for (uint32_t i = 0; i < symbol->count; i++)
        if (event_value(matcher->event, symbol->sources[i].source.field)->kind != VALUE_ABSENT)
            return true;
    return false;
}

static bool texts_relate(enum field_relation relation, struct slice left, struct slice right) {
    switch (relation) {
    case FIELD_EQUALS:
        return slice_equal(left, right);
    case FIELD_CONTAINS:
        return text_find(left, right) != SIZE_MAX;
    case FIELD_STARTS:
        return slice_starts(left, right);
    case FIELD_ENDS:
        return slice_ends(left, right);
    }
    return false;
}

static struct slice element_text(struct matcher *matcher, uint32_t element, bool cased) {
    return cased ? texts_original(matcher, element) : texts_folded(matcher, element);
}

static bool slots_relate(struct matcher *matcher, const struct compiled_atom *atom,
                         struct text_slot left, struct text_slot right) {
    bool cased = atom->flags & COMPILED_CASED;
    // Rendering may move the texts: all of them first.
    for (uint32_t j = 0; j < right.count; j++)
        element_text(matcher, right.first + j, cased);
    for (uint32_t i = 0; i < left.count; i++) {
        struct slice text = element_text(matcher, left.first + i, cased);
        for (uint32_t j = 0; j < right.count; j++)
            if (texts_relate((enum field_relation)atom->detail, text,
                             element_text(matcher, right.first + j, cased)))
                return true;
    }
    return false;
}

static bool fields_relate(struct matcher *matcher, const struct compiled_atom *atom) {
    const struct class_symbol *left = texts_symbol(matcher, atom->symbol);
    const struct class_symbol *right = texts_symbol(matcher, atom->symbol2);
    for (uint32_t i = 0; i < left->count; i++)
        for (uint32_t j = 0; j < right->count; j++)
            if (slots_relate(matcher, atom, texts_source(matcher, &left->sources[i]),
                             texts_source(matcher, &right->sources[j])))
                return true;
    return false;
}

bool atom_holds(struct matcher *matcher, const struct compiled_atom *atom) {
    if (atom->symbol == COMPILED_NO_SYMBOL)
        return keywords_hold(matcher, atom);
    if (atom->kind == ATOM_FIELD)
        return fields_relate(matcher, atom);
    const struct class_symbol *symbol = texts_symbol(matcher, atom->symbol);
    if (atom->kind == ATOM_NULL)
        return symbol_is_null(matcher, symbol);
    if (atom->kind == ATOM_EXISTS)
        return symbol_exists(matcher, symbol);
    for (uint32_t i = 0; i < symbol->count; i++)
        if (slot_fits(matcher, atom, texts_source(matcher, &symbol->sources[i])))
            return true;
    return false;
}
