// Rows of key and payload as one piece of bytes
// SPDX-License-Identifier: Apache-2.0
#include "base/packed_row.h"

#include <assert.h>

void packed_row_append(struct buffer *to, struct slice key, struct slice payload) {
    assert(key.size <= UINT32_MAX && payload.size <= UINT32_MAX);
    uint32_t sizes[2] = {(uint32_t)key.size, (uint32_t)payload.size};
    buffer_append(to, sizes, sizeof sizes);
    buffer_append_slice(to, key);
    buffer_append_slice(to, payload);
}

bool packed_row_take(struct slice *from, struct slice *ret_key, struct slice *ret_payload) {
    uint32_t sizes[2];
    if (from->size < sizeof sizes)
        return false;
    memcpy(sizes, from->data, sizeof sizes);
    size_t rest = from->size - sizeof sizes;
    if (sizes[0] > rest || sizes[1] > rest - sizes[0])
        return false;
    *ret_key = slice_part(*from, sizeof sizes, sizes[0]);
    *ret_payload = slice_part(*from, sizeof sizes + sizes[0], sizes[1]);
    *from = slice_part(*from, sizeof sizes + sizes[0] + sizes[1], SIZE_MAX);
    return true;
}

enum status packed_row_drain(struct sorter *sorter, struct buffer *to, struct problem *problem) {
    enum status status = sorter_finish(sorter, problem);
    bool more = status == STATUS_OK;
    while (more) {
        struct slice key, payload;
        status = sorter_next(sorter, &key, &payload, &more, problem);
        if (status != STATUS_OK)
            return status;
        if (more)
            packed_row_append(to, key, payload);
    }
    return status;
}
