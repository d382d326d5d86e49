// What whole records said when they were last read
// SPDX-License-Identifier: Apache-2.0
#include "relate/record_memo.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    RECORD_PLACES = 1 << 15, // 6 MiB; each key has two neighbours to lie in
    HABIT_LOOKS = 512,
    HABIT_FINDS_MIN = HABIT_LOOKS / 4, // less do not pay
    HABIT_PAUSE = 16 * HABIT_LOOKS,
};
_Static_assert(sizeof(struct record_place) == 192, "three lines of the cache");

struct record_memo {
    struct record_place *places;
};

struct record_memo *record_memo_new(void) {
    struct record_memo *memo = memory_new(1, sizeof *memo);
    memo->places = memory_new(RECORD_PLACES, sizeof *memo->places);
    memory_expect_large(memo->places, RECORD_PLACES * sizeof *memo->places);
    return memo;
}

void record_memo_free(struct record_memo *memo) {
    if (!memo)
        return;
    memory_free(memo->places);
    memory_free(memo);
}

static size_t place_first(const struct record_key *key) {
    return key->hash >> 32 & (RECORD_PLACES - 1);
}

static bool place_has(const struct record_place *place, const struct record_key *key) {
    return place->hash == (uint32_t)key->hash && place->plan == key->plan &&
           place->stamp == key->stamp && place->size == key->bytes.size &&
           (place->size == 0 || bytes_equal(place->bytes, key->bytes.data, place->size));
}

const struct record_place *record_memo_find(const struct record_memo *memo,
                                            struct record_key *key) {
    assert(key->bytes.size <= RECORD_MEMO_BYTES_MAX);
    key->hash = digest_hash64_seeded(key->bytes, (uintptr_t)key->plan);
    const struct record_place *place = &memo->places[place_first(key)];
    if (place_has(place, key))
        return place;
    place = &memo->places[place_first(key) ^ 1];
    return place_has(place, key) ? place : NULL;
}

struct record_place *record_memo_add(struct record_memo *memo, const struct record_key *key) {
    struct record_place *place = &memo->places[place_first(key)];
    struct record_place *other = &memo->places[place_first(key) ^ 1];
    bool is_other = place->plan && place->stamp == key->stamp;
    // The older one goes: whoever came before lies in the second place.
    if (is_other)
        *other = *place;
    *place = (struct record_place){.plan = key->plan,
                                   .hash = (uint32_t)key->hash,
                                   .stamp = key->stamp,
                                   .size = (uint16_t)key->bytes.size};
    if (key->bytes.size)
        memcpy(place->bytes, key->bytes.data, key->bytes.size);
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
