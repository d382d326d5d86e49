// Pieces of literals looked for in a whole line
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_sweep.h"

#include "base/bytes.h"
#include "match/trigger_sweep_keys.h"

#include <string.h>

// Nothing is read beyond the line: its last block ends where it ends.

enum {
    WIDE = 64,      // bytes of a block with AVX-512
    WIDE_CHUNK = 8, // blocks
};

struct sweep_run {
    const struct sweep *sweep;
    struct slice line;
    struct sweep_hits *hits;
    bool is_beyond; // ASCII
    bool overflow;
};

// As many bytes of the piece as fill blocks; what the scalar loop has to do is left. SIZE_MAX: they
// differ. `data` has as many bytes as the piece.
static __attribute__((target("avx2"))) size_t blocks_compare(const struct sweep_piece *piece,
                                                             const uint8_t *data) {
    const __m256i blank = _mm256_set1_epi8(' ');
    const __m256i plus = _mm256_set1_epi8(piece->whole ? ' ' : '+');
    size_t at = 0;
    for (; at + BLOCK <= piece->text.size; at += BLOCK) {
        __m256i bytes = _mm256_loadu_si256((const __m256i_u *)(data + at));
        __m256i upper = _mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8('A' - 1)),
                                         _mm256_cmpgt_epi8(_mm256_set1_epi8('Z' + 1), bytes));
        bytes = _mm256_or_si256(bytes, _mm256_and_si256(upper, blank)); // a blank is bit 0x20
        bytes = _mm256_blendv_epi8(bytes, blank, _mm256_cmpeq_epi8(bytes, plus));
        __m256i text = _mm256_loadu_si256((const __m256i_u *)(piece->text.data + at));
        if (_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, text)) != -1)
            return SIZE_MAX;
    }
    return at;
}

static bool piece_stands(const struct sweep_piece *piece, const uint8_t *data) {
    size_t at = blocks_compare(piece, data);
    for (; at < piece->text.size; at++) {
        uint8_t byte = data[at];
        if (byte >= 'A' && byte <= 'Z')
            byte |= 0x20;
        else if (byte == '+' && !piece->whole)
            byte = ' ';
        if (byte != piece->text.data[at])
            return false;
    }
    return at == piece->text.size;
}

// The piece's key was met at this place of the line: `offset` bytes into the piece.
static void sweep_meet(struct sweep_run *run, const struct sweep_piece *piece, size_t at,
                       uint32_t offset) {
    if (at < offset || run->line.size - (at - offset) < piece->text.size)
        return;
    if (!piece_stands(piece, run->line.data + at - offset))
        return;
    struct sweep_hits *hits = run->hits;
    if (hits->count < SWEEP_HITS_MAX)
        hits->at[hits->count++] = (struct sweep_hit){piece, (uint32_t)(at - offset)};
    else
        run->overflow = true;
}

static void sweep_meet_gram(struct sweep_run *run, size_t at) {
    const struct gram_table *grams = &run->sweep->grams;
    const struct key_slot *slot =
        key_table_find(&grams->table, bytes_get_u32(run->line.data + at) | 0x20202020);
    for (uint32_t i = 0; slot && i < slot->count; i++) {
        const struct trigger_entry *entry = grams->table.entries[slot->first + i];
        sweep_meet(run, &run->sweep->pieces[entry->number], at, entry->gram_offset);
    }
}

