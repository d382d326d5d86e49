// Find grams of a table in a text
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_TRIGGER_GRAMS_H
#define MATCH_TRIGGER_GRAMS_H

#include "match/trigger_index.h"

#include "base/bytes.h"

#include <immintrin.h>

// Private to trigger_*.c. Called for each place of the text where a gram may stand.
typedef void gram_visitor(struct matcher *matcher, const struct gram_table *grams,
                          struct slice text, size_t at);

// Texts hold at least one gram. Behind the text lie 16 readable bytes, so that a gram of three may
// be loaded as four.
static inline void grams_visit_narrow(struct matcher *matcher, const struct gram_table *grams,
                                      struct slice text, gram_visitor *visit) {
    size_t places = text.size - grams->gram_size + 1;
    const uint64_t *bits = grams->bits;
    uint32_t shift = grams->shift;
    uint32_t mask = grams->gram_mask;
    for (size_t at = 0; at < places; at++) {
        uint32_t place = gram_hash(bytes_get_u32(text.data + at) & mask) >> shift;
        if (bits[place / 64] >> place % 64 & 1)
            visit(matcher, grams, text, at);
    }
}

// The same, eight places at a time, where the machine has AVX2.
static inline __attribute__((always_inline, target("avx2"))) void
grams_visit_wide(struct matcher *matcher, const struct gram_table *grams, struct slice text,
                 gram_visitor *visit) {
    size_t places = text.size - grams->gram_size + 1;
    // Bytes 0-3, 1-4, ... 7-10 of sixteen.
    const __m256i spread = _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6,
                                            7, 5, 6, 7, 8, 6, 7, 8, 9, 7, 8, 9, 10);
    const __m256i mask = _mm256_set1_epi32((int)grams->gram_mask);
    const __m256i factor = _mm256_set1_epi32((int)GRAM_FACTOR);
    const __m256i low = _mm256_set1_epi32(31);
    const __m256i one = _mm256_set1_epi32(1);
    const __m128i shift = _mm_cvtsi32_si128((int)grams->shift);
    for (size_t at = 0; at < places; at += 8) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text.data + at));
        __m256i gram = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), spread);
        __m256i place =
            _mm256_srl_epi32(_mm256_mullo_epi32(_mm256_and_si256(gram, mask), factor), shift);
        __m256i word = _mm256_i32gather_epi32((const int *)(const void *)grams->bits,
                                              _mm256_srli_epi32(place, 5), 4);
        __m256i bit = _mm256_sllv_epi32(one, _mm256_and_si256(place, low));
        __m256i miss = _mm256_cmpeq_epi32(_mm256_and_si256(word, bit), _mm256_setzero_si256());
        uint32_t found = ~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(miss)) & 0xFF;
        for (; found; found &= found - 1) {
            size_t hit = at + (size_t)__builtin_ctz(found);
            if (hit < places)
                visit(matcher, grams, text, hit);
        }
    }
}

#endif
