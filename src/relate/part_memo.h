// What records' bytes said when they were last read
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_PART_MEMO_H
#define RELATE_PART_MEMO_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

// Records differ, their addresses, accounts, paths and states come again and again: what a part of
// a row reads is rendered once, and has a number from then on (relation_table_text). Bounded: a
// full memo forgets all of it, so that values which never come again cost no more than rendering.
struct part_memo;

struct part_memo *part_memo_new(void);
void part_memo_free(struct part_memo *memo); // NULL is fine
void part_memo_reset(struct part_memo *memo);

// The bytes that decide, and who reads them.
struct memo_key {
    const void *reader;
    struct slice bytes;
    uint8_t kind;  // of the value, where the bytes are one value's
    uint64_t hash; // filled by part_memo_find
};

bool part_memo_find(const struct part_memo *memo, struct memo_key *key, uint32_t *ret_number);

// After part_memo_find was false for it.
void part_memo_add(struct part_memo *memo, const struct memo_key *key, uint32_t number);

#endif
