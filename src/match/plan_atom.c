// From an atom of a rule to a row
// SPDX-License-Identifier: Apache-2.0
#include "match/fold.h"
#include "match/plan_compile.h"
#include "match/plan_hint.h"
#include "match/plan_weight.h"
#include "match/regex.h"

// What evaluating an atom costs, roughly in tens of nanoseconds, by kind.
enum {
    COST_NULL = 1,
    COST_EDGE = 2,
    COST_NUMBER = 3,
    COST_CONTAINS = 5,
    COST_GENERAL = 8,
    COST_FIELD = 10,
    COST_REGEX_WITH_HINT = 20,
    COST_REGEX = 100,
    COST_KEYWORDS_TIMES = 20,
};

static uint32_t compiler_symbol(struct compiler *compiler, struct slice name) {
    buffer_reset(&compiler->key);
    buffer_append_byte(&compiler->key, compiler->by_category);
    buffer_append_slice(&compiler->key, name);
    uint32_t before = compiler->symbols.count;
    uint32_t symbol = intern_add(&compiler->symbols, buffer_slice(&compiler->key));
    if (symbol == INTERN_FULL) {
        compiler->failed = true;
        return 0;
    }
    if (symbol == before) {
        struct compiled_symbol row = {.name = compiler_text(compiler, name),
                                      .by_category = compiler->by_category};
        compiler_row(compiler, COMPILED_SYMBOLS, &row);
    }
    return symbol;
}

static struct slice compiler_fold(struct compiler *compiler, struct slice text) {
    buffer_reset(&compiler->folded);
    uint8_t *to = buffer_reserve(&compiler->folded, 2 * text.size + 1);
    if (!to) {
        compiler->failed = true;
        return (struct slice){NULL, 0};
    }
    return slice_of(to, text.size ? fold_utf8(text.data, text.size, to) : 0);
}

static bool part_is(const struct pattern *pattern, uint32_t i, enum pattern_part_kind kind) {
    return i < pattern->part_count && pattern->parts[i].kind == kind;
}

static enum compiled_form pattern_form(const struct pattern *pattern, uint32_t *ret_literal) {
    *ret_literal = 0;
    bool any = part_is(pattern, 0, PATTERN_ANY);
    bool literal = part_is(pattern, 0, PATTERN_LITERAL);
    switch (pattern->part_count) {
    case 0:
        return FORM_EQUALS;
    case 1:
        return literal ? FORM_EQUALS : any ? FORM_PRESENT : FORM_GENERAL;
    case 2:
        if (literal && part_is(pattern, 1, PATTERN_ANY))
            return FORM_STARTS;
        *ret_literal = 1;
        return any && part_is(pattern, 1, PATTERN_LITERAL) ? FORM_ENDS : FORM_GENERAL;
    case 3:
        *ret_literal = 1;
        if (any && part_is(pattern, 1, PATTERN_LITERAL) && part_is(pattern, 2, PATTERN_ANY))
            return FORM_CONTAINS;
        return FORM_GENERAL;
    default:
        return FORM_GENERAL;
    }
}

static void atom_set_hint(struct compiler *compiler, struct compiled_atom *row,
                          enum compiled_form form, struct slice folded) {
    uint32_t weight = weight_of(&compiler->weigher, form, folded);
    if (row->hint.size && weight >= row->weight)
        return;
    row->hint = compiler_text(compiler, folded);
    row->hint_form = form;
    row->weight = weight;
    row->gram_offset = 0;
    row->gram = 0;
    if (folded.size >= COMPILED_GRAM_SIZE) {
        size_t place = weight_rarest_gram(&compiler->weigher, folded);
        memcpy(&row->gram, folded.data + place, sizeof row->gram);
        row->gram_offset = (uint32_t)place;
    }
}

