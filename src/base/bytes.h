// Little-endian numbers out of untrusted bytes
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/slice.h"

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

#endif