// Every fourth place of the blocks, a bit each. No call stands in the loop, so that all it needs
// stays in registers. *ret_all: the bytes' bits together.
static __attribute__((target("avx2"))) uint64_t
gram_places(const struct gram_table *grams, const struct block_run *run, uint32_t *ret_all) {
    const __m256i fold = _mm256_set1_epi8(0x20);
    const __m256i factor = _mm256_set1_epi32((int)GRAM_FACTOR);
    const __m256i low = _mm256_set1_epi32(31);
    const __m128i shift = _mm_cvtsi32_si128((int)grams->shift);
    const int *words = (const int *)(const void *)grams->bits;
    __m256i all = fold;
    uint64_t places = 0;
    for (size_t i = 0; i < run->count; i++) {
        const uint8_t *at = run->text.data + block_at(run->text.size, run->first + i);
        __m256i bytes = _mm256_loadu_si256((const __m256i_u *)at);
        all = _mm256_or_si256(all, bytes);
        __m256i hash = _mm256_mullo_epi32(_mm256_or_si256(bytes, fold), factor);
        __m256i place = _mm256_srl_epi32(hash, shift);
        __m256i word = _mm256_i32gather_epi32(words, _mm256_srli_epi32(place, 5), 4);
        // The bit that was asked for to the top of its word.
        word = _mm256_sllv_epi32(word, _mm256_andnot_si256(place, low));
        uint32_t mask = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(word));
        places |= (uint64_t)mask << i * (BLOCK / STRIDE);
    }
    *ret_all = (uint32_t)_mm256_movemask_epi8(all);
    return places;
}

static void sweep_grams(struct sweep_run *run, size_t first) {
    struct block_run blocks = block_run(run->line, first);
    uint32_t all;
    uint64_t places = gram_places(&run->sweep->grams, &blocks, &all);
    run->is_beyond |= all != 0;
    for (; places; places &= places - 1) {
        size_t bit = (size_t)__builtin_ctzll(places);
        size_t block = block_at(run->line.size, first + bit / (BLOCK / STRIDE));
        sweep_meet_gram(run, block + bit % (BLOCK / STRIDE) * STRIDE);
    }
}

// The bytes at `bytes`, of ASCII -> the buckets that have such a key.
static uint32_t key_buckets(const struct sweep *sweep, const uint8_t *bytes, size_t size) {
    uint32_t buckets = (1u << BUCKETS) - 1;
    for (size_t i = 0; i < size; i++)
        buckets &= sweep->bytes[i][byte_place(bytes[i])];
    return buckets;
}

// `bytes` has four.
static __attribute__((target("avx2"))) void
sweep_meet_short(struct sweep_run *run, const uint8_t *bytes, size_t at, uint32_t buckets) {
    __m256i gram = _mm256_set1_epi32((int)(bytes_get_u32(bytes) | 0x20202020));
    for (; buckets; buckets &= buckets - 1) {
        const struct bucket *bucket = &run->sweep->buckets[__builtin_ctz(buckets)];
        __m256i mask = _mm256_loadu_si256((const __m256i_u *)(const void *)bucket->masks);
        __m256i key = _mm256_loadu_si256((const __m256i_u *)(const void *)bucket->keys);
        __m256i same = _mm256_cmpeq_epi32(_mm256_and_si256(gram, mask), key);
        uint32_t found =
            (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(same)) & ((1u << bucket->count) - 1);
        for (; found; found &= found - 1) {
            const struct sweep_piece *piece = bucket->pieces[__builtin_ctz(found)];
            sweep_meet(run, piece, at, piece->key_offset);
        }
    }
}

// `places` is the line without its last three bytes.
static void sweep_shorts(struct sweep_run *run, struct slice places, size_t first) {
    uint32_t found[CHUNK];
    struct block_run blocks = block_run(places, first);
    short_places(run->sweep->halves, &blocks, found);
    for (size_t i = 0; i < blocks.count; i++)
        for (; found[i]; found[i] &= found[i] - 1) {
            size_t at = block_at(places.size, first + i) + (size_t)__builtin_ctz(found[i]);
            const uint8_t *bytes = run->line.data + at;
            sweep_meet_short(run, bytes, at, key_buckets(run->sweep, bytes, KEY_SIZE));
        }
}

#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi,bmi2")))

// The last byte of each gram of a block.
#define GRAM_ENDS UINT64_C(0x8888888888888888)

