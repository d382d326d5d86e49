// Find the tokens of a JSON text with SIMD
// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/memory.h"

#include <immintrin.h>
#include <string.h>

// Invariants:
// 1. A pass never reads further than JSON_PADDING bytes past the text, and masks out what it
//    read there.
// 2. `at` has room for a whole block (64 places, written up to 8 too many) before a block's
//    places are written.
// 3. What one block leaves to the next is in struct carry: nothing else.
enum {
    BLOCK = 64,
    BLOCK_ROOM = BLOCK + 16, // places of a block, and the 8 that end the text
};

// One bit for each byte of a block.
struct masks {
    uint64_t quote;
    uint64_t backslash;
    uint64_t operators; // { } [ ] : ,
    uint64_t blank;     // space, tab, CR, LF
};

struct carry {
    uint64_t escaped;   // 1: the first byte is escaped
    uint64_t in_string; // all ones: the block starts inside a string
    uint64_t scalar;    // 1: the byte before was part of a scalar
};

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// Unescaped quotes. A run of backslashes escapes the byte after it when the run is odd: runs
// that start at odd and even places are told apart by the carry of one addition.
ALWAYS_INLINE uint64_t carry_quotes(struct carry *carry, const struct masks *masks) {
    if (!masks->backslash) {
        uint64_t quote = masks->quote & ~carry->escaped;
        carry->escaped = 0;
        return quote;
    }
    const uint64_t even = 0x5555555555555555ull;
    uint64_t backslash = masks->backslash & ~carry->escaped;
    uint64_t follows = backslash << 1 | carry->escaped;
    uint64_t odd_starts = backslash & ~even & ~follows;
    uint64_t even_runs;
    carry->escaped = __builtin_add_overflow(odd_starts, backslash, &even_runs);
    uint64_t escaped = (even ^ (even_runs << 1)) & follows;
    return masks->quote & ~escaped;
}

// Tokens of the block; `in_string` as of the prefix sum, without what the block before left.
ALWAYS_INLINE uint64_t carry_tokens(struct carry *carry, const struct masks *masks, uint64_t quote,
                                    uint64_t in_string) {
    in_string ^= carry->in_string;
    carry->in_string = (uint64_t)((int64_t)in_string >> 63);
    uint64_t scalar = ~(masks->operators | masks->blank);
    uint64_t plain = scalar & ~quote;
    uint64_t follows = plain << 1 | carry->scalar;
    carry->scalar = plain >> 63;
    uint64_t inside = in_string ^ quote; // inside of strings and their closing quotes
    return (masks->operators | (scalar & ~follows)) & ~inside;
}

ALWAYS_INLINE void masks_cut(struct masks *masks, size_t size) {
    if (__builtin_expect(size >= BLOCK, 1))
        return;
    uint64_t valid = (1ull << size) - 1;
    masks->quote &= valid;
    masks->backslash &= valid;
    masks->operators &= valid;
    masks->blank |= ~valid;
}

// Write the places of the bits; eight at a time, since most blocks have few.
ALWAYS_INLINE uint32_t places_write(uint32_t *at, uint32_t base, uint64_t bits) {
    if (!bits)
        return 0;
    uint32_t count = (uint32_t)__builtin_popcountll(bits);
    for (uint32_t written = 0; written < count; written += 8) {
        for (uint32_t i = 0; i < 8; i++) {
            at[written + i] = base + (bits ? (uint32_t)__builtin_ctzll(bits) : 0);
            bits &= bits - 1;
        }
    }
    return count;
}

ALWAYS_INLINE uint64_t masks_sse2_equal(const __m128i parts[4], char byte) {
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++) {
        __m128i equal = _mm_cmpeq_epi8(parts[i], _mm_set1_epi8(byte));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(equal) << (16 * i);
    }
    return mask;
}