// Parts are rows of their own: whole in the key, behind the atom's own row in the end.
static void atom_set_parts(struct compiler *compiler, struct compiled_atom *row,
                           const struct pattern *pattern) {
    for (uint32_t i = 0; i < pattern->part_count; i++) {
        const struct pattern_part *part = &pattern->parts[i];
        struct compiled_part part_row = {.kind = part->kind};
        if (part->kind == PATTERN_LITERAL)
            part_row.literal = compiler_text(
                compiler, pattern->cased ? part->literal : compiler_fold(compiler, part->literal));
        buffer_append(&compiler->key, &part_row, sizeof part_row);
    }
    row->parts.count = pattern->part_count;
}

static void atom_set_pattern(struct compiler *compiler, struct compiled_atom *row,
                             const struct pattern *pattern) {
    uint32_t literal;
    enum compiled_form form = pattern_form(pattern, &literal);
    row->form = (uint8_t)form;
    row->flags = pattern->cased ? COMPILED_CASED : 0;
    if (form == FORM_GENERAL)
        atom_set_parts(compiler, row, pattern);
    if (form == FORM_GENERAL || form == FORM_PRESENT || pattern->part_count == 0)
        return;
    struct slice text = pattern->parts[literal].literal;
    row->text = compiler_text(compiler, pattern->cased ? text : compiler_fold(compiler, text));
}

static void atom_set_regex(struct compiler *compiler, struct compiled_atom *row,
                           const struct atom *atom) {
    row->flags = (uint8_t)((atom->regex_caseless ? COMPILED_CASELESS : 0) |
                           (atom->regex_multiline ? COMPILED_MULTILINE : 0) |
                           (atom->regex_dotall ? COMPILED_DOTALL : 0));
    row->text = compiler_text(compiler, atom->regex);
}

static enum compiled_form part_form(const struct pattern *pattern, uint32_t part) {
    if (pattern->part_count == 1)
        return FORM_EQUALS;
    return part == 0 ? FORM_STARTS : part + 1 == pattern->part_count ? FORM_ENDS : FORM_CONTAINS;
}

// The rarest of an atom's literals, for an atom that is new.
static void atom_set_hints(struct compiler *compiler, struct compiled_atom *row,
                           const struct atom *atom) {
    if (atom->kind == ATOM_REGEX) {
        struct hint_set hints;
        hints_from_regex(atom->regex, atom->regex_caseless, &hints);
        if (hints.count == 1)
            atom_set_hint(compiler, row, FORM_CONTAINS, slice_of(hints.texts[0], hints.size));
    }
    for (uint32_t i = 0; atom->kind == ATOM_PATTERN && i < atom->pattern.part_count; i++)
        if (atom->pattern.parts[i].kind == PATTERN_LITERAL)
            atom_set_hint(compiler, row, part_form(&atom->pattern, i),
                          compiler_fold(compiler, atom->pattern.parts[i].literal));
}

static uint32_t atom_cost(const struct compiled_atom *row) {
    uint32_t cost = COST_NUMBER;
    if (row->kind == ATOM_NULL || row->kind == ATOM_EXISTS)
        cost = COST_NULL;
    else if (row->kind == ATOM_FIELD)
        cost = COST_FIELD;
    else if (row->kind == ATOM_REGEX)
        cost = row->hint.size ? COST_REGEX_WITH_HINT : COST_REGEX;
    else if (row->kind == ATOM_PATTERN && row->form == FORM_GENERAL)
        cost = COST_GENERAL;
    else if (row->kind == ATOM_PATTERN)
        cost = row->form == FORM_CONTAINS ? COST_CONTAINS : COST_EDGE;
    return row->symbol == COMPILED_NO_SYMBOL ? cost * COST_KEYWORDS_TIMES : cost;
}

static bool regex_is_sound(const struct atom *atom, struct problem *problem) {
    struct regex_flags flags = {.caseless = atom->regex_caseless,
                                .multiline = atom->regex_multiline,
                                .dotall = atom->regex_dotall};
    struct regex *regex;
    if (regex_new(atom->regex, flags, &regex, problem))
        return false;
    regex_free(regex);
    return true;
}