// At most WIDE_CHUNK blocks of 64 bytes from `first` on. A bit for each byte of a block that is
// there: no other is read.
static inline size_t wide_count(size_t size, size_t first) {
    size_t left = (size - first + WIDE - 1) / WIDE;
    return left < WIDE_CHUNK ? left : WIDE_CHUNK;
}

static inline uint64_t wide_valid(size_t size, size_t at) {
    return size - at >= WIDE ? ~UINT64_C(0) : (UINT64_C(1) << (size - at)) - 1;
}

// gram_places for blocks of 64 bytes, of which a word of `places` has four. True: beyond ASCII.
static TARGET_AVX512 bool gram_places_wide(const struct gram_table *grams, struct slice line,
                                           size_t first, uint64_t places[WIDE_CHUNK / STRIDE]) {
    const __m512i fold = _mm512_set1_epi8(0x20), one = _mm512_set1_epi32(1);
    const __m512i factor = _mm512_set1_epi32((int)GRAM_FACTOR);
    const __m128i shift = _mm_cvtsi32_si128((int)grams->shift);
    const void *words = grams->bits;
    size_t count = wide_count(line.size, first);
    __m512i all = fold;
    for (size_t i = 0; i < count; i++) {
        uint64_t valid = wide_valid(line.size, first + i * WIDE);
        __mmask16 lanes = (__mmask16)_pext_u64(valid, GRAM_ENDS); // whole grams
        __m512i bytes = _mm512_maskz_loadu_epi8(valid, line.data + first + i * WIDE);
        all = _mm512_or_si512(all, bytes);
        __m512i hash = _mm512_mullo_epi32(_mm512_or_si512(bytes, fold), factor);
        __m512i place = _mm512_srl_epi32(hash, shift);
        __m512i word = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lanes,
                                                   _mm512_srli_epi32(place, 5), words, 4);
        uint64_t found = _mm512_test_epi32_mask(word, _mm512_rolv_epi32(one, place));
        places[i / STRIDE] |= found << i % STRIDE * (WIDE / STRIDE);
    }
    return _mm512_movepi8_mask(all) != 0;
}

static void sweep_grams_wide(struct sweep_run *run, size_t first) {
    uint64_t places[WIDE_CHUNK / STRIDE] = {0};
    run->is_beyond |= gram_places_wide(&run->sweep->grams, run->line, first, places);
    for (size_t i = 0; i < WIDE_CHUNK / STRIDE; i++)
        for (; places[i]; places[i] &= places[i] - 1)
            sweep_meet_gram(run, first + i * WIDE * STRIDE +
                                     (size_t)__builtin_ctzll(places[i]) * STRIDE);
}

// The buckets that have a key with such a byte, for 64 bytes.
static inline TARGET_AVX512 __m512i byte_buckets_wide(__m512i table, uint64_t valid,
                                                      const uint8_t *block) {
    __m512i bytes = _mm512_maskz_loadu_epi8(valid, block);
    // byte_place: bit 5 becomes what bit 6 is. The look-up takes no more than six bits.
    __m512i place =
        _mm512_ternarylogic_epi32(bytes, _mm512_srli_epi16(bytes, 1), _mm512_set1_epi8(0x20), 0xD8);
    return _mm512_permutexvar_epi8(place, table);
}

// `size` is the line's without its last three bytes.
static TARGET_AVX512 void short_places_wide(const struct sweep *sweep, const uint8_t *line,
                                            size_t size, uint64_t places[WIDE_CHUNK]) {
    const __m512i first = _mm512_loadu_si512(sweep->bytes[0]);
    const __m512i second = _mm512_loadu_si512(sweep->bytes[1]);
    const __m512i third = _mm512_loadu_si512(sweep->bytes[2]);
    const __m512i fourth = _mm512_loadu_si512(sweep->bytes[3]);
    for (size_t i = 0; i * WIDE < size; i++) {
        const uint8_t *at = line + i * WIDE;
        uint64_t valid = wide_valid(size, i * WIDE);
        __m512i pairs = _mm512_and_si512(byte_buckets_wide(first, valid, at),
                                         byte_buckets_wide(second, valid, at + 1));
        __m512i others = _mm512_and_si512(byte_buckets_wide(third, valid, at + 2),
                                          byte_buckets_wide(fourth, valid, at + 3));
        places[i] = _mm512_mask_test_epi8_mask(valid, pairs, others);
    }
}

