// What looks wrong in rules that can be read
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include "base/text.h"

#include <assert.h>
#include <stdio.h>

enum {
    LINT_DEPTH_MAX = 256, // trees are at most about three times as deep as conditions
    CONJUNCTS_MAX = 256,  // of one AND; beyond that nothing is said
    PAIR_WORK_MAX = 4096, // comparisons of two rows of values
};

struct lint {
    struct sigma_rules *rules;
    struct rule_complaint *complaints;
    size_t count;
    size_t capacity;
};

static void lint_say(struct lint *lint, const struct rule *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void lint_add(struct lint *lint, const struct rule_complaint *complaint) {
    if (lint->count == lint->capacity) {
        size_t capacity = lint->capacity ? lint->capacity * 2 : 64;
        struct rule_complaint *larger = arena_new(&lint->rules->arena, capacity, sizeof *larger);
        if (!larger)
            return;
        if (lint->count)
            memcpy(larger, lint->complaints, lint->count * sizeof *larger);
        lint->complaints = larger;
        lint->capacity = capacity;
    }
    lint->complaints[lint->count++] = *complaint;
}

static void lint_say(struct lint *lint, const struct rule *rule, const char *format, ...) {
    char text[PROBLEM_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct rule_complaint complaint = {
        .file = rule->file,
        .line = rule->line,
        .rule_id = rule->id,
        .text = arena_keep(&lint->rules->arena, slice_of_string(text)),
    };
    lint_add(lint, &complaint);
}

// Whether `text` fits the pattern: '*' with one step back, as in sigma_condition.c, but over
// parts. ASCII case only, which is enough to find what surely does not fit.
static bool pattern_fits(const struct pattern *pattern, struct slice text) {
    uint32_t part = 0, star = UINT32_MAX;
    size_t at = 0, resume = 0;
    while (at < text.size || part < pattern->part_count) {
        const struct pattern_part *now = part < pattern->part_count ? &pattern->parts[part] : NULL;
        if (now && now->kind == PATTERN_ANY) {
            star = part++;
            resume = at;
            continue;
        }
        size_t size = !now ? 0 : now->kind == PATTERN_ONE ? 1 : now->literal.size;
        struct slice there = slice_part(text, at, size);
        bool fits = now && size && there.size == size &&
                    (now->kind == PATTERN_ONE || text_equal_fold_ascii(there, now->literal));
        if (fits) {
            at += size;
            part++;
            continue;
        }
        if (star == UINT32_MAX || resume >= text.size)
            return star != UINT32_MAX && part == pattern->part_count && star + 1 == part;
        part = star + 1;
        at = ++resume;
    }
    return true;
}

static bool pattern_is_exact(const struct pattern *pattern, struct slice *ret_text) {
    *ret_text = (struct slice){NULL, 0};
    if (pattern->part_count > 1 ||
        (pattern->part_count == 1 && pattern->parts[0].kind != PATTERN_LITERAL))
        return false;
    if (pattern->part_count)
        *ret_text = pattern->parts[0].literal;
    for (size_t i = 0; i < ret_text->size; i++)
        if (ret_text->data[i] >= 0x80)
            return false; // folds in more ways than are looked at here
    return true;
}

// An atom, or an OR of atoms, all patterns of one field: its values. Fields that events may have
// several of, and keywords, are left out.
struct row {
    const struct node *const *atoms;
    uint32_t count;
    struct slice field;
};

static bool row_of(const struct node *const *place, struct row *ret_row) {
    const struct node *node = *place;
    struct row row = {.atoms = place, .count = 1};
    if (node->kind == NODE_OR)
        row = (struct row){.atoms = node->children, .count = node->child_count};
    if (!row.count || (node->kind != NODE_OR && node->kind != NODE_ATOM))
        return false;
    for (uint32_t i = 0; i < row.count; i++) {
        const struct node *atom = row.atoms[i];
        if (atom->kind != NODE_ATOM || atom->atom.kind != ATOM_PATTERN || !atom->atom.field.size)
            return false;
        if (i && !slice_equal(atom->atom.field, row.atoms[0]->atom.field))
            return false;
    }
    row.field = row.atoms[0]->atom.field;
    *ret_row = row;
    return !slice_equal_string(row.field, "Data");
}

static bool row_is_exact(const struct row *row) {
    struct slice text;
    for (uint32_t i = 0; i < row->count; i++)
        if (!pattern_is_exact(&row->atoms[i]->atom.pattern, &text))
            return false;
    return true;
}

// No value of the exact row fits any pattern of the other one.
static bool rows_exclude(const struct row *exact, const struct row *other) {
    if ((size_t)exact->count * other->count > PAIR_WORK_MAX)
        return false;
    for (uint32_t i = 0; i < exact->count; i++) {
        struct slice text;
        pattern_is_exact(&exact->atoms[i]->atom.pattern, &text);
        for (uint32_t j = 0; j < other->count; j++)
            if (pattern_fits(&other->atoms[j]->atom.pattern, text))
                return false;
    }
    return true;
}

// What an AND demands, through ANDs inside it. `denied` are what NOTs deny.
struct demand_set {
    const struct node *const *wanted[CONJUNCTS_MAX];
    const struct node *denied[CONJUNCTS_MAX];
    uint32_t wanted_count;
    uint32_t denied_count;
};

static void deny(struct demand_set *set, const struct node *node, unsigned depth) {
    if (set->denied_count == CONJUNCTS_MAX || depth > LINT_DEPTH_MAX)
        return;
    set->denied[set->denied_count++] = node;
    for (uint32_t i = 0; node->kind == NODE_OR && i < node->child_count; i++)
        deny(set, node->children[i], depth + 1);
}

static void collect(struct demand_set *set, const struct node *const *place, unsigned depth) {
    const struct node *node = *place;
    if (set->wanted_count == CONJUNCTS_MAX || depth > LINT_DEPTH_MAX)
        return;
    set->wanted[set->wanted_count++] = place;
    if (node->kind == NODE_NOT)
        deny(set, node->children[0], depth + 1);
    for (uint32_t i = 0; node->kind == NODE_AND && i < node->child_count; i++)
        collect(set, &node->children[i], depth + 1);
}

static bool null_excludes(const struct node *a, const struct node *b) {
    return a->kind == NODE_ATOM && a->atom.kind == ATOM_NULL && b->kind == NODE_ATOM &&
           b->atom.kind != ATOM_NULL && b->atom.kind != ATOM_EXISTS &&
           slice_equal(a->atom.field, b->atom.field);
}

static bool pair_excludes(const struct node *const *a, const struct node *const *b) {
    struct row left, right;
    if (null_excludes(*a, *b) || null_excludes(*b, *a))
        return true;
    if (!row_of(a, &left) || !row_of(b, &right) || !slice_equal(left.field, right.field))
        return false;
    return (row_is_exact(&left) && rows_exclude(&left, &right)) ||
           (row_is_exact(&right) && rows_exclude(&right, &left));
}

static bool set_contradicts(const struct demand_set *set) {
    for (uint32_t i = 0; i < set->wanted_count; i++) {
        for (uint32_t j = 0; j < set->denied_count; j++)
            if (*set->wanted[i] == set->denied[j])
                return true;
        for (uint32_t j = i + 1; j < set->wanted_count; j++)
            if (pair_excludes(set->wanted[i], set->wanted[j]))
                return true;
    }
    return false;
}

// Whether the node surely holds for no event.
static bool node_is_never(const struct node *node, unsigned depth) {
    if (depth > LINT_DEPTH_MAX)
        return false;
    bool all = node->child_count > 0;
    for (uint32_t i = 0; node->kind == NODE_OR && i < node->child_count && all; i++)
        all = node_is_never(node->children[i], depth + 1);
    if (node->kind == NODE_OR)
        return all;
    if (node->kind != NODE_AND)
        return node->kind == NODE_FALSE;
    for (uint32_t i = 0; i < node->child_count; i++)
        if (node_is_never(node->children[i], depth + 1))
            return true;
    struct demand_set set = {.wanted_count = 0};
    collect(&set, &node, 0);
    return set_contradicts(&set);
}

static bool word_among(struct slice word, const char *words) {
    struct slice rest = slice_of_string(words);
    while (rest.size) {
        const uint8_t *blank = memchr(rest.data, ' ', rest.size);
        size_t size = blank ? (size_t)(blank - rest.data) : rest.size;
        if (slice_equal(word, slice_part(rest, 0, size)))
            return true;
        rest = slice_part(rest, size + 1, rest.size);
    }
    return false;
}

// Sigma taxonomy appendix 2.1.0 and Sysmon's event schema; every event has the last row's.
static void lint_fields(struct lint *lint, const struct rule *rule) {
    static const struct {
        uint32_t category;
        const char *names;
    } rows[] = {
#define FIELDS(category, names) {LOG_CATEGORY_##category, names},
#include "match/sigma_fields.def"
#undef FIELDS
    };
    static const char every[] = "EventID Provider_Name Channel Computer UtcTime RuleName EventType "
                                "Execution_ProcessID Execution_ThreadID Level Keywords";
    if (rule->wanted.product != LOG_PRODUCT_WINDOWS)
        return;
    const char *names = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].category == rule->wanted.category)
            names = rows[i].names;
    for (uint32_t i = 0; names && i < rule->field_count; i++)
        if (!word_among(rule->fields[i], names) && !word_among(rule->fields[i], every))
            lint_say(lint, rule, "unknown field '%.*s' for the category %s",
                     SIGMA_TEXT(rule->fields[i]), log_category_text(rule->wanted.category));
}

