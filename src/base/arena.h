// Bump memory with a ceiling
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

#include <stddef.h>

struct arena_block;

// Memory that is freed all at once: reset for the next batch, done at the end.
//
//     blocks -> [used....|free] -> [used......] -> ...
//
// Not thread-safe: one arena, one thread.
struct arena {
    struct arena_block *blocks;
    size_t used_bytes;
    size_t ceiling_bytes;
};

// `ceiling_bytes` bounds the sum of what arena_new hands out.
void arena_init(struct arena *arena, size_t ceiling_bytes);
void arena_done(struct arena *arena);

// Forget everything, keep the first block for reuse.
void arena_reset(struct arena *arena);

// Zeroed, aligned for any object. NULL when the ceiling would be passed: the caller turns
// that into STATUS_LIMIT or a gap.
void *arena_new(struct arena *arena, size_t count, size_t size);

// Take over everything `from` handed out; `from` is empty afterwards. `to`'s ceiling grows by
// what was taken.
void arena_absorb(struct arena *to, struct arena *from);

// A copy that lives as long as the arena, with a NUL after it that is not counted.
// {NULL, 0} when the ceiling would be passed and the input was not empty.
struct slice arena_keep(struct arena *arena, struct slice bytes);

#endif
