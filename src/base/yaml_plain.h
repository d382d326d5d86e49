// YAML as people write it, read quickly
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_YAML_PLAIN_H
#define BASE_YAML_PLAIN_H

#include "base/yaml.h"

// Block mappings and sequences, one-line scalars, literal blocks, comments, several documents:
// what nearly every rule file consists of. False for anything else, broken texts included; what
// was taken from the arena stays taken, and the caller reads again with yaml_read_whole.
bool yaml_plain_read(struct slice text, struct arena *arena,
                     const struct yaml_node **ret_documents);

// Append a child; false when a ceiling is passed. `last` is the end of the parent's row.
bool yaml_node_append(struct yaml_node *parent, struct yaml_node **last, struct yaml_node *child);

// The child whose key was there before, or NULL.
const struct yaml_node *yaml_find_repeated(const struct yaml_node *mapping);

#endif
