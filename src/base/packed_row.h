// Rows of key and payload as one piece of bytes
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_PACKED_ROW_H
#define BASE_PACKED_ROW_H

#include "base/buffer.h"
#include "base/sorter.h"

#include <stdbool.h>

// What a sorter carries, laid one after the other to be put away and taken up again:
//
//     { size of key u32 | size of payload u32 | key | payload } ...

void packed_row_append(struct buffer *to, struct slice key, struct slice payload);

// The next row; views into `from`, which is cut. False at the end, or when what is left is no row:
// `from` is empty then only at the end.
bool packed_row_take(struct slice *from, struct slice *ret_key, struct slice *ret_payload);

// Append all rows of a sorter, which is not finished yet. Only sorter_free may follow.
enum status packed_row_drain(struct sorter *sorter, struct buffer *to, struct problem *problem);

#endif
