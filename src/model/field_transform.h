// Evidence's values in the words of rules
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_FIELD_TRANSFORM_H
#define MODEL_FIELD_TRANSFORM_H

#include "base/buffer.h"
#include "model/event_class.h"
#include "model/value.h"

#include <stdbool.h>

// Append the text that rules of a category expect for `value` (and `value2`, for the
// transforms that take two; ignored by the others). False, and nothing appended, when there is
// none: the value is null, an account is "-", a hash is not among the hashes. Never called
// with FIELD_TRANSFORM_NONE. Thread-safe.
bool field_transform_append(enum field_transform transform, const struct value *value,
                            const struct value *value2, struct buffer *buffer);

#endif
