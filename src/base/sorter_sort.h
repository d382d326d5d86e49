// Order of a sorter's records in memory
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SORTER_SORT_H
#define BASE_SORTER_SORT_H

#include <stddef.h>
#include <stdint.h>

// Private to sorter.c. `word` is what the key is compared by: at first its first eight bytes
// (run_prefix).
struct sorter_entry {
    uint64_t word;
    uint64_t offset; // of the record's head in the sorter's data
};

// Sort by key, then payload; words are lost. `scratch` has room for as many entries.
void entries_sort(const uint8_t *data, struct sorter_entry *entries, struct sorter_entry *scratch,
                  size_t count);

#endif
