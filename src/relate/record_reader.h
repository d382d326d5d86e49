// What the rows of a class say of a record
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RECORD_READER_H
#define RELATE_RECORD_READER_H

#include "base/buffer.h"
#include "model/rule.h"
#include "relate/part_memo.h"
#include "relate/relation_table.h"
#include "relate/row_plan.h"

// The record at hand.
struct record {
    const struct class_plan *plan;
    const struct event *event;
    struct slice host; // writes it when the event names none
};

enum {
    READER_BYTES = 480 // of what a part reads; longer ones are rendered each time
};

// Texts become numbers of a table. Numbers in the memo and in `numbers` are of the table's
// generation `generation`.
struct record_reader {
    struct relation_table *table;
    struct part_memo *memo; // made with the first record that says something
    uint32_t generation;    // of the table
    struct buffer scratch;
    uint8_t bytes[READER_BYTES];      // that a part reads
    uint32_t numbers[PLAN_PARTS_MAX]; // of the texts of the record at hand, by part
};

void record_reader_init(struct record_reader *reader, struct relation_table *table);
void record_reader_done(struct record_reader *reader);

// Nothing is known of the record; after a spill, of any.
void record_reader_begin(struct record_reader *reader, const struct record *record);
// Nor of any that came before: the table is given up.
void record_reader_forget(struct record_reader *reader);

enum row_answer {
    ROW_SILENT,
    ROW_SAYS,
    ROW_FULL, // no room for a text: spill first
};

// What a row said.
struct row_saying {
    enum row_answer answer;
    struct relation_numbers key;
    uint64_t hash;
    uint32_t place; // once noted
};

// What a row says of the record.
enum row_answer record_read_row(struct record_reader *reader, const struct row_plan *row,
                                const struct record *record, struct relation_numbers *ret_key);

// What all its rows say, before any of it is noted: what one leads to comes from memory while the
// next is read. False when a text finds no room.
bool record_read_rows(struct record_reader *reader, const struct record *record,
                      struct row_saying sayings[PLAN_ROWS_MAX]);

// The number of a part's text; NULL is empty. TEXT_FULL: no room.
uint32_t record_read_part(struct record_reader *reader, const struct plan_part *part,
                          const struct record *record);

// The bytes of all that is read as one, in reader->bytes; false when there is no room for them.
bool record_gather(struct record_reader *reader, const struct plan_reads *reads,
                   const struct record *record, size_t *ret_size);

// Who and where of a record for which a rule held, and which rule; false when there is no room for
// a text (hit_reader.c).
bool record_read_hit(struct record_reader *reader, const struct rule *rule,
                     const struct record *record, struct relation_numbers *ret_key);

#endif
