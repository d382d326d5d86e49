// A moving view into a unit of any size
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_FILE_WINDOW_H
#define DECODE_FILE_WINDOW_H

#include "base/slice.h"
#include "model/unit.h"

enum {
    FILE_WINDOW_BYTES = 64 * 1024
};

// Structures inside a file lie wherever its headers say: the window holds 64 KiB around the last
// place asked for, so that neighbours cost no further read. Not thread-safe.
struct file_window {
    const struct unit *unit;
    uint64_t offset;
    size_t size;
    uint64_t budget; // bytes it may still read: structures may point everywhere, again and again
    uint8_t bytes[FILE_WINDOW_BYTES];
};

// Begin with another unit; `budget` bounds what is read in all.
void file_window_begin(struct file_window *window, const struct unit *unit, uint64_t budget);

// Up to `size` bytes (at most FILE_WINDOW_BYTES) at `offset`; fewer where the file ends or the
// budget does. Valid until the next call.
struct slice file_window_at(struct file_window *window, uint64_t offset, size_t size);

#endif
