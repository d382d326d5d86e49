// Sigma filters joined to the rules they tune
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

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

static const struct node *parent_make(struct arena *arena, enum node_kind kind,
                                      const struct node *first, const struct node *second) {
    struct node *node = arena_new(arena, 1, sizeof *node);
    const struct node **children = arena_new(arena, 2, sizeof(void *));
    if (!node || !children)
        return NULL;
    children[0] = first;
    children[1] = second;
    node->kind = kind;
    node->children = children;
    node->child_count = second ? 2 : 1;
    return node;
}

static enum status filter_join(struct sigma_collection *collection,
                               const struct sigma_document *filter, struct problem *problem) {
    struct arena *arena = &collection->rules->arena;
    const struct node *root = filter->tree.root;
    size_t joined = 0;
    if (!says_what_is_left(root))
        root = parent_make(arena, NODE_NOT, root, NULL);
    for (size_t i = 0; i < collection->count && root; i++) {
        struct sigma_document *rule = collection->documents[i];
        if (rule->kind != SIGMA_RULE || !filter_applies(filter, rule))
            continue;
        const struct node *both = parent_make(arena, NODE_AND, rule->tree.root, root);
        if (!both)
            return problem_set(problem, STATUS_LIMIT, "the rules ask for too much memory");
        rule->tree.root = both;
        joined++;
    }
    if (!joined && root)
        sigma_collection_note(collection, &filter->tree.rule, false,
                              "the filter fits no rule that was read");
    if (!root)
        return problem_set(problem, STATUS_LIMIT, "the rules ask for too much memory");
    return STATUS_OK;
}

enum status sigma_filters_join(struct sigma_collection *collection, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < collection->count && !status; i++)
        if (collection->documents[i]->kind == SIGMA_FILTER)
            status = filter_join(collection, collection->documents[i], problem);
    return status;
}