static void lint_log_source(struct lint *lint, const struct rule *rule) {
    const struct {
        uint32_t value;
        const char *what;
    } parts[] = {{rule->wanted.product, "product"},
                 {rule->wanted.category, "category"},
                 {rule->wanted.service, "service"}};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (parts[i].value == LOG_UNKNOWN)
            lint_say(lint, rule, "unknown %s in the logsource: the rule never holds",
                     parts[i].what);
}

// Trees are sorted by id, so equal ones are neighbours.
static void lint_ids(struct lint *lint) {
    const struct sigma_rules *rules = lint->rules;
    for (size_t i = 1; i < rules->tree_count; i++) {
        const struct rule *before = &rules->trees[i - 1].rule, *rule = &rules->trees[i].rule;
        if (slice_equal(before->id, rule->id))
            lint_say(lint, rule, "the id %.*s is also that of %.*s:%u", SIGMA_TEXT(rule->id),
                     (int)before->file.size, (const char *)before->file.data, before->line);
    }
}

void sigma_lint(struct sigma_rules *rules) {
    struct lint lint = {.rules = rules};
    for (size_t i = 0; i < rules->complaint_count; i++)
        lint_add(&lint, &rules->complaints[i]);
    for (size_t i = 0; i < rules->remark_count; i++)
        lint_add(&lint, &rules->remarks[i]);
    lint_ids(&lint);
    for (size_t i = 0; i < rules->tree_count; i++) {
        const struct rule_tree *tree = &rules->trees[i];
        lint_log_source(&lint, &tree->rule);
        lint_fields(&lint, &tree->rule);
        if (node_is_never(tree->root, 0))
            lint_say(&lint, &tree->rule, "the condition can never hold");
    }
    if (!lint.count)
        return;
    rules->complaints = lint.complaints;
    rules->complaint_count = lint.count;
    sigma_complaints_sort(rules->complaints, rules->complaint_count);
}
