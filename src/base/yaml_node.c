// The nodes of a YAML tree
// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_node.h"

bool yaml_node_append(struct yaml_node *parent, struct yaml_node **last, struct yaml_node *child) {
    if (child->weight > YAML_NODES_MAX - parent->weight || child->height >= YAML_DEPTH_MAX)
        return false;
    if (parent->kind == YAML_MAPPING && parent->count == YAML_KEYS_MAX)
        return false;
    parent->weight += child->weight;
    if (parent->height < child->height + 1)
        parent->height = child->height + 1;
    if (*last)
        (*last)->next = child;
    else
        parent->first = child;
    *last = child;
    parent->count++;
    return true;
}

const struct yaml_node *yaml_find_repeated(const struct yaml_node *mapping) {
    for (const struct yaml_node *child = mapping->first; child; child = child->next)
        for (const struct yaml_node *other = mapping->first; other != child; other = other->next)
            if (slice_equal(other->key, child->key))
                return child;
    return NULL;
}

const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key) {
    if (!mapping || mapping->kind != YAML_MAPPING)
        return NULL;
    struct slice wanted = slice_of_string(key);
    for (const struct yaml_node *child = mapping->first; child; child = child->next)
        if (slice_equal(child->key, wanted))
            return child;
    return NULL;
}

struct slice yaml_text(const struct yaml_node *mapping, const char *key) {
    const struct yaml_node *child = yaml_find(mapping, key);
    if (!child || child->kind != YAML_SCALAR || yaml_is_null(child))
        return (struct slice){NULL, 0};
    return child->text;
}

static bool text_is_one_of(struct slice text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (slice_equal_string(text, words[i]))
            return true;
    return false;
}

bool yaml_is_null(const struct yaml_node *node) {
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    return node->kind == YAML_SCALAR && node->plain &&
           text_is_one_of(node->text, words, ARRAY_SIZE(words));
}

bool yaml_is_boolean(const struct yaml_node *node, bool *ret_value) {
    static const char *const words[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
    if (node->kind != YAML_SCALAR || !node->plain)
        return false;
    if (text_is_one_of(node->text, words, 3)) {
        *ret_value = true;
        return true;
    }
    if (text_is_one_of(node->text, words + 3, 3)) {
        *ret_value = false;
        return true;
    }
    return false;
}
