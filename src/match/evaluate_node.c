// Conditions over shared nodes, each worked out once per event
// SPDX-License-Identifier: Apache-2.0
#include "match/evaluate.h"

#include "base/bytes.h"

#include <assert.h>

// The one text of a field, kept while children of one node ask for the same field over and
// over: `selection: CommandLine|contains: [...]`.
struct field_text {
    uint32_t symbol;
    bool is_single; // false: none or several; asked the long way
    uint32_t element;
    struct slice text; // folded
};

static uint32_t symbol_element(struct matcher *matcher, uint32_t symbol) {
    struct symbol_text *known = &matcher->symbol_texts[symbol];
    if (known->generation == matcher->generation)
        return known->element;
    const struct class_symbol *sources = texts_symbol(matcher, symbol);
    struct text_slot slot = {0};
    if (sources->count == 1)
        slot = texts_source(matcher, &sources->sources[0]);
    *known = (struct symbol_text){matcher->generation, slot.count == 1 ? slot.first : UINT32_MAX};
    return known->element;
}

static void field_text_load(struct matcher *matcher, struct field_text *field, uint32_t symbol) {
    field->symbol = symbol;
    field->element = symbol_element(matcher, symbol);
    field->is_single = field->element != UINT32_MAX;
    if (field->is_single)
        field->text = texts_folded(matcher, field->element);
}

static bool atom_is_of_field(const struct compiled_atom *atom) {
    return (atom->kind == ATOM_PATTERN || atom->kind == ATOM_REGEX) &&
           atom->symbol != COMPILED_NO_SYMBOL;
}

// A pattern at an edge of the text is compared faster than its memo is looked up.
static bool atom_is_edge(const struct compiled_atom *atom) {
    return atom->kind == ATOM_PATTERN && atom->form <= FORM_ENDS && !atom->flags;
}

// The gram in the row itself settles most misses before the literal's bytes are fetched; a
// pattern without case has its literal for a hint.
static bool atom_fits_text(const struct compiled *compiled, const struct compiled_atom *atom,
                           struct slice text) {
    uint32_t size = atom->text.size;
    if (size > text.size || (atom->form == FORM_EQUALS && size != text.size))
        return false;
    const uint8_t *from = text.data;
    if (atom->form == FORM_ENDS)
        from += text.size - size;
    if (size >= COMPILED_GRAM_SIZE && atom->hint.size == size &&
        bytes_get_u32(from + atom->gram_offset) != atom->gram)
        return false;
    return size == 0 || memcmp(from, compiled->text.data + atom->text.offset, size) == 0;
}

static bool child_holds(struct matcher *matcher, uint32_t node, struct field_text *field) {
    if (node & COMPILED_INNER_BIT)
        return node_holds(matcher, node);
    const struct compiled_atom *atom = &matcher->compiled->atoms[node];
    if (!atom_is_of_field(atom))
        return node_holds(matcher, node);
    if (field->symbol != atom->symbol)
        field_text_load(matcher, field, atom->symbol);
    if (!field->is_single)
        return node_holds(matcher, node);
    if (atom_is_edge(atom))
        return atom_fits_text(matcher->compiled, atom, field->text);
    return texts_may_have(matcher, field->element, atom) && node_holds(matcher, node);
}

static bool inner_holds(struct matcher *matcher, const struct compiled_inner *inner) {
    const uint32_t *children = matcher->compiled->children + inner->children.first;
    struct field_text field = {.symbol = COMPILED_NO_SYMBOL};
    if (inner->kind == NODE_NOT)
        return !child_holds(matcher, children[0], &field);
    bool is_or = inner->kind == NODE_OR;
    for (uint32_t i = 0; i < inner->children.count; i++) {
        size_t before = matcher->text.size;
        if (child_holds(matcher, children[i], &field) == is_or)
            return is_or;
        // Rendering another text may have moved this one.
        if (matcher->text.size != before)
            field.symbol = COMPILED_NO_SYMBOL;
    }
    return !is_or;
}

// Recursion goes no deeper than COMPILED_DEPTH_MAX: see compiled.c.
bool node_holds(struct matcher *matcher, uint32_t node) {
    const struct compiled *compiled = matcher->compiled;
    uint32_t *memo = &matcher->memo[compiled_node_place(compiled, node)];
    if (*memo >> 1 == matcher->generation)
        return *memo & 1;
    bool holds = node & COMPILED_INNER_BIT
                     ? inner_holds(matcher, &compiled->inner[node & ~COMPILED_INNER_BIT])
                     : atom_holds(matcher, &compiled->atoms[node]);
    *memo = matcher->generation << 1 | holds;
    return holds;
}
