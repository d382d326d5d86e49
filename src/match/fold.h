// Text without case
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_FOLD_H
#define MATCH_FOLD_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Sigma compares without case. We fold code points one by one (Unicode's simple case
// folding), but nothing beyond ASCII ever folds into ASCII: the Kelvin sign is no "k". So a
// pattern in ASCII fits exactly the texts that ASCII folding alone would give it. Folding is
// homomorphic: fold(ab) = fold(a) fold(b) at code point borders.

// Fold UTF-8; bytes that are not UTF-8 stay as they are. `to` holds twice `size`. Returns the
// bytes written. Thread-safe.
size_t fold_utf8(const uint8_t *from, size_t size, uint8_t *to);

// UTF-16LE straight to folded ASCII. False, with part of `to` overwritten, when a unit is not
// ASCII. `to` holds `units` and 16 more bytes (SSE2 writes ahead).
bool fold_utf16_ascii(const uint8_t *utf16, size_t units, uint8_t *to);

bool fold_is_ascii(struct slice text);

// Length of the UTF-8 sequence that starts here, 1 for anything malformed.
size_t fold_code_point_size(struct slice text, size_t at);

#endif