static void sweep_shorts_wide(struct sweep_run *run, size_t size, size_t first) {
    uint64_t places[WIDE_CHUNK];
    size_t count = wide_count(size, first), left = size - first;
    short_places_wide(run->sweep, run->line.data + first,
                      left < WIDE_CHUNK * WIDE ? left : WIDE_CHUNK * WIDE, places);
    for (size_t i = 0; i < count; i++)
        for (; places[i]; places[i] &= places[i] - 1) {
            size_t at = first + i * WIDE + (size_t)__builtin_ctzll(places[i]);
            const uint8_t *bytes = run->line.data + at;
            sweep_meet_short(run, bytes, at, key_buckets(run->sweep, bytes, KEY_SIZE));
        }
}

// Keys of two or three bytes may stand behind the last place that has four.
static void sweep_end(struct sweep_run *run) {
    const struct sweep *sweep = run->sweep;
    size_t at = run->line.size - (KEY_SIZE - 1);
    uint8_t end[2 * KEY_SIZE] = {0};
    memcpy(end, run->line.data + at, KEY_SIZE - 1);
    for (size_t i = 0; i + KEY_LEAST < KEY_SIZE; i++) {
        uint32_t buckets = key_buckets(sweep, end + i, KEY_LEAST) & sweep->least_buckets;
        if (buckets)
            sweep_meet_short(run, end + i, at + i, buckets);
    }
}

static void sweep_blocks(struct sweep_run *run, struct slice places) {
    for (size_t i = 0; i < block_count(run->line.size); i += CHUNK)
        sweep_grams(run, i);
    for (size_t i = 0; i < block_count(places.size) && run->sweep->has_short; i += CHUNK)
        sweep_shorts(run, places, i);
}

static void sweep_blocks_wide(struct sweep_run *run, struct slice places) {
    for (size_t at = 0; at < run->line.size; at += WIDE_CHUNK * WIDE)
        sweep_grams_wide(run, at);
    for (size_t at = 0; at < places.size && run->sweep->has_short; at += WIDE_CHUNK * WIDE)
        sweep_shorts_wide(run, places.size, at);
}

// The line has at least LINE_LEAST bytes.
static void sweep_long_line(struct sweep_run *run) {
    struct slice places = slice_part(run->line, 0, run->line.size - (KEY_SIZE - 1));
    if (run->sweep->is_wide)
        sweep_blocks_wide(run, places);
    else
        sweep_blocks(run, places);
    if (run->sweep->least_buckets)
        sweep_end(run);
}

// A line of less than LINE_LEAST bytes, with zeroes behind it.
static __attribute__((noinline)) void sweep_short_line(struct sweep_run *run) {
    uint8_t copy[LINE_LEAST] = {0};
    if (run->line.size)
        memcpy(copy, run->line.data, run->line.size);
    run->line = slice_of(copy, LINE_LEAST);
    sweep_long_line(run);
}

bool sweep_line(const struct sweep *sweep, struct slice line, struct sweep_hits *ret_hits) {
    struct sweep_run run = {.sweep = sweep, .line = line, .hits = ret_hits};
    ret_hits->count = 0;
    if (line.size > UINT32_MAX)
        return false;
    if (line.size < LINE_LEAST)
        sweep_short_line(&run);
    else
        sweep_long_line(&run);
    return !run.is_beyond && !run.overflow;
}
