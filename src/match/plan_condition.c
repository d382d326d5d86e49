// From a condition to shared nodes
// SPDX-License-Identifier: Apache-2.0
#include "match/plan_compile.h"
#include "match/plan_hint.h"

#include <stdlib.h>

enum {
    // A regex may take two rows more than its rule has.
    CONDITION_DEPTH_MAX = COMPILED_DEPTH_MAX - 2
};

struct condition_walk {
    struct compiler *compiler;
    struct problem *problem;
    bool refused;
};

static uint32_t node_cost(const struct compiler *compiler, uint32_t node) {
    const struct buffer *costs =
        node & COMPILED_INNER_BIT ? &compiler->inner_costs : &compiler->atom_costs;
    uint32_t cost;
    memcpy(&cost, costs->data + (node & ~COMPILED_INNER_BIT) * sizeof cost, sizeof cost);
    return cost;
}

static void stack_push(struct compiler *compiler, uint32_t node) {
    uint64_t item = (uint64_t)node_cost(compiler, node) << 32 | node;
    buffer_append(&compiler->stack, &item, sizeof item);
}

static int compare_items(const void *a, const void *b) {
    uint64_t left;
    uint64_t right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left < right ? -1 : left > right;
}

// The row of these children, made when new. Children come cheapest first, without doubles.
static uint32_t compiler_inner(struct compiler *compiler, enum node_kind kind,
                               const uint64_t *items, size_t count) {
    buffer_reset(&compiler->key);
    uint32_t kind_number = kind;
    uint32_t cost = 1;
    buffer_append(&compiler->key, &kind_number, sizeof kind_number);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && items[i] == items[i - 1])
            continue;
        uint32_t child = (uint32_t)items[i];
        buffer_append(&compiler->key, &child, sizeof child);
        cost = cost > UINT32_MAX / 4 ? cost : cost + (uint32_t)(items[i] >> 32);
    }
    size_t children = compiler->key.size / sizeof(uint32_t) - 1;
    if (kind != NODE_NOT && children == 1)
        return (uint32_t)items[0];
    uint32_t before = compiler->inner.count;
    uint32_t number = intern_add(&compiler->inner, buffer_slice(&compiler->key));
    if (number == INTERN_FULL || compiler->key.failed) {
        compiler->failed = true;
        return 0;
    }
    if (number == before) {
        struct compiled_inner row = {
            .kind = kind,
            .children = {compiler_row_count(compiler, COMPILED_CHILDREN), (uint32_t)children}};
        buffer_append(&compiler->sections[COMPILED_CHILDREN], compiler->key.data + sizeof(uint32_t),
                      children * sizeof(uint32_t));
        buffer_append(&compiler->inner_costs, &cost, sizeof cost);
        compiler_row(compiler, COMPILED_INNER, &row);
    }
    return number | COMPILED_INNER_BIT;
}

static const struct compiled_inner *inner_row(const struct compiler *compiler, uint32_t node) {
    const struct compiled_inner *rows = (const void *)compiler->sections[COMPILED_INNER].data;
    return node & COMPILED_INNER_BIT ? &rows[node & ~COMPILED_INNER_BIT] : NULL;
}

// A child of the same kind gives its own children instead: and(a, and(b, c)) = and(a, b, c).
static void stack_push_flat(struct compiler *compiler, enum node_kind kind, uint32_t node) {
    const struct compiled_inner *inner = inner_row(compiler, node);
    if (!inner || inner->kind != kind) {
        stack_push(compiler, node);
        return;
    }
    struct compiled_list list = inner->children;
    for (uint32_t i = 0; i < list.count; i++) {
        const uint32_t *children = (const void *)compiler->sections[COMPILED_CHILDREN].data;
        stack_push(compiler, children[list.first + i]);
    }
}

// Join what was pushed since `bottom`.
static uint32_t walk_join(struct condition_walk *walk, enum node_kind kind, size_t bottom) {
    struct compiler *compiler = walk->compiler;
    compiler->failed |= compiler->stack.failed;
    if (walk->refused || compiler->failed)
        return 0;
    uint64_t *items = (void *)(compiler->stack.data + bottom);
    size_t count = (compiler->stack.size - bottom) / sizeof *items;
    if (count)
        qsort(items, count, sizeof *items, compare_items);
    uint32_t result = compiler_inner(compiler, kind, items, count);
    compiler->stack.size = bottom;
    return result;
}

