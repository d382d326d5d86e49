// What whole records said when they were last read
// SPDX-License-Identifier: Apache-2.0
#include "relate/record_memo.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    RECORD_WAYS = 8,    // places that a key may lie in
    RECORD_SETS = 4096, // of them: 6 MiB
    HABIT_LOOKS = 512,
    HABIT_FINDS_MIN = HABIT_LOOKS / 4, // less do not pay
    HABIT_PAUSE = 16 * HABIT_LOOKS,
};
_Static_assert(sizeof(struct record_place) == 3 * MEMORY_LINE_BYTES, "three lines of the cache");

// What lies in the places of a set; small enough to stay near, so that a look at what is not there
// touches no place, and one at what is there only its own.
struct record_set {
    uint32_t tags[RECORD_WAYS]; // of the hash, odd; 0: free
};

struct record_memo {
    struct record_set sets[RECORD_SETS];
    uint8_t next[RECORD_SETS];   // who goes next, in turn
    struct record_place *places; // each begins with a line
    void *places_memory;
};

struct record_memo *record_memo_new(void) {
    struct record_memo *memo = memory_new(1, sizeof *memo);
    size_t count = RECORD_SETS * RECORD_WAYS;
    memo->places_memory = memory_new(count + 1, sizeof *memo->places);
    memo->places = memory_line(memo->places_memory);
    memory_expect_large(memo->places, count * sizeof *memo->places);
    return memo;
}

void record_memo_free(struct record_memo *memo) {
    if (!memo)
        return;
    memory_free(memo->places_memory);
    memory_free(memo);
}

static size_t key_set(const struct record_key *key) {
    return key->hash >> 32 & (RECORD_SETS - 1);
}

static uint32_t key_tag(const struct record_key *key) {
    return (uint32_t)key->hash | 1;
}

// A bit for each way whose tag it is.
static unsigned set_ways(const struct record_set *set, uint32_t tag) {
    unsigned ways = 0;
    __m128i sought = _mm_set1_epi32((int)tag);
    for (size_t i = 0; i < RECORD_WAYS; i += 4) {
        __m128i four = _mm_loadu_si128((const __m128i *)(const void *)&set->tags[i]);
        __m128i equal = _mm_cmpeq_epi32(four, sought);
        ways |= (unsigned)_mm_movemask_ps(_mm_castsi128_ps(equal)) << i;
    }
    return ways;
}

static bool place_has(const struct record_place *place, const struct record_key *key) {
    return place->plan == key->plan && place->stamp == key->stamp &&
           place->size == key->bytes.size &&
           (place->size == 0 || bytes_equal(place->bytes, key->bytes.data, place->size));
}

void record_memo_hash(const struct record_memo *memo, struct record_key *key) {
    assert(key->bytes.size <= RECORD_MEMO_BYTES_MAX);
    key->hash = digest_hash64_seeded(key->bytes, (uintptr_t)key->plan);
    key->ways = set_ways(&memo->sets[key_set(key)], key_tag(key));
    if (!key->ways)
        return;
    const uint8_t *place =
        (const uint8_t *)&memo
            ->places[key_set(key) * RECORD_WAYS + (unsigned)__builtin_ctz(key->ways)];
    for (size_t at = 0; at < sizeof(struct record_place); at += MEMORY_LINE_BYTES)
        __builtin_prefetch(place + at);
}

struct record_place *record_memo_find(const struct record_memo *memo,
                                      const struct record_key *key) {
    for (unsigned ways = key->ways; ways; ways &= ways - 1) {
        struct record_place *place =
            &memo->places[key_set(key) * RECORD_WAYS + (unsigned)__builtin_ctz(ways)];
        if (place_has(place, key))
            return place;
    }
    return NULL;
}

struct record_place *record_memo_add(struct record_memo *memo, const struct record_key *key) {
    size_t set = key_set(key);
    size_t way = memo->next[set]++ % RECORD_WAYS;
    memo->sets[set].tags[way] = key_tag(key);
    struct record_place *place = &memo->places[set * RECORD_WAYS + way];
    *place = (struct record_place){.plan = key->plan,
                                   .stamp = key->stamp,
                                   .cited_ns = INT64_MAX,
                                   .size = (uint16_t)key->bytes.size};
    if (key->bytes.size)
        bytes_copy(place->bytes, key->bytes.data, key->bytes.size);
    return place;
}

bool record_habit_looks(struct record_habit *habit) {
    if (habit->pause == 0)
        return true;
    habit->pause--;
    return false;
}

void record_habit_note(struct record_habit *habit, bool found) {
    habit->looks++;
    habit->finds += found;
    if (habit->looks < HABIT_LOOKS)
        return;
    if (habit->finds < HABIT_FINDS_MIN)
        habit->pause = HABIT_PAUSE;
    habit->looks = habit->finds = 0;
}
