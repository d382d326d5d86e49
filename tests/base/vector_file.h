// Vectors of tests/base/vectors, line by line
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_BASE_VECTOR_FILE_H
#define TESTS_BASE_VECTOR_FILE_H

#include <stddef.h>
#include <stdint.h>

enum {
    VECTOR_WORDS_MAX = 12,
    VECTOR_LINE_MAX = 20000
};

struct vector {
    unsigned line;
    size_t count;
    char *words[VECTOR_WORDS_MAX]; // separated by tabs in the file
};

// Calls `check` for every line of vectors/<name>; fails the test when there is no such file.
// Returns how many lines there were.
size_t vectors_each(const char *name, void (*check)(const struct vector *vector));

// The bytes of a hexadecimal word; `to` holds VECTOR_LINE_MAX / 2 of them.
size_t vector_bytes(const char *word, uint8_t *to);

int64_t vector_integer(const char *word);

#endif