static uint32_t walk_node(struct condition_walk *walk, const struct node *node, uint32_t depth);

static uint32_t walk_children(struct condition_walk *walk, const struct node *node,
                              uint32_t depth) {
    struct compiler *compiler = walk->compiler;
    size_t bottom = compiler->stack.size;
    for (uint32_t i = 0; i < node->child_count && !walk->refused && !compiler->failed; i++) {
        uint32_t child = walk_node(walk, node->children[i], depth + 1);
        if (!walk->refused && !compiler->failed)
            stack_push_flat(compiler, node->kind, child);
    }
    return walk_join(walk, node->kind, bottom);
}

static uint32_t walk_not(struct condition_walk *walk, const struct node *node, uint32_t depth) {
    struct compiler *compiler = walk->compiler;
    uint32_t child = walk_node(walk, node->children[0], depth + 1);
    if (walk->refused || compiler->failed)
        return 0;
    const struct compiled_inner *inner = inner_row(compiler, child);
    if (inner && inner->kind == NODE_NOT) {
        const uint32_t *children = (const void *)compiler->sections[COMPILED_CHILDREN].data;
        return children[inner->children.first];
    }
    uint64_t item = (uint64_t)node_cost(compiler, child) << 32 | child;
    return compiler_inner(compiler, NODE_NOT, &item, 1);
}

// One atom, as a child on the stack.
static void walk_push_atom(struct condition_walk *walk, const struct atom *atom) {
    uint32_t number;
    if (walk->refused || walk->compiler->failed)
        return;
    walk->refused = !compiler_atom(walk->compiler, atom, &number, walk->problem);
    if (!walk->refused && !walk->compiler->failed)
        stack_push(walk->compiler, number);
}

// A regex with several hints is the same as (one of the hints) and the regex: the hints can
// trigger, and are cheaper to look for.
static uint32_t walk_atom(struct condition_walk *walk, const struct atom *atom) {
    struct compiler *compiler = walk->compiler;
    struct hint_set hints = {.count = 0};
    if (atom->kind == ATOM_REGEX && atom->field.size)
        hints_from_regex(atom->regex, atom->regex_caseless, &hints);
    size_t bottom = compiler->stack.size;
    for (uint32_t i = 0; i < hints.count && hints.count > 1; i++) {
        const struct pattern_part parts[] = {
            {.kind = PATTERN_ANY},
            {.kind = PATTERN_LITERAL, .literal = slice_of(hints.texts[i], hints.size)},
            {.kind = PATTERN_ANY}};
        struct atom contains = {.kind = ATOM_PATTERN,
                                .field = atom->field,
                                .pattern = {.parts = parts, .part_count = ARRAY_SIZE(parts)}};
        walk_push_atom(walk, &contains);
    }
    if (hints.count > 1) {
        uint32_t any = walk_join(walk, NODE_OR, bottom);
        if (!walk->refused && !compiler->failed)
            stack_push(compiler, any);
    }
    walk_push_atom(walk, atom);
    return walk_join(walk, NODE_AND, bottom);
}

static uint32_t walk_node(struct condition_walk *walk, const struct node *node, uint32_t depth) {
    if (depth >= CONDITION_DEPTH_MAX) {
        problem_set(walk->problem, STATUS_LIMIT, "condition nested deeper than %d",
                    CONDITION_DEPTH_MAX);
        walk->refused = true;
        return 0;
    }
    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
        return walk_children(walk, node, depth);
    case NODE_NOT:
        return walk_not(walk, node, depth);
    case NODE_ATOM:
        return walk_atom(walk, &node->atom);
    case NODE_TRUE:
        return compiler_inner(walk->compiler, NODE_AND, NULL, 0);
    case NODE_FALSE:
        return compiler_inner(walk->compiler, NODE_OR, NULL, 0);
    }
    return 0;
}

bool compiler_condition(struct compiler *compiler, const struct node *root, uint32_t *ret_node,
                        struct problem *problem) {
    struct condition_walk walk = {.compiler = compiler, .problem = problem};
    *ret_node = walk_node(&walk, root, 0);
    if (walk.refused)
        *ret_node = compiler_inner(compiler, NODE_OR, NULL, 0);
    compiler->stack.size = 0;
    return !walk.refused;
}
