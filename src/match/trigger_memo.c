// What a text triggered when it was last scanned
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_index.h"

#include "base/bytes.h"
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
    uint64_t transforms;
    const struct trigger_entry *entries[CAUGHT_MAX];
    uint8_t bytes[MEMO_BYTES_MAX];
};

struct trigger_memo *trigger_memos_new(void) {
    return memory_new(MEMOS, sizeof(struct trigger_memo));
}

// A few looks at the value tell texts of one field apart well enough: what collides only takes the
// other's place.
uint32_t trigger_memo_hash(uint32_t serial, const struct value *value) {
    const uint8_t *data = value->data;
    size_t size = value->size;
    uint64_t hash = ((uint64_t)serial << 32 | size) * UINT64_C(0x9E3779B97F4A7C15);
    if (size >= 8) {
        hash ^= bytes_get_u64(data + size - 8) * UINT64_C(0xFF51AFD7ED558CCD);
        hash ^= bytes_get_u64(data) * UINT64_C(0xC4CEB9FE1A85EC53);
    } else {
        for (size_t at = 0; at < size; at++)
            hash = (hash ^ data[at]) * UINT64_C(0x100000001B3);
    }
    if (size >= 24) {
        hash ^= bytes_get_u64(data + size / 2) * UINT64_C(0xC2B2AE3D27D4EB4F);
        hash ^= bytes_get_u64(data + size - 24) * UINT64_C(0xD6E8FEB86659FD93);
        hash ^= bytes_get_u64(data + size - 16) * UINT64_C(0x9FB21C651E98DF25);
    }
    return (uint32_t)((hash ^ hash >> 29) >> 21);
}

struct trigger_memo *trigger_memo_find(struct matcher *matcher, const struct trigger_text *text,
                                       bool *ret_known) {
    const struct value *value = text->value;
    uint32_t serial = text->field->serial;
    *ret_known = false;
    if (value->kind == VALUE_ABSENT || value->size == 0 || value->size > MEMO_BYTES_MAX)
        return NULL;
    struct trigger_memo *memo = &matcher->trigger_memos[trigger_memo_hash(serial, value) % MEMOS];
    *ret_known = memo->serial == serial && memo->kind == value->kind &&
                 memo->transforms == text->transforms && memo->size == value->size &&
                 bytes_equal(memo->bytes, value->data, value->size);
    return memo;
}

void trigger_memo_replay(struct matcher *matcher, const struct trigger_memo *memo) {
    for (uint32_t i = 0; i < memo->entry_count; i++)
        trigger_settle(matcher, memo->entries[i]);
}

void trigger_memo_keep(const struct matcher *matcher, const struct trigger_text *text,
                       struct trigger_memo *memo) {
    const struct value *value = text->value;
    if (matcher->caught_count > CAUGHT_MAX)
        return;
    memo->serial = text->field->serial;
    memo->kind = value->kind;
    memo->transforms = text->transforms;
    memo->size = (uint16_t)value->size;
    memo->entry_count = (uint8_t)matcher->caught_count;
    memcpy(memo->entries, matcher->caught, matcher->caught_count * sizeof *matcher->caught);
    memcpy(memo->bytes, value->data, value->size);
}
