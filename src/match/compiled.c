// Check a compiled ruleset before it is used
// SPDX-License-Identifier: Apache-2.0
//
// Invariants that hold once compiled_open has said yes, and that the engine relies on:
//  1. Every compiled_text lies inside TEXT, every compiled_list inside its section.
//  2. Every enum value is one that the engine knows.
//  3. An inner row's children are atoms or inner rows before it; no path is deeper than
//     COMPILED_DEPTH_MAX.
//  4. A literal of STARTS, ENDS and CONTAINS is not empty; a hint's gram lies inside it.
//  5. No row of LISTS is counted by two lists, so that unpacking cannot grow beyond the blob.
//  6. Regex numbers are dense enough for one row of pointers (COMPILED_REGEX_MAX).
#include "match/compiled.h"

#include "base/digest.h"
#include "base/memory.h"
#include "model/rule.h"

#include <assert.h>
#include <stddef.h>

static const size_t row_sizes[COMPILED_SECTION_COUNT] = {
    [COMPILED_TEXT] = 1,
    [COMPILED_SYMBOLS] = sizeof(struct compiled_symbol),
    [COMPILED_ATOMS] = sizeof(struct compiled_atom),
    [COMPILED_PARTS] = sizeof(struct compiled_part),
    [COMPILED_INNER] = sizeof(struct compiled_inner),
    [COMPILED_CHILDREN] = sizeof(uint32_t),
    [COMPILED_GROUPS] = sizeof(struct log_source_wanted),
    [COMPILED_RULES] = sizeof(struct compiled_rule),
    [COMPILED_LISTS] = sizeof(struct compiled_text),
    [COMPILED_FOLDS] = sizeof(struct compiled_correlation),
    [COMPILED_MEMBERS] = sizeof(struct compiled_member),
    [COMPILED_COMPLAINTS] = sizeof(struct compiled_complaint),
    [COMPILED_FILES] = sizeof(struct compiled_file),
};

uint64_t compiled_checksum(struct slice blob) {
    const size_t from = offsetof(struct compiled_header, size);
    return digest_hash64(slice_part(blob, from, blob.size));
}

size_t compiled_row_size(enum compiled_section section) {
    return row_sizes[section];
}

static bool text_inside(const struct compiled *compiled, struct compiled_text text) {
    return text.offset <= compiled->text.size && text.size <= compiled->text.size - text.offset;
}

static bool list_inside(const struct compiled *compiled, enum compiled_section section,
                        struct compiled_list list) {
    uint32_t count = compiled->counts[section];
    return list.first <= count && list.count <= count - list.first;
}

static bool symbol_inside(const struct compiled *compiled, uint32_t symbol) {
    return symbol < compiled->counts[COMPILED_SYMBOLS];
}

// The sections of a blob as typed rows; false when one does not lie inside.
static bool compiled_divide(struct slice blob, struct compiled *compiled) {
    const struct compiled_header *header = (const void *)blob.data;
    const uint8_t *rows[COMPILED_SECTION_COUNT];
    for (size_t i = 0; i < COMPILED_SECTION_COUNT; i++) {
        uint64_t offset = header->sections[i].offset;
        uint64_t count = header->sections[i].count;
        if (offset % 8 || offset < sizeof *header || offset > blob.size ||
            count > (blob.size - offset) / row_sizes[i] || count >= COMPILED_INNER_BIT)
            return false;
        rows[i] = blob.data + offset;
        compiled->counts[i] = (uint32_t)count;
    }
    compiled->text = slice_of(rows[COMPILED_TEXT], compiled->counts[COMPILED_TEXT]);
    compiled->symbols = (const void *)rows[COMPILED_SYMBOLS];
    compiled->atoms = (const void *)rows[COMPILED_ATOMS];
    compiled->parts = (const void *)rows[COMPILED_PARTS];
    compiled->inner = (const void *)rows[COMPILED_INNER];
    compiled->children = (const void *)rows[COMPILED_CHILDREN];
    compiled->groups = (const void *)rows[COMPILED_GROUPS];
    compiled->rules = (const void *)rows[COMPILED_RULES];
    compiled->lists = (const void *)rows[COMPILED_LISTS];
    compiled->folds = (const void *)rows[COMPILED_FOLDS];
    compiled->members = (const void *)rows[COMPILED_MEMBERS];
    compiled->complaints = (const void *)rows[COMPILED_COMPLAINTS];
    compiled->files = (const void *)rows[COMPILED_FILES];
    return true;
}

