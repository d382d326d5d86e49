// Sigma filters joined to the rules they tune
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include "base/memory.h"
#include "base/text.h"

static bool part_fits(struct slice wanted, struct slice there) {
    return !wanted.size || text_equal_fold_ascii(wanted, there);
}

static bool filter_applies(const struct sigma_document *filter, const struct sigma_document *rule) {
    if (!part_fits(filter->product, rule->product) ||
        !part_fits(filter->category, rule->category) || !part_fits(filter->service, rule->service))
        return false;
    if (!filter->reference_count)
        return true;
    for (uint32_t i = 0; i < filter->reference_count; i++) {
        struct slice reference = filter->references[i];
        if (text_equal_fold_ascii(reference, rule->tree.rule.id) ||
            (rule->tree.rule.name.size && slice_equal(reference, rule->tree.rule.name)))
            return true;
    }
    return false;
}

// Two spellings are about. The specification's example says what is not wanted ("condition:
// selection"); pySigma's users say what is left ("condition: not selection"). A filter only ever
// takes matches away, so a condition that is a negation, or an AND of negations, is taken in the
// second sense, anything else in the first.
static bool says_what_is_left(const struct node *root) {
    if (root->kind == NODE_NOT)
        return true;
    if (root->kind != NODE_AND || !root->child_count)
        return false;
    for (uint32_t i = 0; i < root->child_count; i++)
        if (root->children[i]->kind != NODE_NOT)
            return false;
    return true;
}

// What a rule is joined with by AND; made once for each filter.
struct prepared {
    struct sigma_document *filter;
    const struct node *root;
    bool used;
};

static const struct node *root_make(struct arena *arena, const struct node *root) {
    if (says_what_is_left(root))
        return root;
    struct node *node = arena_new(arena, 1, sizeof *node);
    const struct node **child = arena_new(arena, 1, sizeof(void *));
    if (!node || !child)
        return NULL;
    *child = root;
    node->kind = NODE_NOT;
    node->children = child;
    node->child_count = 1;
    return node;
}

// One AND of the rule and all its filters, however many there are.
static bool rule_join(struct arena *arena, struct sigma_document *rule, struct prepared *filters,
                      size_t count) {
    uint32_t children = 1;
    for (size_t i = 0; i < count; i++)
        children += filter_applies(filters[i].filter, rule);
    if (children == 1)
        return true;
    struct node *node = arena_new(arena, 1, sizeof *node);
    const struct node **row = arena_new(arena, children, sizeof(void *));
    if (!node || !row)
        return false;
    uint32_t used = 0;
    row[used++] = rule->tree.root;
    for (size_t i = 0; i < count; i++) {
        if (!filter_applies(filters[i].filter, rule))
            continue;
        row[used++] = filters[i].root;
        filters[i].used = true;
    }
    node->kind = NODE_AND;
    node->children = row;
    node->child_count = used;
    rule->tree.root = node;
    return true;
}

enum status sigma_filters_join(struct sigma_collection *collection, struct problem *problem) {
    struct arena *arena = &collection->rules->arena;
    struct prepared *filters = memory_new(collection->count + 1, sizeof *filters);
    size_t count = 0;
    bool room = true;
    for (size_t i = 0; i < collection->count && room; i++) {
        struct sigma_document *document = collection->documents[i];
        if (document->kind != SIGMA_FILTER)
            continue;
        filters[count] = (struct prepared){document, root_make(arena, document->tree.root), false};
        room = filters[count++].root != NULL;
    }
    for (size_t i = 0; i < collection->count && room && count; i++)
        if (collection->documents[i]->kind == SIGMA_RULE)
            room = rule_join(arena, collection->documents[i], filters, count);
    for (size_t i = 0; i < count && room; i++)
        if (!filters[i].used)
            sigma_collection_note(collection, &filters[i].filter->tree.rule, false,
                                  "the filter fits no rule that was read");
    memory_free(filters);
    return room ? STATUS_OK
                : problem_set(problem, STATUS_LIMIT, "the rules ask for too much memory");
}