static enum json_fault index_sse2(struct json_index *index, size_t size) {
    struct carry carry = {0};
    for (size_t base = 0; base < size; base += BLOCK) {
        if (index->count + BLOCK_ROOM > index->capacity)
            return JSON_TOO_MANY_TOKENS;
        __m128i parts[4], folded[4];
        for (int i = 0; i < 4; i++) {
            parts[i] = _mm_loadu_si128((const __m128i *)(index->data + base + 16 * i));
            folded[i] = _mm_or_si128(parts[i], _mm_set1_epi8(0x20)); // [ ] to { }
        }
        struct masks masks = {
            .quote = masks_sse2_equal(parts, '"'),
            .backslash = masks_sse2_equal(parts, '\\'),
            .operators = masks_sse2_equal(folded, '{') | masks_sse2_equal(folded, '}') |
                         masks_sse2_equal(parts, ':') | masks_sse2_equal(parts, ','),
            .blank = masks_sse2_equal(parts, ' ') | masks_sse2_equal(parts, '\t') |
                     masks_sse2_equal(parts, '\r') | masks_sse2_equal(parts, '\n'),
        };
        masks_cut(&masks, size - base);
        uint64_t quote = carry_quotes(&carry, &masks);
        uint64_t in_string = quote;
        for (int shift = 1; shift < 64; shift *= 2)
            in_string ^= in_string << shift;
        uint64_t tokens = carry_tokens(&carry, &masks, quote, in_string);
        index->count += places_write(index->at + index->count, (uint32_t)base, tokens);
    }
    return carry.in_string ? JSON_UNCLOSED_STRING : JSON_FINE;
}

#define TARGET_AVX2 __attribute__((target("avx2,pclmul,bmi,popcnt")))

// Bits of two halves of a block.
TARGET_AVX2 static inline uint64_t masks_avx2_join(__m256i low, __m256i high) {
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                     << 32;
}

TARGET_AVX2 static inline uint64_t masks_avx2_equal(__m256i low, __m256i high, char byte) {
    __m256i wanted = _mm256_set1_epi8(byte);
    return masks_avx2_join(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

// Two table look-ups classify a byte by its low four bits: the table holds the one byte with
// these bits that is wanted, so that equality decides. Bytes from 0x80 on look up 0, which
// they do not equal. Operators: [ ] are folded to { } first, by copying bit 6 to bit 5 (which
// leaves bytes below 0x40 alone); then , 2c  : 3a  { 7b  } 7d.
TARGET_AVX2 static inline struct masks masks_avx2(const uint8_t *data) {
    const __m256i blank = _mm256_setr_epi8(' ', 100, 100, 100, 17, 100, 113, 2, 100, '\t', '\n',
                                           112, 100, '\r', 100, 100, ' ', 100, 100, 100, 17, 100,
                                           113, 2, 100, '\t', '\n', 112, 100, '\r', 100, 100);
    const __m256i operators =
        _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0, 0, 0, 0, 0, 0, 0,
                         0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
    const __m256i fold = _mm256_set1_epi8(0x20);
    __m256i low = _mm256_loadu_si256((const __m256i *)data);
    __m256i high = _mm256_loadu_si256((const __m256i *)(data + 32));
    __m256i low_folded = _mm256_or_si256(low, _mm256_and_si256(_mm256_srli_epi16(low, 1), fold));
    __m256i high_folded = _mm256_or_si256(high, _mm256_and_si256(_mm256_srli_epi16(high, 1), fold));
    __m256i low_operators = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(operators, low), low_folded);
    __m256i high_operators = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(operators, high), high_folded);
    return (struct masks){
        .quote = masks_avx2_equal(low, high, '"'),
        .backslash = masks_avx2_equal(low, high, '\\'),
        .operators = masks_avx2_join(low_operators, high_operators),
        .blank = masks_avx2_join(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(blank, low), low),
                                 _mm256_cmpeq_epi8(_mm256_shuffle_epi8(blank, high), high)),
    };
}

TARGET_AVX2 static enum json_fault index_avx2(struct json_index *index, size_t size) {
    struct carry carry = {0};
    uint32_t *at = index->at;
    const uint32_t *at_limit = index->at + index->capacity - BLOCK_ROOM;
    for (size_t base = 0; base < size; base += BLOCK) {
        if (at > at_limit)
            return JSON_TOO_MANY_TOKENS;
        struct masks masks = masks_avx2(index->data + base);
        masks_cut(&masks, size - base);
        uint64_t quote = carry_quotes(&carry, &masks);
        __m128i sum =
            _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)quote), _mm_set1_epi8((char)0xFF), 0);
        uint64_t tokens = carry_tokens(&carry, &masks, quote, (uint64_t)_mm_cvtsi128_si64(sum));
        at += places_write(at, (uint32_t)base, tokens);
    }
    index->count = (uint32_t)(at - index->at);
    return carry.in_string ? JSON_UNCLOSED_STRING : JSON_FINE;
}

