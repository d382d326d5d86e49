// The nodes of a YAML tree
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_YAML_NODE_H
#define BASE_YAML_NODE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    YAML_BYTES_MAX = 4 * 1024 * 1024, // one text; the largest rule files seen have 60 KB
    YAML_DEPTH_MAX = 64,              // rules need about 6
    YAML_NODES_MAX = 200 * 1000,      // one text, aliases counted as if written out
    YAML_KEYS_MAX = 4096,             // of one mapping: each is compared with those before it
};

// One node. Children are linked by `next`, in the order of the text. An aliased subtree is
// shared, never copied; the ceilings count it as often as it is named.
struct yaml_node {
    enum yaml_kind {
        YAML_SCALAR,
        YAML_SEQUENCE,
        YAML_MAPPING
    } kind;
    bool plain;        // scalar without quotes or block style, so null, true, 1 are special
    uint32_t line;     // from 1
    uint32_t count;    // of children
    uint32_t weight;   // of nodes in this subtree, aliases written out; itself included
    uint32_t height;   // of the subtree: 1 for a scalar
    uint32_t key_line; // in a mapping
    struct slice key;  // in a mapping: the child's key (keys are scalars)
    struct slice text; // scalar: its content, escapes resolved
    const struct yaml_node *first;
    const struct yaml_node *next; // sibling, or the next document
};

// The child with this key, or NULL; also when `mapping` is NULL or no mapping.
const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key);

// The text of a scalar child; empty when absent or no scalar.
struct slice yaml_text(const struct yaml_node *mapping, const char *key);

// YAML 1.2.2 10.3.2, core schema. False for quoted scalars.
bool yaml_is_null(const struct yaml_node *node);
bool yaml_is_boolean(const struct yaml_node *node, bool *ret_value);

// Append a child; false when a ceiling is passed. `last` is the end of the parent's row.
bool yaml_node_append(struct yaml_node *parent, struct yaml_node **last, struct yaml_node *child);

// The child whose key was there before, or NULL.
const struct yaml_node *yaml_find_repeated(const struct yaml_node *mapping);

#endif
