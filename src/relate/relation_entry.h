// What is known of one relation of the table
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RELATION_ENTRY_H
#define RELATE_RELATION_ENTRY_H

#include "base/arena.h"
#include "relate/relation_share.h"

struct relation_entry {
    struct relation_numbers key;
    int64_t first_ns, last_ns;
    int64_t cited_ns; // nothing later is cited: the latest of all references that there is room for
    uint64_t count;
    uint64_t bytes_out, bytes_in, taken_ms;
    uint64_t bytes_in_min, bytes_in_max;
    struct reference *references;
    int64_t *times;
    struct relation_day *days;
    uint16_t reference_count, reference_capacity;
    uint16_t time_count, time_capacity;
    uint16_t day_count, day_capacity;
    uint8_t keeps;
};

enum {
    ROW_CLASSES = 20, // capacities 1, 2, 4 ... of one element size
};

// Where references, times and days of all entries lie. Rows grow by doubling; what they leave
// behind is taken by the next row of its size.
struct entry_rows {
    struct arena arena;
    struct free_row *free_rows[3][ROW_CLASSES]; // references, times, days; by capacity
};

void entry_rows_init(struct entry_rows *rows, size_t memory_bytes);
void entry_rows_done(struct entry_rows *rows);
void entry_rows_reset(struct entry_rows *rows); // the entries are gone

// Of what nothing is known yet.
void relation_entry_init(struct relation_entry *entry, const struct relation_numbers *key);

// Add a record's share; false, and nothing added, when there is no room.
bool relation_entry_note(struct relation_entry *entry, struct entry_rows *rows,
                         const struct relation_share *share, struct relation_witness *witness);
// The same for a record that is not cited, for several, and where there is room.
bool relation_entry_note_uncited(struct relation_entry *entry, struct entry_rows *rows,
                                 const struct relation_share *share);
bool relation_entry_note_batch(struct relation_entry *entry, struct entry_rows *rows,
                               const struct relation_batch *batch);
void relation_entry_add(struct relation_entry *entry, const struct relation_share *share);

void relation_entry_sum(const struct relation_entry *entry, struct relation_sum *ret_sum);

#endif
