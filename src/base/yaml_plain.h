// YAML as people write it, read quickly
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_YAML_PLAIN_H
#define BASE_YAML_PLAIN_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/yaml_node.h"

// Block mappings and sequences, one-line scalars, literal blocks, comments, several documents:
// what nearly every rule file consists of. False for anything else, broken texts included; what
// was taken from the arena stays taken, and the caller reads again with yaml_read_whole.
bool yaml_plain_read(struct slice text, struct arena *arena,
                     const struct yaml_node **ret_documents);

#endif
