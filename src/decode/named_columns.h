// Columns known by many names
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_NAMED_COLUMNS_H
#define DECODE_NAMED_COLUMNS_H

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

// A name and what others call it: words between blanks, without everything but letters and
// digits, in lower case ("Client IP", "client_ip" and "clientIp" are "clientip").
struct column_words {
    const char *name;
    const char *words;
};

// The row whose words hold the name; -1 when none does.
int column_words_find(const struct column_words *rows, size_t count, struct slice name);

// The byte that separates a header's columns: the most frequent of , TAB ; and |.
uint8_t header_separator(struct slice header);

#endif
