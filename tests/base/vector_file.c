// Vectors of tests/base/vectors, line by line
// SPDX-License-Identifier: Apache-2.0
#include "vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void vector_split(char *line, struct vector *vector) {
    line[strcspn(line, "\n")] = '\0';
    vector->count = 0;
    while (line && vector->count < VECTOR_WORDS_MAX) {
        vector->words[vector->count++] = line;
        line = strchr(line, '\t');
        if (line)
            *line++ = '\0';
    }
}

size_t vectors_each(const char *name, void (*check)(const struct vector *vector)) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", VECTORS_DIRECTORY, name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s cannot be read", path);
    char line[VECTOR_LINE_MAX];
    struct vector vector = {0};
    while (fgets(line, sizeof line, file)) {
        vector.line++;
        vector_split(line, &vector);
        check(&vector);
    }
    fclose(file);
    return vector.line;
}

static uint8_t vector_nibble(char digit) {
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

size_t vector_bytes(const char *word, uint8_t *to) {
    size_t size = strlen(word) / 2;
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(vector_nibble(word[2 * i]) << 4 | vector_nibble(word[2 * i + 1]));
    return size;
}

int64_t vector_integer(const char *word) {
    return strtoll(word, NULL, 10);
}
