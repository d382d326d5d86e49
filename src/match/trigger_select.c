// Choose the literals without which a rule cannot hold
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger.h"

// Recursion here goes no deeper than COMPILED_DEPTH_MAX: see compiled.c.

static struct selection select_atom(struct selector *selector, uint32_t node) {
    const struct compiled_atom *atom = &selector->matcher->compiled->atoms[node];
    struct selection row = {.stamp = selector->stamp, .weight = SELECTION_NO_TRIGGER};
    if (atom->symbol != COMPILED_NO_SYMBOL && atom->kind != ATOM_FIELD &&
        selector->constants[atom->symbol])
        row.known = node_holds(selector->matcher, node) ? SELECTION_TRUE : SELECTION_FALSE;
    else if (atom->hint.size)
        row.weight = atom->weight;
    return row;
}

static struct selection select_and(struct selector *selector, const uint32_t *children,
                                   uint32_t count) {
    struct selection row = {.stamp = selector->stamp, .weight = SELECTION_NO_TRIGGER};
    bool open = false;
    for (uint32_t i = 0; i < count; i++) {
        struct selection child = trigger_select(selector, children[i]);
        if (child.known == SELECTION_FALSE)
            return (struct selection){.stamp = selector->stamp, .known = SELECTION_FALSE};
        open |= child.known == SELECTION_OPEN;
        if (child.known == SELECTION_OPEN && child.weight < row.weight)
            row.weight = child.weight;
    }
    row.known = open ? SELECTION_OPEN : SELECTION_TRUE;
    return row;
}

static struct selection select_or(struct selector *selector, const uint32_t *children,
                                  uint32_t count) {
    struct selection row = {.stamp = selector->stamp};
    bool open = false;
    for (uint32_t i = 0; i < count; i++) {
        struct selection child = trigger_select(selector, children[i]);
        if (child.known == SELECTION_TRUE)
            return (struct selection){.stamp = selector->stamp, .known = SELECTION_TRUE};
        if (child.known == SELECTION_FALSE)
            continue;
        open = true;
        if (row.weight == SELECTION_NO_TRIGGER || child.weight == SELECTION_NO_TRIGGER)
            row.weight = SELECTION_NO_TRIGGER;
        else if (child.weight < SELECTION_NO_TRIGGER - 1 - row.weight)
            row.weight += child.weight;
        else
            row.weight = SELECTION_NO_TRIGGER - 1;
    }
    row.known = open ? SELECTION_OPEN : SELECTION_FALSE;
    return row;
}

static struct selection select_inner(struct selector *selector,
                                     const struct compiled_inner *inner) {
    const uint32_t *children = selector->matcher->compiled->children + inner->children.first;
    if (inner->kind == NODE_AND)
        return select_and(selector, children, inner->children.count);
    if (inner->kind == NODE_OR)
        return select_or(selector, children, inner->children.count);
    struct selection row = trigger_select(selector, children[0]);
    row.weight = SELECTION_NO_TRIGGER;
    if (row.known != SELECTION_OPEN)
        row.known = row.known == SELECTION_TRUE ? SELECTION_FALSE : SELECTION_TRUE;
    return row;
}

struct selection trigger_select(struct selector *selector, uint32_t node) {
    const struct compiled *compiled = selector->matcher->compiled;
    struct selection *row = &selector->rows[compiled_node_place(compiled, node)];
    if (row->stamp != selector->stamp)
        *row = node & COMPILED_INNER_BIT
                   ? select_inner(selector, &compiled->inner[node & ~COMPILED_INNER_BIT])
                   : select_atom(selector, node);
    return *row;
}

void trigger_collect(struct selector *selector, uint32_t node, uint32_t rule,
                     struct buffer *ret_pairs) {
    if (!(node & COMPILED_INNER_BIT)) {
        struct trigger_pair pair = {.atom = node, .rule = rule};
        buffer_append(ret_pairs, &pair, sizeof pair);
        return;
    }
    const struct compiled *compiled = selector->matcher->compiled;
    const struct compiled_inner *inner = &compiled->inner[node & ~COMPILED_INNER_BIT];
    const uint32_t *children = compiled->children + inner->children.first;
    uint32_t weight = trigger_select(selector, node).weight;
    for (uint32_t i = 0; i < inner->children.count; i++) {
        struct selection child = trigger_select(selector, children[i]);
        if (child.known != SELECTION_OPEN || (inner->kind == NODE_AND && child.weight != weight))
            continue;
        trigger_collect(selector, children[i], rule, ret_pairs);
        if (inner->kind == NODE_AND)
            return;
    }
}
