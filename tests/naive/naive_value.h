// One value of a rule against one text, the slow, plain way
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_NAIVE_VALUE_H
#define TESTS_NAIVE_VALUE_H

#include "base/slice.h"

#include <stdbool.h>

// The modifiers of one field, as written.
struct naive_modifiers {
    bool contains, startswith, endswith, all, cased, windash, wide, utf16, utf16be, base64;
    bool base64offset, re, re_i, re_m, re_s, cidr, exists, fieldref, neq, expand;
    const char *compare; // "lt", "lte", "gt", "gte"
    const char *time;    // "minute" ... "year"
    bool unknown;
};

// `key` is "Field|modifier|..."; the field's name goes to ret_field.
struct naive_modifiers naive_modifiers_parse(const char *key, struct slice *ret_field);

// Whether a text fits a value of a rule (not null, not fieldref, not exists).
bool naive_value_fits(const struct naive_modifiers *modifiers, struct slice value,
                      struct slice text, bool keyword);

// For fieldref: two texts.
bool naive_texts_relate(const struct naive_modifiers *modifiers, struct slice a, struct slice b);

#endif
