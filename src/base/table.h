// A hash table from 64-bit hashes to numbers
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX

// Says whether the entry numbered `number` is the one that is looked for.
typedef bool table_equal(const void *context, uint32_t number, const void *key);

// Open addressing over (hash, number) pairs; the entries themselves live in the caller's
// array, which `number` indexes. Collisions of the full hash are settled by `equal`, so that
// crafted input cannot merge two keys. Not thread-safe.
struct table {
    struct table_slot *slots;
    size_t capacity; // a power of two, or 0
    size_t count;
};

void table_init(struct table *table);
void table_done(struct table *table);
void table_reset(struct table *table);

// TABLE_NONE when absent. `equal` may be NULL: the hash alone decides (only for hashes that
// nobody outside can choose).
uint32_t table_find(const struct table *table, uint64_t hash, table_equal *equal,
                    const void *context, const void *key);

// Bring the place of a hash near, for a table_find that follows soon.
void table_prefetch(const struct table *table, uint64_t hash);

// Adds without looking: the caller has seen TABLE_NONE.
void table_add(struct table *table, uint64_t hash, uint32_t number);

#endif
