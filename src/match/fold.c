// Text without case
// SPDX-License-Identifier: Apache-2.0
#include "match/fold.h"

#include "base/text.h"

#include <emmintrin.h>

struct fold_range {
    uint32_t first;
    uint32_t last;
    uint32_t stride;
    int32_t distance;
};

static const struct fold_range ranges[] = {
#define FOLD(first, last, stride, distance) {first, last, stride, distance},
#include "match/fold.def"
#undef FOLD
};

static uint32_t fold_code_point(uint32_t code) {
    size_t low = 0;
    size_t high = ARRAY_SIZE(ranges);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct fold_range *range = &ranges[middle];
        if (code > range->last)
            low = middle + 1;
        else if (code < range->first)
            high = middle;
        else if ((code - range->first) % range->stride == 0)
            return (uint32_t)((int64_t)code + range->distance);
        else
            return code;
    }
    return code;
}

size_t fold_code_point_size(struct slice text, size_t at) {
    uint8_t first = text.data[at];
    size_t size = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
    if (size > text.size - at)
        return 1;
    for (size_t i = 1; i < size; i++)
        if ((text.data[at + i] & 0xC0) != 0x80)
            return 1;
    return size;
}

static uint32_t fold_decode(const uint8_t *text, size_t size) {
    uint32_t code = text[0] & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (text[i] & 0x3Fu);
    return code;
}

size_t fold_utf8(const uint8_t *from, size_t size, uint8_t *to) {
    struct slice text = slice_of(from, size);
    size_t written = 0;
    size_t at = 0;
    while (at < size) {
        size_t run = at;
        while (run < size && from[run] < 0x80)
            run++;
        text_fold_ascii(from + at, run - at, to + written);
        written += run - at;
        at = run;
        if (at == size)
            break;
        size_t step = fold_code_point_size(text, at);
        if (step == 1) {
            to[written++] = from[at++];
            continue;
        }
        uint32_t code = fold_decode(from + at, step);
        uint32_t folded = fold_code_point(code);
        if (folded == code) {
            memcpy(to + written, from + at, step);
            written += step;
        } else {
            written += text_put(folded, to + written);
        }
        at += step;
    }
    return written;
}

bool fold_utf16_ascii(const uint8_t *utf16, size_t units, uint8_t *to) {
    const __m128i high = _mm_set1_epi16((short)0xFF80);
    const __m128i zero = _mm_setzero_si128();
    const __m128i before_a = _mm_set1_epi8('A' - 1);
    const __m128i after_z = _mm_set1_epi8('Z' + 1);
    const __m128i bit = _mm_set1_epi8(0x20);
    size_t at = 0;
    for (; units - at >= 8; at += 8) {
        __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)(utf16 + 2 * at));
        __m128i odd = _mm_or_si128(
            _mm_cmpeq_epi16(chunk, zero),
            _mm_xor_si128(_mm_cmpeq_epi16(_mm_and_si128(chunk, high), zero), _mm_set1_epi16(-1)));
        if (_mm_movemask_epi8(odd))
            return false;
        __m128i bytes = _mm_packus_epi16(chunk, chunk);
        __m128i upper =
            _mm_and_si128(_mm_cmpgt_epi8(bytes, before_a), _mm_cmplt_epi8(bytes, after_z));
        bytes = _mm_or_si128(bytes, _mm_and_si128(upper, bit));
        _mm_storel_epi64((__m128i *)(void *)(to + at), bytes);
    }
    for (; at < units; at++) {
        uint8_t low = utf16[2 * at];
        if (utf16[2 * at + 1] || low >= 0x80)
            return false;
        to[at] = low >= 'A' && low <= 'Z' ? (uint8_t)(low | 0x20) : low;
    }
    return true;
}

bool fold_is_ascii(struct slice text) {
    size_t at = 0;
    for (; text.size - at >= 16; at += 16)
        if (_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(text.data + at))))
            return false;
    for (; at < text.size; at++)
        if (text.data[at] >= 0x80)
            return false;
    return true;
}
