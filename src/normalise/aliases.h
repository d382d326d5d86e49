// How tables of aliases are written
// SPDX-License-Identifier: Apache-2.0
#ifndef NORMALISE_ALIASES_H
#define NORMALISE_ALIASES_H

#include "model/event_class.h"

#include <stddef.h>

// A row of a table of struct field_alias: what rules of a category say, what the evidence says,
// and how the one becomes the other. A name may have several rows; a rule holds when one fits.
#define ALIAS_TEXT(text)                                                                           \
    { (const uint8_t *)("" text), sizeof(text) - 1 }
#define ALIAS(name, raw)                                                                           \
    { ALIAS_TEXT(name), ALIAS_TEXT(raw), ALIAS_TEXT(""), FIELD_TRANSFORM_NONE }
#define ALIAS_AS(name, raw, transform)                                                             \
    { ALIAS_TEXT(name), ALIAS_TEXT(raw), ALIAS_TEXT(""), FIELD_TRANSFORM_##transform }
#define ALIAS_OF_TWO(name, raw, raw2, transform)                                                   \
    { ALIAS_TEXT(name), ALIAS_TEXT(raw), ALIAS_TEXT(raw2), FIELD_TRANSFORM_##transform }

// A table that formats.def names.
struct alias_table {
    const struct field_alias *aliases;
    size_t count;
    enum event_message message;
};
extern const struct alias_table no_aliases;
#define ALIAS_TABLE(rows)                                                                          \
    { rows, ARRAY_SIZE(rows), EVENT_MESSAGE_NONE }

#endif
