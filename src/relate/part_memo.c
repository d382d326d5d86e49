// What records' bytes said when they were last read
// SPDX-License-Identifier: Apache-2.0
#include "relate/part_memo.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/memory.h"

#include <string.h>

enum {
    MEMO_PLACES = 1 << 16, // 2 MiB of them; half are used at most
    MEMO_BYTES = 4 << 20,
    MEMO_MARGIN = 32, // readable behind the bytes
};

struct memo_place {
    uint64_t hash;
    const void *reader; // NULL: free
    uint32_t offset, size;
    uint32_t number;
    uint8_t kind;
};

struct part_memo {
    struct memo_place places[MEMO_PLACES];
    uint32_t count;
    uint32_t used_bytes;
    uint8_t bytes[MEMO_BYTES + MEMO_MARGIN];
};

struct part_memo *part_memo_new(void) {
    return memory_new(1, sizeof(struct part_memo));
}

void part_memo_free(struct part_memo *memo) {
    memory_free(memo);
}

void part_memo_reset(struct part_memo *memo) {
    memset(memo->places, 0, sizeof memo->places);
    memo->count = memo->used_bytes = 0;
}

bool part_memo_find(const struct part_memo *memo, struct memo_key *key, uint32_t *ret_number) {
    key->hash = digest_hash64_seeded(key->bytes, (uintptr_t)key->reader + key->kind);
    for (size_t at = key->hash % MEMO_PLACES;; at = (at + 1) % MEMO_PLACES) {
        const struct memo_place *place = &memo->places[at];
        if (!place->reader)
            return false;
        if (place->hash == key->hash && place->reader == key->reader && place->kind == key->kind &&
            place->size == key->bytes.size &&
            memcmp(memo->bytes + place->offset, key->bytes.data, place->size) == 0) {
            *ret_number = place->number;
            return true;
        }
    }
}

void part_memo_add(struct part_memo *memo, const struct memo_key *key, uint32_t number) {
    if (key->bytes.size > MEMO_BYTES)
        return;
    if (memo->count == MEMO_PLACES / 2 || key->bytes.size > MEMO_BYTES - memo->used_bytes)
        part_memo_reset(memo);
    size_t at = key->hash % MEMO_PLACES;
    while (memo->places[at].reader)
        at = (at + 1) % MEMO_PLACES;
    memo->places[at] = (struct memo_place){.hash = key->hash,
                                           .reader = key->reader,
                                           .offset = memo->used_bytes,
                                           .size = (uint32_t)key->bytes.size,
                                           .number = number,
                                           .kind = key->kind};
    if (key->bytes.size)
        memcpy(memo->bytes + memo->used_bytes, key->bytes.data, key->bytes.size);
    memo->used_bytes += (uint32_t)key->bytes.size;
    memo->count++;
}
