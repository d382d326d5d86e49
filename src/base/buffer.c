// A growable row of bytes
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    BUFFER_FIRST_BYTES = 256
};

void buffer_init(struct buffer *buffer, size_t ceiling) {
    *buffer = (struct buffer){.ceiling = ceiling};
}

void buffer_done(struct buffer *buffer) {
    memory_free(buffer->data);
    *buffer = (struct buffer){.ceiling = buffer->ceiling};
}

void buffer_reset(struct buffer *buffer) {
    buffer->size = 0;
    buffer->failed = false;
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t size) {
    assert(buffer->size <= buffer->capacity);
    if (buffer->failed || size > buffer->ceiling || buffer->size > buffer->ceiling - size) {
        buffer->failed = true;
        return NULL;
    }
    if (buffer->capacity - buffer->size < size) {
        size_t capacity = buffer->capacity ? buffer->capacity : BUFFER_FIRST_BYTES;
        if (capacity > buffer->ceiling)
            capacity = buffer->ceiling;
        while (capacity < buffer->size + size)
            capacity = capacity > buffer->ceiling / 2 ? buffer->ceiling : capacity * 2;
        buffer->data = memory_resize(buffer->data, capacity, 1);
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->size;
}

void buffer_append_grown(struct buffer *buffer, const void *data, size_t size) {
    uint8_t *to = buffer_reserve(buffer, size);
    if (to && size) {
        memcpy(to, data, size);
        buffer->size += size;
    }
}

void buffer_append_slice(struct buffer *buffer, struct slice slice) {
    buffer_append(buffer, slice.data, slice.size);
}

void buffer_append_text(struct buffer *buffer, const char *text) {
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_u64(struct buffer *buffer, uint64_t number) {
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number);
    buffer_append(buffer, digits + at, sizeof digits - at);
}

void buffer_append_i64(struct buffer *buffer, int64_t number) {
    uint64_t size = (uint64_t)number;
    if (number < 0) {
        buffer_append_byte(buffer, '-');
        size = 0 - size;
    }
    buffer_append_u64(buffer, size);
}