static bool detail_known(const struct compiled_atom *atom) {
    switch ((enum atom_kind)atom->kind) {
    case ATOM_PATTERN:
    case ATOM_REGEX:
    case ATOM_NULL:
    case ATOM_EXISTS:
        return true;
    case ATOM_CIDR:
        return atom->detail <= 128;
    case ATOM_COMPARE:
        return atom->detail <= COMPARE_GTE;
    case ATOM_TIME_PART:
        return atom->detail <= TIME_YEAR;
    case ATOM_FIELD:
        return atom->detail <= FIELD_ENDS;
    }
    return false;
}

static bool atom_sound(const struct compiled *compiled, const struct compiled_atom *atom) {
    bool keywords = atom->symbol == COMPILED_NO_SYMBOL;
    bool textual = atom->kind == ATOM_PATTERN || atom->kind == ATOM_REGEX;
    if (!detail_known(atom) || atom->form >= FORM_COUNT || atom->hint_form > FORM_CONTAINS)
        return false;
    if (keywords ? !textual : !symbol_inside(compiled, atom->symbol))
        return false;
    if (atom->kind == ATOM_FIELD && !symbol_inside(compiled, atom->symbol2))
        return false;
    if (atom->kind == ATOM_REGEX && atom->regex >= COMPILED_REGEX_MAX)
        return false;
    bool plain =
        atom->form == FORM_STARTS || atom->form == FORM_ENDS || atom->form == FORM_CONTAINS;
    if (atom->kind == ATOM_PATTERN && plain && atom->text.size == 0)
        return false;
    uint32_t last_gram =
        atom->hint.size > COMPILED_GRAM_SIZE ? atom->hint.size - COMPILED_GRAM_SIZE : 0;
    return atom->gram_offset <= last_gram && list_inside(compiled, COMPILED_PARTS, atom->parts) &&
           text_inside(compiled, atom->text) && text_inside(compiled, atom->hint);
}

static bool atoms_sound(struct compiled *compiled) {
    for (uint32_t i = 0; i < compiled->counts[COMPILED_SYMBOLS]; i++)
        if (!text_inside(compiled, compiled->symbols[i].name) ||
            compiled->symbols[i].by_category > 1)
            return false;
    for (uint32_t i = 0; i < compiled->counts[COMPILED_PARTS]; i++)
        if (compiled->parts[i].kind > PATTERN_ONE ||
            !text_inside(compiled, compiled->parts[i].literal))
            return false;
    for (uint32_t i = 0; i < compiled->counts[COMPILED_ATOMS]; i++) {
        const struct compiled_atom *atom = &compiled->atoms[i];
        if (!atom_sound(compiled, atom))
            return false;
        if (atom->kind == ATOM_REGEX && atom->regex >= compiled->regex_count)
            compiled->regex_count = atom->regex + 1;
    }
    return true;
}

// Depth of an inner row, or 0 when it is not sound. `depths` holds those before it.
static uint8_t inner_depth(const struct compiled *compiled, uint32_t number,
                           const uint8_t *depths) {
    const struct compiled_inner *inner = &compiled->inner[number];
    if (inner->kind > NODE_NOT || !list_inside(compiled, COMPILED_CHILDREN, inner->children) ||
        (inner->kind == NODE_NOT && inner->children.count != 1))
        return 0;
    uint8_t depth = 1;
    for (uint32_t i = 0; i < inner->children.count; i++) {
        uint32_t child = compiled->children[inner->children.first + i];
        uint32_t row = child & ~COMPILED_INNER_BIT;
        if (row == child) {
            if (row >= compiled->counts[COMPILED_ATOMS])
                return 0;
            continue;
        }
        if (row >= number)
            return 0;
        if (depths[row] >= depth)
            depth = (uint8_t)(depths[row] + 1);
    }
    return depth > COMPILED_DEPTH_MAX ? 0 : depth;
}

static bool inner_sound(const struct compiled *compiled) {
    uint32_t count = compiled->counts[COMPILED_INNER];
    uint8_t *depths = memory_new(count ? count : 1, 1);
    bool sound = true;
    for (uint32_t i = 0; i < count && sound; i++) {
        depths[i] = inner_depth(compiled, i, depths);
        sound = depths[i] != 0;
    }
    memory_free(depths);
    return sound;
}

static bool rule_sound(const struct compiled *compiled, const struct compiled_rule *rule) {
    return text_inside(compiled, rule->id) && text_inside(compiled, rule->name) &&
           text_inside(compiled, rule->title) && text_inside(compiled, rule->file) &&
           rule->level < RULE_LEVEL_COUNT && rule->status < RULE_STATUS_COUNT &&
           rule->silent <= 1 && list_inside(compiled, COMPILED_LISTS, rule->tags) &&
           list_inside(compiled, COMPILED_LISTS, rule->fields);
}

