// What records' bytes said when they were last read
// SPDX-License-Identifier: Apache-2.0
#include "relate/part_memo.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/memory.h"

#include <string.h>

enum {
    MEMO_PLACES = 1 << 17, // 8 MiB of them; half are used at most
    MEMO_BYTES = 4 << 20,  // of values that are too long for their place
    MEMO_OWN_BYTES = 40,
};

// As large as a line of the cache: most looks cost one miss.
struct memo_place {
    const void *reader; // NULL: free
    uint32_t hash;
    uint32_t number;
    uint32_t offset; // of the bytes, when they do not lie here
    uint16_t size;
    uint8_t kind;
    uint8_t bytes[MEMO_OWN_BYTES];
};

_Static_assert(sizeof(struct memo_place) == MEMORY_LINE_BYTES, "a line of the cache");

struct part_memo {
    struct memo_place *places; // each in a line of its own
    void *places_memory;
    uint32_t count;
    uint32_t used_bytes;
    uint8_t *bytes;
};

struct part_memo *part_memo_new(void) {
    struct part_memo *memo = memory_new(1, sizeof *memo);
    memo->places_memory = memory_new(MEMO_PLACES + 1, sizeof *memo->places);
    memo->places = memory_line(memo->places_memory);
    memory_expect_large(memo->places, MEMO_PLACES * sizeof *memo->places);
    memo->bytes = memory_resize(NULL, MEMO_BYTES, 1);
    return memo;
}

void part_memo_free(struct part_memo *memo) {
    if (!memo)
        return;
    memory_free(memo->places_memory);
    memory_free(memo->bytes);
    memory_free(memo);
}

void part_memo_reset(struct part_memo *memo) {
    memset(memo->places, 0, MEMO_PLACES * sizeof *memo->places);
    memo->count = memo->used_bytes = 0;
}

static bool place_has(const struct part_memo *memo, const struct memo_place *place,
                      const struct memo_key *key) {
    size_t size = key->bytes.size;
    if (place->hash != (uint32_t)key->hash || place->reader != key->reader ||
        place->kind != key->kind || place->size != size)
        return false;
    const uint8_t *bytes = size <= MEMO_OWN_BYTES ? place->bytes : memo->bytes + place->offset;
    return size == 0 || bytes_equal(bytes, key->bytes.data, size);
}

static size_t place_first(const struct memo_key *key) {
    return key->hash >> 32 & (MEMO_PLACES - 1);
}

bool part_memo_find(const struct part_memo *memo, struct memo_key *key, uint32_t *ret_number) {
    key->hash = digest_hash64_seeded(key->bytes, (uintptr_t)key->reader + key->kind);
    for (size_t at = place_first(key);; at = (at + 1) % MEMO_PLACES) {
        const struct memo_place *place = &memo->places[at];
        if (!place->reader)
            return false;
        if (place_has(memo, place, key)) {
            *ret_number = place->number;
            return true;
        }
    }
}

void part_memo_add(struct part_memo *memo, const struct memo_key *key, uint32_t number) {
    size_t size = key->bytes.size;
    size_t outside = size <= MEMO_OWN_BYTES ? 0 : size;
    if (size > UINT16_MAX)
        return;
    if (memo->count == MEMO_PLACES / 2 || outside > MEMO_BYTES - memo->used_bytes)
        part_memo_reset(memo);
    size_t at = place_first(key);
    while (memo->places[at].reader)
        at = (at + 1) % MEMO_PLACES;
    struct memo_place *place = &memo->places[at];
    *place = (struct memo_place){.reader = key->reader,
                                 .hash = (uint32_t)key->hash,
                                 .number = number,
                                 .offset = memo->used_bytes,
                                 .size = (uint16_t)size,
                                 .kind = key->kind};
    if (size)
        bytes_copy(outside ? memo->bytes + memo->used_bytes : place->bytes, key->bytes.data, size);
    memo->used_bytes += (uint32_t)outside;
    memo->count++;
}
