// The only place that calls malloc
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// All of these abort the process with a message when the machine has no memory left: sizes
// that input decides are bounded before they get here, so that is a broken machine and no
// broken evidence. Thread-safe.

// Zeroed memory for `count` objects of `size` bytes; the product is checked.
void *memory_new(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

// Grow or shrink; new bytes are not zeroed. memory may be NULL.
void *memory_resize(void *memory, size_t count, size_t size) __attribute__((returns_nonnull));

// Tells the kernel that these fresh bytes will all be written at once, so that it may take large
// pages for them: a thousand page faults less. Only speed hangs on it; memory may be NULL.
void memory_expect_large(void *memory, size_t size);

// Where the first line of the cache begins that lies whole in memory got with MEMORY_LINE_BYTES to
// spare.
enum {
    MEMORY_LINE_BYTES = 64
};
static inline void *memory_line(void *memory) {
    uint8_t *bytes = memory;
    return bytes + (MEMORY_LINE_BYTES - (uintptr_t)bytes % MEMORY_LINE_BYTES) % MEMORY_LINE_BYTES;
}

// NULL is fine.
void memory_free(void *memory);

// What was freed goes back to the system if it is much: worth its while (milliseconds) between two
// parts of the work that need much memory each, and of different sizes. Only the size of the
// process hangs on it: a C library that cannot say how much is free gives back always, one that
// cannot give back never.
void memory_give_back(void);

// A NUL-terminated copy of `size` bytes; memory_free it.
char *memory_keep_text(const void *text, size_t size) __attribute__((returns_nonnull));

#endif