static bool rules_sound(const struct compiled *compiled) {
    for (uint32_t i = 0; i < compiled->counts[COMPILED_LISTS]; i++)
        if (!text_inside(compiled, compiled->lists[i]))
            return false;
    for (uint32_t i = 0; i < compiled->counts[COMPILED_RULES]; i++) {
        const struct compiled_rule *rule = &compiled->rules[i];
        bool inner = rule->root & COMPILED_INNER_BIT;
        uint32_t rows = compiled->counts[inner ? COMPILED_INNER : COMPILED_ATOMS];
        if (!rule_sound(compiled, rule) || (rule->root & ~COMPILED_INNER_BIT) >= rows ||
            rule->group >= compiled->counts[COMPILED_GROUPS])
            return false;
    }
    for (uint32_t i = 0; i < compiled->counts[COMPILED_COMPLAINTS]; i++) {
        const struct compiled_complaint *complaint = &compiled->complaints[i];
        if (!text_inside(compiled, complaint->file) || complaint->refused > 1 ||
            !text_inside(compiled, complaint->rule_id) || !text_inside(compiled, complaint->text))
            return false;
    }
    for (uint32_t i = 0; i < compiled->counts[COMPILED_FILES]; i++)
        if (!text_inside(compiled, compiled->files[i].path))
            return false;
    return true;
}

static bool correlation_sound(const struct compiled *compiled,
                              const struct compiled_correlation *fold) {
    if (!rule_sound(compiled, &fold->rule) || fold->type > CORRELATION_VALUE_PERCENTILE ||
        fold->bound_count > CORRELATION_BOUNDS_MAX || !text_inside(compiled, fold->field) ||
        fold->group_by.count > CORRELATION_GROUP_BY_MAX ||
        !list_inside(compiled, COMPILED_LISTS, fold->group_by) ||
        fold->members.count > CORRELATION_RULES_MAX ||
        !list_inside(compiled, COMPILED_MEMBERS, fold->members))
        return false;
    for (uint32_t i = 0; i < CORRELATION_BOUNDS_MAX; i++)
        if (fold->bounds[i].compare > CORRELATION_NEQ)
            return false;
    return true;
}

// Rows of LISTS that rules, correlations and members name, all together.
static uint64_t lists_named(const struct compiled *compiled) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < compiled->counts[COMPILED_RULES]; i++)
        sum += (uint64_t)compiled->rules[i].tags.count + compiled->rules[i].fields.count;
    for (uint32_t i = 0; i < compiled->counts[COMPILED_MEMBERS]; i++)
        sum += compiled->members[i].group_fields.count;
    for (uint32_t i = 0; i < compiled->counts[COMPILED_FOLDS]; i++) {
        const struct compiled_correlation *fold = &compiled->folds[i];
        sum += (uint64_t)fold->rule.tags.count + fold->rule.fields.count + fold->group_by.count;
    }
    return sum;
}

static bool correlations_sound(const struct compiled *compiled) {
    if (compiled->counts[COMPILED_FOLDS] > COMPILED_FOLDS_MAX)
        return false;
    for (uint32_t i = 0; i < compiled->counts[COMPILED_MEMBERS]; i++) {
        const struct compiled_member *member = &compiled->members[i];
        uint32_t rows = compiled->counts[member->is_correlation ? COMPILED_FOLDS : COMPILED_RULES];
        if (member->is_correlation > 1 || member->index >= rows ||
            member->group_fields.count > CORRELATION_GROUP_BY_MAX ||
            !list_inside(compiled, COMPILED_LISTS, member->group_fields))
            return false;
    }
    for (uint32_t i = 0; i < compiled->counts[COMPILED_FOLDS]; i++)
        if (!correlation_sound(compiled, &compiled->folds[i]))
            return false;
    return lists_named(compiled) <= compiled->counts[COMPILED_LISTS];
}

bool compiled_open(struct slice blob, struct compiled *ret_compiled) {
    assert((uintptr_t)blob.data % 8 == 0);
    if (blob.size < sizeof(struct compiled_header))
        return false;
    struct compiled compiled = {.blob = blob};
    if (!compiled_divide(blob, &compiled) || !atoms_sound(&compiled) || !inner_sound(&compiled) ||
        !rules_sound(&compiled) || !correlations_sound(&compiled))
        return false;
    *ret_compiled = compiled;
    return true;
}
