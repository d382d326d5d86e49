// A growable row of bytes
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Owned bytes with a ceiling. `failed` is set, and appends do nothing, once the ceiling
// would be passed: check it once at the end. Not thread-safe.
struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t ceiling;
    bool failed;
};

void buffer_init(struct buffer *buffer, size_t ceiling);
void buffer_done(struct buffer *buffer);

// Empty it, keep the memory, clear `failed`.
void buffer_reset(struct buffer *buffer);

// Room for `size` more bytes at the end, not yet counted in buffer->size; NULL (and
// `failed`) when the ceiling would be passed.
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);

void buffer_append_grown(struct buffer *buffer, const void *data, size_t size);

// Most pieces are short and fit: those are copied where they are made.
static inline void buffer_append(struct buffer *buffer, const void *data, size_t size) {
    if (buffer->failed || size > buffer->capacity - buffer->size ||
        size > buffer->ceiling - buffer->size) {
        buffer_append_grown(buffer, data, size);
    } else if (size) {
        memcpy(buffer->data + buffer->size, data, size);
        buffer->size += size;
    }
}
void buffer_append_slice(struct buffer *buffer, struct slice slice);
void buffer_append_text(struct buffer *buffer, const char *text);
static inline void buffer_append_byte(struct buffer *buffer, uint8_t byte) {
    buffer_append(buffer, &byte, 1);
}
void buffer_append_u64(struct buffer *buffer, uint64_t number);
void buffer_append_i64(struct buffer *buffer, int64_t number);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline struct slice buffer_slice(const struct buffer *buffer) {
    return (struct slice){buffer->data, buffer->size};
}

#endif
