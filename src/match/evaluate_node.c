// Conditions over shared nodes, each worked out once per event
// SPDX-License-Identifier: Apache-2.0
#include "match/evaluate.h"

#include <assert.h>

static bool inner_holds(struct matcher *matcher, const struct compiled_inner *inner) {
    const uint32_t *children = matcher->compiled->children + inner->children.first;
    if (inner->kind == NODE_NOT)
        return !node_holds(matcher, children[0]);
    bool is_or = inner->kind == NODE_OR;
    for (uint32_t i = 0; i < inner->children.count; i++)
        if (node_holds(matcher, children[i]) == is_or)
            return is_or;
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
