// How far bytes can be pressed together
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_DEFLATE_H
#define BASE_DEFLATE_H

#include "base/slice.h"

#include <stdint.h>

// Counts what zlib (RFC 1950, its default level) would make of bytes that come in pieces; what
// comes out is thrown away. One measure after the other. Not thread-safe.
struct deflate_measure;
struct deflate_measure *deflate_measure_new(void);
void deflate_measure_free(struct deflate_measure *measure);
void deflate_measure_begin(struct deflate_measure *measure);
void deflate_measure_add(struct deflate_measure *measure, struct slice bytes);
// The compressed size in bytes; ends the measure.
uint64_t deflate_measure_end(struct deflate_measure *measure);

#endif
