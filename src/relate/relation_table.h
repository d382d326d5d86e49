// Equal relations become one
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RELATION_TABLE_H
#define RELATE_RELATION_TABLE_H

#include "base/sorter.h"
#include "relate/relation_share.h"

// A table of relations in bounded memory. When it is full, all of it goes to the sorter, whose
// merge adds up what was spilled more than once:
//
//   text ─> number ─┐
//   text ─> number ─┴> key ─hash─> entry {sums, smallest references, times, days} ─full─> sorter
//
// Numbers live as long as the generation: a spill ends it. Places end when relations are packed,
// too.
struct relation_table;

struct relation_table *relation_table_new(size_t memory_bytes, const char *directory);
void relation_table_free(struct relation_table *table);

#define TEXT_EMPTY 0u
#define TEXT_FULL UINT32_MAX // no room: spill first

// The number of a text of at most RELATION_PART_BYTES_MAX bytes.
uint32_t relation_table_text(struct relation_table *table, struct slice text);

// What keeps days apart: the day, while a part is an address that is another host's tomorrow
// perhaps.
int32_t relation_table_bucket(struct relation_table *table, const struct relation_numbers *key,
                              int64_t time_ns);

// A key's hash; what it leads to is brought near meanwhile.
uint64_t relation_table_hash(const struct relation_table *table,
                             const struct relation_numbers *key);

// The place of a key's entry, made when new. False when there is no room: spill first.
bool relation_table_place(struct relation_table *table, const struct relation_numbers *key,
                          uint64_t hash, uint32_t *ret_place);

// Changes with each spill.
uint32_t relation_table_generation(const struct relation_table *table);

// Changes whenever places end: with each spill and each packing.
uint32_t relation_table_stamp(const struct relation_table *table);

// Add a record's share to the entry. False, and nothing added, when the table is full: spill,
// number the texts and find the place anew, note again. An empty table always has room.
bool relation_table_note(struct relation_table *table, uint32_t place,
                         const struct relation_share *share, struct relation_witness *witness);

// Nothing later is cited by the entry any more, whatever comes: it has its references.
int64_t relation_table_cited(const struct relation_table *table, uint32_t place);

// The same for a record that is later than that. It is added a little later, when what it needs
// has come from memory; all others here wait for it where that matters.
bool relation_table_note_late(struct relation_table *table, uint32_t place,
                              const struct relation_share *share);

// A good moment to add a note that waits: something else is on its way from memory.
void relation_table_tend(struct relation_table *table);

// Add a batch to the relation of that key, made when new. May spill first.
enum status relation_table_add(struct relation_table *table, const struct relation_key *key,
                               const struct relation_batch *batch, struct problem *problem);

// Append all relations to `to` (base/packed_row.h) and forget them. Texts and the generation stay.
enum status relation_table_pack(struct relation_table *table, struct buffer *to,
                                struct problem *problem);

// Add a relation that was packed.
enum status relation_table_put(struct relation_table *table, struct slice key, struct slice payload,
                               struct problem *problem);

enum status relation_table_spill(struct relation_table *table, struct problem *problem);

// Spill, and give what all spilled: the caller owns it. Only relation_table_free may follow.
enum status relation_table_drain(struct relation_table *table, struct sorter **ret_sorter,
                                 struct problem *problem);

// Take over what `other` holds; it is left empty.
enum status relation_table_absorb(struct relation_table *table, struct relation_table *other,
                                  struct problem *problem);

#endif
