// What a sweep looks for, and blocks of 32 bytes
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_TRIGGER_SWEEP_KEYS_H
#define MATCH_TRIGGER_SWEEP_KEYS_H

#include "match/trigger_index.h"

#include <immintrin.h>

// Private to trigger_sweep*.c.
//
// Two ways to find a piece, by how long its core is:
//
//     7 bytes or more   every fourth place of the line is looked at. Of any four places in a row
//                       one is such a place, so that four grams of the piece, one behind the
//                       other, are in the table: eight places, 32 bytes, at a time.
//     2 to 6 bytes      four bytes of the core, by the halves of each byte: a bit for each of
//                       eight buckets, 32 places at a time; then the bucket's keys at once. With
//                       AVX-512 a whole byte is looked up, for 64 places at a time.
// What is looked for: a folded literal in ASCII. Unless it is `whole`, '?' parts it and blank and
// '+' are the same, because transforms put in the one and exchange the others.
struct sweep_literal {
    struct slice text;
    uint32_t number; // given back with a hit
    bool whole;
    bool at_end; // stands at the end of a value, or not at all
};

// One run of a literal between '?', found by a few of its bytes.
struct sweep_piece {
    struct slice text;   // folded; '+' is a blank here unless `whole`
    struct slice key;    // the same with bit 0x20 set in every byte
    uint32_t key_offset; // of the bytes it is found by
    uint32_t core_size;  // of the run around them without blank and '+'
    uint32_t number;
    bool whole;
    bool at_end;
};

enum {
    STRIDE = 4,
    WINDOW = STRIDE + GRAM_SIZE - 1,
    BLOCK = 32,
    KEY_SIZE = 4,
    KEY_LEAST = 2,
    CHUNK = 8, // blocks
    BUCKETS = 8,
    BUCKET_KEYS = 8,
    LINE_LEAST = BLOCK + KEY_SIZE - 1, // shorter ones are copied
    BYTES = 64,                        // that differ once case is taken out of ASCII
};

struct bucket {
    uint32_t keys[BUCKET_KEYS];
    uint32_t masks[BUCKET_KEYS]; // of the bytes that count
    const struct sweep_piece *pieces[BUCKET_KEYS];
    uint32_t count;
};

// Immutable once made.
struct sweep {
    struct gram_table grams; // entries' numbers are places among `pieces`
    const struct sweep_piece *pieces;
    uint8_t halves[KEY_SIZE][2][16]; // low and high four bits -> buckets
    uint8_t bytes[KEY_SIZE][BYTES];  // byte_place -> buckets
    struct bucket buckets[BUCKETS];
    bool has_short;
    uint32_t least_buckets; // that have keys of less than KEY_SIZE bytes
    bool is_wide;           // the processor does 64 bytes at once
};

// A byte of ASCII whatever its bit 0x20.
static inline uint8_t byte_place(uint8_t byte) {
    return (uint8_t)((byte & 0x1F) | (byte >> 1 & 0x20));
}

// All memory is the arena's. NULL when some literal has no piece of two bytes, or too many have
// only short ones.
const struct sweep *sweep_new(struct arena *arena, const struct sweep_literal *literals,
                              uint32_t count);

static inline __attribute__((always_inline, target("avx2"))) __m256i
table_of(const uint8_t half[16]) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i_u *)(const void *)half));
}

// The buckets that have a key with such a byte, for 32 bytes.
static inline __attribute__((always_inline, target("avx2"))) __m256i
byte_buckets(__m256i lows, __m256i highs, const uint8_t *block) {
    const __m256i low = _mm256_set1_epi8(15);
    __m256i bytes =
        _mm256_or_si256(_mm256_loadu_si256((const __m256i_u *)block), _mm256_set1_epi8(0x20));
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low);
    return _mm256_and_si256(_mm256_shuffle_epi8(lows, _mm256_and_si256(bytes, low)),
                            _mm256_shuffle_epi8(highs, high));
}

// A text is walked in blocks, the last of which ends where the text does and may reach back into
// the one before it.
static inline size_t block_at(size_t size, size_t number) {
    size_t at = number * BLOCK;
    return at + BLOCK <= size ? at : size - BLOCK;
}

static inline size_t block_count(size_t size) {
    return (size + BLOCK - 1) / BLOCK;
}

// At most CHUNK blocks of a text.
struct block_run {
    struct slice text;
    size_t first;
    size_t count;
};

static inline struct block_run block_run(struct slice text, size_t first) {
    size_t left = block_count(text.size) - first;
    return (struct block_run){text, first, left < CHUNK ? left : CHUNK};
}

// The places where a key's halves stand, a bit each. Behind the text lie three more bytes.
static inline __attribute__((target("avx2"))) void
short_places(const uint8_t halves[KEY_SIZE][2][16], const struct block_run *run,
             uint32_t places[CHUNK]) {
    const __m256i low0 = table_of(halves[0][0]), high0 = table_of(halves[0][1]);
    const __m256i low1 = table_of(halves[1][0]), high1 = table_of(halves[1][1]);
    const __m256i low2 = table_of(halves[2][0]), high2 = table_of(halves[2][1]);
    const __m256i low3 = table_of(halves[3][0]), high3 = table_of(halves[3][1]);
    for (size_t i = 0; i < run->count; i++) {
        const uint8_t *at = run->text.data + block_at(run->text.size, run->first + i);
        __m256i buckets = _mm256_and_si256(
            _mm256_and_si256(byte_buckets(low0, high0, at), byte_buckets(low1, high1, at + 1)),
            _mm256_and_si256(byte_buckets(low2, high2, at + 2), byte_buckets(low3, high3, at + 3)));
        __m256i none = _mm256_cmpeq_epi8(buckets, _mm256_setzero_si256());
        places[i] = ~(uint32_t)_mm256_movemask_epi8(none);
    }
}

#endif
