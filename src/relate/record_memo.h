// What whole records said when they were last read
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RECORD_MEMO_H
#define RELATE_RECORD_MEMO_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

// Records of a class in which all that its rows read is the same say the same relations: their
// places in the table are remembered by those bytes, so that what comes again costs one look
// instead of one for each part. Bounded; a record whose class rarely repeats itself is not looked
// for (record_habit).
enum {
    RECORD_MEMO_ROWS_MAX = 2, // relations of a remembered record
    RECORD_MEMO_BYTES_MAX = 144
};

// Three lines of the cache.
struct record_place {
    const void *plan;
    uint32_t stamp; // of the places (relation_table_stamp)
    uint32_t places[RECORD_MEMO_ROWS_MAX];
    int32_t buckets[RECORD_MEMO_ROWS_MAX];
    int64_t cited_ns; // none of its relations cites a later record (relation_table_cited)
    uint16_t size;
    uint8_t row_count;
    uint8_t rows[RECORD_MEMO_ROWS_MAX]; // of the plan, ascending
    uint8_t bytes[RECORD_MEMO_BYTES_MAX];
};

struct record_memo;

struct record_memo *record_memo_new(void);
void record_memo_free(struct record_memo *memo); // NULL is fine

struct record_key {
    const void *plan;
    struct slice bytes; // at most RECORD_MEMO_BYTES_MAX
    uint32_t stamp;
    uint64_t hash; // filled by record_memo_hash, as what follows
    unsigned ways; // a bit for each of its places that may have it
};

// The first step of looking: what the second one reads is brought near meanwhile.
void record_memo_hash(const struct record_memo *memo, struct record_key *key);

// NULL when it is not there.
struct record_place *record_memo_find(const struct record_memo *memo, const struct record_key *key);

// A place for the key, looked for before; the caller fills its rows.
struct record_place *record_memo_add(struct record_memo *memo, const struct record_key *key);

// Whether looking pays for a class: a pause follows when it did not.
struct record_habit {
    uint32_t looks, finds;
    uint32_t pause; // records left
};

bool record_habit_looks(struct record_habit *habit);
void record_habit_note(struct record_habit *habit, bool found);

#endif