#define TARGET_AVX512                                                                              \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,pclmul,bmi,popcnt")))

TARGET_AVX512 static inline struct masks masks_avx512(const uint8_t *data) {
    __m512i bytes = _mm512_loadu_si512(data);
    __m512i folded = _mm512_or_si512(
        bytes, _mm512_and_si512(_mm512_srli_epi16(bytes, 1), _mm512_set1_epi8(0x20)));
    return (struct masks){
        .quote = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"')),
        .backslash = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\')),
        .operators = _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('{')) |
                     _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('}')) |
                     _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(':')) |
                     _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(',')),
        .blank = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(' ')) |
                 _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\t')) |
                 _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r')) |
                 _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')),
    };
}

// The places are squeezed out of 0, 1, ... 63 and written sixteen at a time.
TARGET_AVX512 static inline uint32_t *places_avx512(uint32_t *at, uint32_t base, uint64_t bits) {
    const __m512i all = _mm512_set_epi64(0x3F3E3D3C3B3A3938, 0x3736353433323130, 0x2F2E2D2C2B2A2928,
                                         0x2726252423222120, 0x1F1E1D1C1B1A1918, 0x1716151413121110,
                                         0x0F0E0D0C0B0A0908, 0x0706050403020100);
    __m512i places = _mm512_maskz_compress_epi8(bits, all);
    const __m512i start = _mm512_set1_epi32((int)base);
    int count = __builtin_popcountll(bits);
    for (int written = 0; written < count; written += 16) {
        __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places));
        _mm512_storeu_si512(at + written, _mm512_add_epi32(wide, start));
        places = _mm512_alignr_epi32(places, places, 4);
    }
    return at + count;
}

TARGET_AVX512 static enum json_fault index_avx512(struct json_index *index, size_t size) {
    struct carry carry = {0};
    uint32_t *at = index->at;
    const uint32_t *at_limit = index->at + index->capacity - BLOCK_ROOM;
    for (size_t base = 0; base < size; base += BLOCK) {
        if (at > at_limit)
            return JSON_TOO_MANY_TOKENS;
        struct masks masks = masks_avx512(index->data + base);
        masks_cut(&masks, size - base);
        uint64_t quote = carry_quotes(&carry, &masks);
        __m128i sum =
            _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)quote), _mm_set1_epi8((char)0xFF), 0);
        uint64_t tokens = carry_tokens(&carry, &masks, quote, (uint64_t)_mm_cvtsi128_si64(sum));
        at = places_avx512(at, (uint32_t)base, tokens);
    }
    index->count = (uint32_t)(at - index->at);
    return carry.in_string ? JSON_UNCLOSED_STRING : JSON_FINE;
}

static enum json_kernel machine_kernel(void) {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("pclmul") ||
        !__builtin_cpu_supports("bmi"))
        return JSON_KERNEL_SSE2;
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512vbmi2")
               ? JSON_KERNEL_AVX512
               : JSON_KERNEL_AVX2;
}

static enum json_fault index_run(struct json_index *index, size_t size) {
    switch (index->kernel) {
    case JSON_KERNEL_AVX512:
        return index_avx512(index, size);
    case JSON_KERNEL_AVX2:
        return index_avx2(index, size);
    default:
        return index_sse2(index, size);
    }
}

void json_index_init(struct json_index *index) {
    *index = (struct json_index){.tokens_max = JSON_TOKENS_MAX, .kernel = machine_kernel()};
}

void json_index_done(struct json_index *index) {
    memory_free(index->at);
    *index = (struct json_index){0};
}

enum json_fault json_index_build(struct json_index *index, struct slice text) {
    size_t tokens = text.size < index->tokens_max ? text.size : index->tokens_max;
    if (index->capacity < tokens + BLOCK_ROOM) {
        index->capacity = (uint32_t)(tokens + BLOCK_ROOM);
        index->at = memory_resize(index->at, index->capacity, sizeof *index->at);
    }
    index->data = text.data;
    index->count = 0;
    if (text.size >= UINT32_MAX)
        return JSON_TOO_MANY_TOKENS;
    enum json_fault fault = index_run(index, text.size);
    if (fault)
        return fault;
    for (uint32_t i = 0; i < 8; i++)
        index->at[index->count + i] = (uint32_t)text.size;
    return JSON_FINE;
}
