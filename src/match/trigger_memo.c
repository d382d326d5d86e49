// What a text triggered when it was last scanned
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_index.h"

#include "base/digest.h"
#include "base/memory.h"

enum {
    MEMOS = 2048,        // half a MiB a worker
    MEMO_BYTES_MAX = 176 // a path of 88 characters in UTF-16
};

// One place of a direct-mapped table; a newer text takes the older one's.
struct trigger_memo {
    uint32_t serial; // of the field index; 0: free
    uint16_t size;
    uint8_t kind;
    uint8_t entry_count;
    const struct trigger_entry *entries[CAUGHT_MAX];
    uint8_t bytes[MEMO_BYTES_MAX];
};

struct trigger_memo *trigger_memos_new(void) {
    return memory_new(MEMOS, sizeof(struct trigger_memo));
}

struct trigger_memo *trigger_memo_find(struct matcher *matcher, const struct field_index *field,
                                       const struct value *value, bool *ret_known) {
    *ret_known = false;
    if (value->kind == VALUE_ABSENT || value->size == 0 || value->size > MEMO_BYTES_MAX)
        return NULL;
    uint64_t hash = digest_hash64_seeded(slice_of(value->data, value->size), field->serial);
    struct trigger_memo *memo = &matcher->trigger_memos[hash % MEMOS];
    *ret_known = memo->serial == field->serial && memo->kind == value->kind &&
                 memo->size == value->size && memcmp(memo->bytes, value->data, value->size) == 0;
    return memo;
}

void trigger_memo_replay(struct matcher *matcher, const struct trigger_memo *memo) {
    for (uint32_t i = 0; i < memo->entry_count; i++)
        trigger_settle(matcher, memo->entries[i]);
}

void trigger_memo_keep(const struct matcher *matcher, const struct field_index *field,
                       const struct value *value, struct trigger_memo *memo) {
    if (matcher->caught_count > CAUGHT_MAX)
        return;
    memo->serial = field->serial;
    memo->kind = value->kind;
    memo->size = (uint16_t)value->size;
    memo->entry_count = (uint8_t)matcher->caught_count;
    memcpy(memo->entries, matcher->caught, matcher->caught_count * sizeof *matcher->caught);
    memcpy(memo->bytes, value->data, value->size);
}
