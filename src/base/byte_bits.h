// Where some byte stands in 64 of a text
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_BYTE_BITS_H
#define BASE_BYTE_BITS_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

// Text is read in blocks of 64 bytes. Each question asked of a block is answered by a word with a
// bit for each byte, so that what a byte means among its neighbours is arithmetic on words and no
// branch hangs on where it stands. Loops are written once, always inlined, with the kernel's
// functions as their arguments, and called from a function for each kernel:
//
//     BYTE_INLINE uint64_t loop(..., byte_bits *bits) { ... bits(block, ' ') ... }
//     static uint64_t loop_sse2(...) { return loop(..., byte_bits_sse2); }
//     BYTE_AVX2 static uint64_t loop_avx2(...) { return loop(..., byte_bits_avx2); }
//     BYTE_AVX512 static uint64_t loop_avx512(...) { return loop(..., byte_bits_avx512); }
enum byte_kernel {
    BYTE_KERNEL_SSE2,
    BYTE_KERNEL_AVX2,
    BYTE_KERNEL_AVX512,
};

enum {
    BYTE_BLOCK = 64,
    BYTE_PLACES_SPARE = 16, // written behind the last place
};

#define BYTE_INLINE static inline __attribute__((always_inline))
#define BYTE_AVX2 __attribute__((target("avx2,bmi,pclmul,popcnt")))
#define BYTE_AVX512                                                                                \
    __attribute__((target("avx2,bmi,pclmul,popcnt,avx512f,avx512bw,avx512vl,avx512vbmi2")))

// What this machine can do.
static inline enum byte_kernel byte_kernel_of_machine(void) {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
        !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("popcnt"))
        return BYTE_KERNEL_SSE2;
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512vbmi2")
               ? BYTE_KERNEL_AVX512
               : BYTE_KERNEL_AVX2;
}

// A bit for each byte of the block that is `wanted`.
typedef uint64_t byte_bits(const uint8_t *block, uint8_t wanted);

BYTE_INLINE uint64_t byte_bits_sse2(const uint8_t *block, uint8_t wanted) {
    const __m128i all = _mm_set1_epi8((char)wanted);
    uint64_t bits = 0;
    for (int i = 0; i < 4; i++) {
        __m128i data = _mm_loadu_si128((const __m128i_u *)(block + 16 * i));
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(data, all)) << 16 * i;
    }
    return bits;
}

BYTE_AVX2 BYTE_INLINE uint64_t byte_bits_avx2(const uint8_t *block, uint8_t wanted) {
    const __m256i all = _mm256_set1_epi8((char)wanted);
    __m256i low = _mm256_loadu_si256((const __m256i_u *)block);
    __m256i high = _mm256_loadu_si256((const __m256i_u *)(block + 32));
    uint32_t lows = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, all));
    uint32_t highs = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, all));
    return (uint64_t)highs << 32 | lows;
}

BYTE_AVX512 BYTE_INLINE uint64_t byte_bits_avx512(const uint8_t *block, uint8_t wanted) {
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(block), _mm512_set1_epi8((char)wanted));
}

// Write the places of the bits, counted from `base`; returns how many there are. Up to
// BYTE_PLACES_SPARE more are written behind them: what they are means nothing.
typedef uint32_t byte_places(uint32_t *places, uint32_t base, uint64_t bits);

// Eight at a time: most blocks have fewer.
BYTE_AVX2 BYTE_INLINE uint32_t byte_places_avx2(uint32_t *places, uint32_t base, uint64_t bits) {
    uint32_t count = (uint32_t)__builtin_popcountll(bits), written = 0;
    do {
#pragma GCC unroll 8
        for (uint32_t i = 0; i < 8; i++, bits = _blsr_u64(bits))
            places[written + i] = base + (uint32_t)_tzcnt_u64(bits);
        written += 8;
    } while (written < count);
    return count;
}

// The places are squeezed out of 0, 1, ... 63 and written sixteen at a time.
BYTE_AVX512 BYTE_INLINE uint32_t byte_places_avx512(uint32_t *places, uint32_t base,
                                                    uint64_t bits) {
    const __m512i all = _mm512_set_epi64(0x3F3E3D3C3B3A3938, 0x3736353433323130, 0x2F2E2D2C2B2A2928,
                                         0x2726252423222120, 0x1F1E1D1C1B1A1918, 0x1716151413121110,
                                         0x0F0E0D0C0B0A0908, 0x0706050403020100);
    __m512i squeezed = _mm512_maskz_compress_epi8(bits, all);
    uint32_t count = (uint32_t)__builtin_popcountll(bits), written = 0;
    do {
        __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(squeezed));
        _mm512_storeu_si512(places + written, _mm512_add_epi32(wide, _mm512_set1_epi32((int)base)));
        squeezed = _mm512_alignr_epi32(squeezed, squeezed, 4);
        written += 16;
    } while (written < count);
    return count;
}

#endif
