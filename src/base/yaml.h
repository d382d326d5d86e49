// YAML documents as small trees
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"
#include "base/yaml_node.h"

// All documents of `text`, linked by `next`; NULL when there is none. Nodes are the arena's and
// may point into `text`, which must live as long. Refused, with the line: what is no YAML,
// keys that are no scalars, the same key twice in a mapping (STATUS_FORMAT); what passes a
// ceiling above or the arena's (STATUS_LIMIT). YAML 1.2.2; a plain scalar's type is for the
// caller to settle: see yaml_is_null.
enum status yaml_read(struct slice text, struct arena *arena,
                      const struct yaml_node **ret_documents, struct problem *problem);

// The same through libyaml alone: yaml_read takes a shorter way for plain texts, and this is
// what it is tested against.
enum status yaml_read_whole(struct slice text, struct arena *arena,
                            const struct yaml_node **ret_documents, struct problem *problem);

#endif
