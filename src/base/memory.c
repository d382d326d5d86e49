// The only place that calls malloc
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

void memory_expect_large(void *memory, size_t size) {
    enum {
        LARGE_PAGE = 2 << 20
    };
    uintptr_t from = ((uintptr_t)memory + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    uintptr_t until = ((uintptr_t)memory + size) / LARGE_PAGE * LARGE_PAGE;
    if (memory && until > from)
        madvise((void *)from, until - from, MADV_HUGEPAGE);
}

void memory_free(void *memory) {
    free(memory);
}

void memory_give_back(void) {
    enum {
        GIVE_BACK_BYTES = 96 << 20 // less is soon wanted again, and would come page by page
    };
#ifdef VEDETTE_HAS_MALLINFO2
    if (mallinfo2().fordblks < GIVE_BACK_BYTES)
        return;
#endif
#ifdef VEDETTE_HAS_MALLOC_TRIM
    malloc_trim(0);
#endif
}

char *memory_keep_text(const void *text, size_t size) {
    char *copy = memory_new(size + 1, 1);
    if (size)
        memcpy(copy, text, size);
    return copy;
}
