// Bytes that somebody else owns
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

// {data, size}: never owns, not NUL-terminated. Lives as long as what it points at.
// data may be NULL only when size is 0.
struct slice {
    const uint8_t *data;
    size_t size;
};

static inline struct slice slice_of(const void *data, size_t size) {
    return (struct slice){(const uint8_t *)data, size};
}

static inline struct slice slice_of_string(const char *text) {
    return (struct slice){(const uint8_t *)text, text ? strlen(text) : 0};
}

// A slice of a string literal, size known at compile time.
#define SLICE(literal) ((struct slice){(const uint8_t *)("" literal), sizeof(literal) - 1})

static inline bool slice_equal(struct slice a, struct slice b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool slice_equal_string(struct slice a, const char *b) {
    return slice_equal(a, slice_of_string(b));
}

// Bytewise order, shorter first when one is the other's beginning.
static inline int slice_compare(struct slice a, struct slice b) {
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size ? memcmp(a.data, b.data, size) : 0;
    if (order)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

static inline bool slice_starts(struct slice whole, struct slice start) {
    return whole.size >= start.size &&
           (start.size == 0 || memcmp(whole.data, start.data, start.size) == 0);
}

static inline bool slice_ends(struct slice whole, struct slice end) {
    return whole.size >= end.size &&
           (end.size == 0 || memcmp(whole.data + whole.size - end.size, end.data, end.size) == 0);
}

// The part from `from` on, at most `size` bytes; empty when `from` is past the end.
static inline struct slice slice_part(struct slice whole, size_t from, size_t size) {
    if (from >= whole.size)
        return (struct slice){NULL, 0};
    size_t left = whole.size - from;
    return (struct slice){whole.data + from, size < left ? size : left};
}

// The part behind the last of these bytes, the whole without one; empty when one is the end.
//     slice_behind_last(path, "/\\") -> its name
static inline struct slice slice_behind_last(struct slice whole, const char *marks) {
    size_t from = whole.size;
    while (from && !(whole.data[from - 1] && strchr(marks, whole.data[from - 1])))
        from--;
    return slice_part(whole, from, whole.size);
}

#endif
