// A moving view into a unit of any size
// SPDX-License-Identifier: Apache-2.0
#include "decode/file_window.h"

#include <assert.h>

void file_window_begin(struct file_window *window, const struct unit *unit, uint64_t budget) {
    window->unit = unit;
    window->offset = 0;
    window->size = 0;
    window->budget = budget;
}

struct slice file_window_at(struct file_window *window, uint64_t offset, size_t size) {
    assert(size <= FILE_WINDOW_BYTES);
    if (offset >= window->unit->size)
        return (struct slice){0};
    uint64_t left = window->unit->size - offset;
    if (size > left)
        size = (size_t)left;
    bool inside = offset >= window->offset && offset - window->offset <= window->size &&
                  size <= window->size - (size_t)(offset - window->offset);
    if (!inside) {
        size_t wanted = left < FILE_WINDOW_BYTES ? (size_t)left : FILE_WINDOW_BYTES;
        if (window->budget < wanted)
            return (struct slice){0};
        window->budget -= wanted;
        window->offset = offset;
        window->size = unit_read(window->unit, offset, wanted, window->bytes);
    }
    struct slice held = slice_of(window->bytes, window->size);
    return slice_part(held, (size_t)(offset - window->offset), size);
}
