// Door of the room: which decoders there are
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include "model/decoder.h"

#include <stddef.h>

// All decoders, in the order of decoders.def; static, immutable.
const struct decoder *const *decode_list(size_t *ret_count);

// The decoder of that name; NULL when there is none.
const struct decoder *decode_find(const char *name);

// The decoder that is surest about a source; NULL when none reaches 1 of 100. Ties go to the
// one named first.
const struct decoder *decode_recognise(struct slice first, struct slice path);

#endif
