// Columns known by many names
// SPDX-License-Identifier: Apache-2.0
#include "decode/named_columns.h"

#include <string.h>

enum {
    NAME_MAX = 64
};

// Letters and digits alone, in lower case; 0 when there are none or too many.
static size_t name_plain(struct slice name, char plain[NAME_MAX]) {
    size_t size = 0;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        if (byte >= 'A' && byte <= 'Z')
            byte |= 0x20;
        if ((byte < 'a' || byte > 'z') && (byte < '0' || byte > '9'))
            continue;
        if (size == NAME_MAX)
            return 0;
        plain[size++] = (char)byte;
    }
    return size;
}

static bool words_hold(const char *words, const char *plain, size_t size) {
    for (const char *at = words; *at;) {
        size_t word = strcspn(at, " ");
        if (word == size && memcmp(at, plain, size) == 0)
            return true;
        at += word;
        at += *at == ' ';
    }
    return false;
}

int column_words_find(const struct column_words *rows, size_t count, struct slice name) {
    char plain[NAME_MAX];
    size_t size = name_plain(name, plain);
    for (size_t i = 0; size && i < count; i++)
        if (words_hold(rows[i].words, plain, size))
            return (int)i;
    return -1;
}

uint8_t header_separator(struct slice header) {
    static const uint8_t BYTES[] = {',', '\t', ';', '|'};
    size_t counts[sizeof BYTES] = {0}, best = 0;
    for (size_t i = 0; i < header.size; i++)
        for (size_t n = 0; n < sizeof BYTES; n++)
            counts[n] += header.data[i] == BYTES[n];
    for (size_t n = 1; n < sizeof BYTES; n++)
        if (counts[n] > counts[best])
            best = n;
    return BYTES[best];
}
