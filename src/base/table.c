// A hash table from 64-bit hashes to numbers
// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    TABLE_FIRST_CAPACITY = 64
};

struct table_slot {
    uint64_t hash;
    uint32_t number; // TABLE_NONE: free
};

void table_init(struct table *table) {
    *table = (struct table){0};
}

void table_done(struct table *table) {
    memory_free(table->slots);
    *table = (struct table){0};
}

void table_reset(struct table *table) {
    for (size_t i = 0; i < table->capacity; i++)
        table->slots[i].number = TABLE_NONE;
    table->count = 0;
}

uint32_t table_find(const struct table *table, uint64_t hash, table_equal *equal,
                    const void *context, const void *key) {
    if (table->capacity == 0)
        return TABLE_NONE;
    size_t mask = table->capacity - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        const struct table_slot *slot = &table->slots[i];
        if (slot->number == TABLE_NONE)
            return TABLE_NONE;
        if (slot->hash == hash && (!equal || equal(context, slot->number, key)))
            return slot->number;
    }
}

void table_prefetch(const struct table *table, uint64_t hash) {
    if (table->capacity)
        __builtin_prefetch(&table->slots[(size_t)hash & (table->capacity - 1)]);
}

static void table_place(struct table *table, uint64_t hash, uint32_t number) {
    size_t mask = table->capacity - 1;
    size_t i = (size_t)hash & mask;
    while (table->slots[i].number != TABLE_NONE)
        i = (i + 1) & mask;
    table->slots[i] = (struct table_slot){hash, number};
}

static void table_grow(struct table *table) {
    struct table old = *table;
    table->capacity = old.capacity ? old.capacity * 2 : TABLE_FIRST_CAPACITY;
    table->slots = memory_new(table->capacity, sizeof *table->slots);
    memory_expect_large(table->slots, table->capacity * sizeof *table->slots);
    for (size_t i = 0; i < table->capacity; i++)
        table->slots[i].number = TABLE_NONE;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].number != TABLE_NONE)
            table_place(table, old.slots[i].hash, old.slots[i].number);
    memory_free(old.slots);
}

void table_add(struct table *table, uint64_t hash, uint32_t number) {
    assert(number != TABLE_NONE);
    if ((table->count + 1) * 3 > table->capacity * 2)
        table_grow(table);
    table_place(table, hash, number);
    table->count++;
}
