// One value as its evidence holds it
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H

#include "base/buffer.h"
#include "base/slice.h"
#include "model/value_kind.h"

#include <stdbool.h>
#include <stdint.h>

// Append the value as the text that Windows and evtx_dump show: decimal, 0x%x for the HexInt
// kinds, upper-case GUID without braces, S-1-..., "2026-11-22T13:29:17.123456Z", upper-case
// hexadecimal for binary, "true"/"false". Arrays: elements separated by ", ". Null and absent
// append nothing.
// Invalid UTF-16 gives U+FFFD. Never fails but by the buffer's ceiling.
void value_append_text(const struct value *value, struct buffer *buffer);

// The integer, when the value is one (any INT/UINT/HEX/SIZE/BOOL kind, a JSON number without
// fraction, or decimal or 0x text); false otherwise or when it does not fit int64.
bool value_integer(const struct value *value, int64_t *ret_number);

// How many elements a value has: 1 for a scalar, 0 for null and absent, n for an array. The
// strings of a VALUE_UTF16 array are separated by NUL. value_element gives the i-th.
size_t value_count(const struct value *value);
struct value value_element(const struct value *value, size_t i);

// As a JSON value: integers bare (64-bit ones too), text escaped, arrays as arrays, null.
// Reals of EVTX are text, as evtx_dump writes them: JSON has no NaN.
void value_append_json(const struct value *value, struct buffer *buffer);

#endif
