// The only place that calls malloc
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void memory_exhausted(size_t count, size_t size) {
    fprintf(stderr, "vedette: out of memory (%zu x %zu bytes)\n", count, size);
    abort();
}

void *memory_new(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        memory_exhausted(count, size);
    return memory;
}

void *memory_resize(void *memory, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        memory_exhausted(count, size);
    void *resized = realloc(memory, bytes ? bytes : 1);
    if (!resized)
        memory_exhausted(count, size);
    return resized;
}

void memory_free(void *memory) {
    free(memory);
}

char *memory_keep_text(const void *text, size_t size) {
    char *copy = memory_new(size + 1, 1);
    if (size)
        memcpy(copy, text, size);
    return copy;
}
