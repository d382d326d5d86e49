// Texts as small numbers
// SPDX-License-Identifier: Apache-2.0
#include "base/intern.h"

#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>

void intern_init(struct interner *interner, uint32_t ceiling, size_t ceiling_bytes) {
    *interner = (struct interner){.ceiling = ceiling};
    arena_init(&interner->arena, ceiling_bytes);
    table_init(&interner->table);
}

void intern_done(struct interner *interner) {
    arena_done(&interner->arena);
    table_done(&interner->table);
    memory_free(interner->texts);
    *interner = (struct interner){0};
}

static bool intern_equal(const void *context, uint32_t number, const void *key) {
    const struct interner *interner = context;
    return slice_equal(interner->texts[number], *(const struct slice *)key);
}

uint32_t intern_find(const struct interner *interner, struct slice text) {
    return table_find(&interner->table, digest_hash64(text), intern_equal, interner, &text);
}

uint32_t intern_add(struct interner *interner, struct slice text) {
    uint64_t hash = digest_hash64(text);
    uint32_t number = table_find(&interner->table, hash, intern_equal, interner, &text);
    if (number != TABLE_NONE)
        return number;
    if (interner->count == interner->ceiling)
        return INTERN_FULL;
    struct slice copy = arena_keep(&interner->arena, text);
    if (!copy.data)
        return INTERN_FULL;
    if ((interner->count & (interner->count - 1)) == 0)
        interner->texts = memory_resize(interner->texts, interner->count ? interner->count * 2 : 1,
                                        sizeof *interner->texts);
    interner->texts[interner->count] = copy;
    table_add(&interner->table, hash, interner->count);
    return interner->count++;
}

struct slice intern_text(const struct interner *interner, uint32_t number) {
    assert(number < interner->count);
    return interner->texts[number];
}
