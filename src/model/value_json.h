// Values of JSON evidence as text, number and JSON
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_VALUE_JSON_H
#define MODEL_VALUE_JSON_H

#include "base/buffer.h"
#include "model/value_kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What model/value.h promises, for the kinds VALUE_JSON_STRING to VALUE_JSON_RAW only; value.c
// hands these kinds on. A decoder has checked the structure of a VALUE_JSON_RAW; what stands
// inside strings nobody has checked. All thread-safe.
enum {
    // An array's elements are found by walking to them, so their number is bounded: the last
    // one holds all that is left, as written (VALUE_UTF8).
    VALUE_JSON_ELEMENTS_MAX = 64,
};

static inline bool value_is_json(const struct value *value) {
    return value->kind >= VALUE_JSON_STRING && value->kind <= VALUE_JSON_RAW;
}

// Escapes undone (RFC 8259 section 7); a lone surrogate gives U+FFFD, an escape that JSON
// does not know stays as written. Elements of an array are separated by ", "; an object stays
// as written.
void value_json_append_text(const struct value *value, struct buffer *buffer);

// A number without fraction and exponent, true (1), false (0), or a string that holds decimal
// or 0x text.
bool value_json_integer(const struct value *value, int64_t *ret_number);

size_t value_json_count(const struct value *value);
struct value value_json_element(const struct value *value, size_t i);

// Valid JSON whatever the strings hold: what is no UTF-8 and no JSON in them is replaced and
// escaped.
void value_json_append_json(const struct value *value, struct buffer *buffer);

#endif
