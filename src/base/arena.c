// Bump memory with a ceiling
// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include "base/memory.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

enum {
    ARENA_BLOCK_BYTES = 64 * 1024,
    ARENA_ALIGN = alignof(max_align_t)
};

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena, size_t ceiling_bytes) {
    *arena = (struct arena){.ceiling_bytes = ceiling_bytes};
}

static void arena_free_blocks(struct arena_block *block) {
    while (block) {
        struct arena_block *next = block->next;
        memory_free(block);
        block = next;
    }
}

void arena_done(struct arena *arena) {
    arena_free_blocks(arena->blocks);
    *arena = (struct arena){.ceiling_bytes = arena->ceiling_bytes};
}

void arena_reset(struct arena *arena) {
    if (arena->blocks) {
        arena_free_blocks(arena->blocks->next);
        arena->blocks->next = NULL;
        arena->blocks->used = 0;
    }
    arena->used_bytes = 0;
}

void *arena_new(struct arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - ARENA_ALIGN)
        return NULL;
    bytes = (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (bytes > arena->ceiling_bytes - arena->used_bytes)
        return NULL;
    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < bytes) {
        size_t block_bytes = bytes > ARENA_BLOCK_BYTES ? bytes : ARENA_BLOCK_BYTES;
        block = memory_resize(NULL, 1, sizeof *block + block_bytes);
        *block = (struct arena_block){.next = arena->blocks, .size = block_bytes};
        arena->blocks = block;
    }
    void *memory = block->data + block->used;
    block->used += bytes;
    arena->used_bytes += bytes;
    assert(arena->used_bytes <= arena->ceiling_bytes);
    memset(memory, 0, bytes);
    return memory;
}

void arena_absorb(struct arena *to, struct arena *from) {
    // Behind the block that `to` is filling, so that it goes on filling it.
    struct arena_block **link = to->blocks ? &to->blocks->next : &to->blocks;
    struct arena_block *rest = *link;
    *link = from->blocks;
    while (*link)
        link = &(*link)->next;
    *link = rest;
    to->used_bytes += from->used_bytes;
    to->ceiling_bytes += from->used_bytes;
    from->blocks = NULL;
    from->used_bytes = 0;
}

struct slice arena_keep(struct arena *arena, struct slice bytes) {
    uint8_t *copy = arena_new(arena, bytes.size + 1, 1);
    if (!copy)
        return (struct slice){NULL, 0};
    if (bytes.size)
        memcpy(copy, bytes.data, bytes.size);
    return (struct slice){copy, bytes.size};
}
