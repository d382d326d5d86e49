// Numbers out of untrusted bytes, and bytes compared
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/slice.h"

#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Read at `offset` of `bytes`; false, and *ret_number untouched, when the number does not
// lie wholly inside. The host is little-endian (checked in meson.build).
static inline bool bytes_u8(struct slice bytes, size_t offset, uint8_t *ret_number) {
    if (offset >= bytes.size)
        return false;
    *ret_number = bytes.data[offset];
    return true;
}

static inline bool bytes_inside(struct slice bytes, size_t offset, size_t size) {
    return offset <= bytes.size && size <= bytes.size - offset;
}

static inline bool bytes_u16(struct slice bytes, size_t offset, uint16_t *ret_number) {
    if (!bytes_inside(bytes, offset, sizeof *ret_number))
        return false;
    memcpy(ret_number, bytes.data + offset, sizeof *ret_number);
    return true;
}

static inline bool bytes_u32(struct slice bytes, size_t offset, uint32_t *ret_number) {
    if (!bytes_inside(bytes, offset, sizeof *ret_number))
        return false;
    memcpy(ret_number, bytes.data + offset, sizeof *ret_number);
    return true;
}

static inline bool bytes_u64(struct slice bytes, size_t offset, uint64_t *ret_number) {
    if (!bytes_inside(bytes, offset, sizeof *ret_number))
        return false;
    memcpy(ret_number, bytes.data + offset, sizeof *ret_number);
    return true;
}

// For callers that have proved the range already (a fixed-size header, a checked value).
static inline uint16_t bytes_get_u16(const uint8_t *data) {
    uint16_t number;
    memcpy(&number, data, sizeof number);
    return number;
}

static inline uint32_t bytes_get_u32(const uint8_t *data) {
    uint32_t number;
    memcpy(&number, data, sizeof number);
    return number;
}

static inline uint64_t bytes_get_u64(const uint8_t *data) {
    uint64_t number;
    memcpy(&number, data, sizeof number);
    return number;
}

static inline bool bytes_sixteen_equal(const uint8_t *a, const uint8_t *b) {
    __m128i left = _mm_loadu_si128((const __m128i *)(const void *)a);
    __m128i right = _mm_loadu_si128((const __m128i *)(const void *)b);
    return _mm_movemask_epi8(_mm_cmpeq_epi8(left, right)) == 0xFFFF;
}

// memcmp in place for many short pieces: the last step overlaps the one before, so that there
// is no tail of single bytes.
static inline bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t size) {
    if (size >= 16) {
        for (size_t at = 0; at + 16 < size; at += 16)
            if (!bytes_sixteen_equal(a + at, b + at))
                return false;
        return bytes_sixteen_equal(a + size - 16, b + size - 16);
    }
    if (size >= 8)
        return bytes_get_u64(a) == bytes_get_u64(b) &&
               bytes_get_u64(a + size - 8) == bytes_get_u64(b + size - 8);
    if (size >= 4)
        return bytes_get_u32(a) == bytes_get_u32(b) &&
               bytes_get_u32(a + size - 4) == bytes_get_u32(b + size - 4);
    for (size_t at = 0; at < size; at++)
        if (a[at] != b[at])
            return false;
    return true;
}

// memcpy in place, the same way.
static inline void bytes_copy(uint8_t *to, const uint8_t *from, size_t size) {
    if (size >= 16) {
        for (size_t at = 0; at + 16 < size; at += 16)
            memcpy(to + at, from + at, 16);
        memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else {
        for (size_t at = 0; at < size; at++)
            to[at] = from[at];
    }
}

#endif
