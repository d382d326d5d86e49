// Signed JSON written again
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_CANONICAL_JSON_H
#define GUARD_CANONICAL_JSON_H

#include "base/buffer.h"
#include "guard/canonical.h"

// A value that was read, as JSON in its own order, control characters escaped: it reads back with
// the same canonical bytes, which by themselves need not be JSON (a PEM key has line ends in it).
void canonical_append_json(const struct canonical_document *document,
                           const struct canonical_value *value, struct buffer *to);

#endif