// The row without what depends on its place (parts.first, regex); parts are in the key.
static struct compiled_atom atom_row(struct compiler *compiler, const struct atom *atom) {
    struct compiled_atom row;
    memset(&row, 0, sizeof row);
    row.kind = (uint8_t)atom->kind;
    row.hint_form = FORM_CONTAINS;
    row.weight = WEIGHT_MAX;
    row.symbol = atom->field.size ? compiler_symbol(compiler, atom->field) : COMPILED_NO_SYMBOL;
    if (atom->kind == ATOM_FIELD) {
        row.symbol2 = compiler_symbol(compiler, atom->field2);
        row.detail = (uint8_t)atom->relation;
        row.flags = atom->cased ? COMPILED_CASED : 0;
    }
    buffer_reset(&compiler->key);
    switch (atom->kind) {
    case ATOM_PATTERN:
        atom_set_pattern(compiler, &row, &atom->pattern);
        break;
    case ATOM_REGEX:
        atom_set_regex(compiler, &row, atom);
        break;
    case ATOM_CIDR:
        memcpy(row.address, atom->cidr_address, sizeof row.address);
        row.detail = atom->cidr_bits;
        break;
    case ATOM_COMPARE:
        row.detail = (uint8_t)atom->compare;
        row.number = atom->number;
        break;
    case ATOM_TIME_PART:
        row.detail = (uint8_t)atom->time_part;
        row.number = atom->number;
        break;
    case ATOM_FIELD:
    case ATOM_NULL:
    case ATOM_EXISTS:
        break;
    }
    return row;
}

// An expression that PCRE2 refused stands as a pattern; no rule with it is ever evaluated.
static bool regex_was_refused(const struct compiler *compiler, const struct atom *atom,
                              uint32_t number, struct problem *problem) {
    const struct compiled_atom *rows = (const void *)compiler->sections[COMPILED_ATOMS].data;
    if (atom->kind != ATOM_REGEX || rows[number].kind == ATOM_REGEX)
        return false;
    problem_set(problem, STATUS_FORMAT, "regular expression refused before");
    return true;
}

static bool compiler_add_regex(struct compiler *compiler, const struct atom *atom,
                               struct compiled_atom *row, struct problem *problem) {
    row->regex = compiler->regex_count;
    if (row->regex < COMPILED_REGEX_MAX && regex_is_sound(atom, problem)) {
        compiler->regex_count++;
        return true;
    }
    if (row->regex == COMPILED_REGEX_MAX)
        problem_set(problem, STATUS_LIMIT, "more than %d regular expressions", COMPILED_REGEX_MAX);
    row->kind = ATOM_PATTERN;
    row->regex = 0;
    return false;
}

bool compiler_atom(struct compiler *compiler, const struct atom *atom, uint32_t *ret_atom,
                   struct problem *problem) {
    struct compiled_atom row = atom_row(compiler, atom);
    size_t part_bytes = compiler->key.size;
    buffer_append(&compiler->key, &row, sizeof row);
    uint32_t before = compiler->atoms.count;
    uint32_t number = intern_add(&compiler->atoms, buffer_slice(&compiler->key));
    if (number == INTERN_FULL || compiler->key.failed) {
        compiler->failed = true;
        number = 0;
    }
    *ret_atom = number;
    if (compiler->failed)
        return true;
    if (number != before)
        return !regex_was_refused(compiler, atom, number, problem);
    atom_set_hints(compiler, &row, atom);
    row.parts.first = compiler_row_count(compiler, COMPILED_PARTS);
    buffer_append(&compiler->sections[COMPILED_PARTS], compiler->key.data, part_bytes);
    bool sound = row.kind != ATOM_REGEX || compiler_add_regex(compiler, atom, &row, problem);
    uint32_t cost = atom_cost(&row);
    buffer_append(&compiler->atom_costs, &cost, sizeof cost);
    compiler_row(compiler, COMPILED_ATOMS, &row);
    return sound;
}
