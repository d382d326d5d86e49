// Small cuts of a line of text
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_TEXT_PART_H
#define DECODE_TEXT_PART_H

#include "base/slice.h"
#include "decode/json_time.h"
#include "model/value.h"

#include <stdbool.h>
#include <stdint.h>

// A line over which zeroes were written is no record, whatever its columns are: what stands
// before and behind them belongs to two records.
static inline bool text_is_torn(struct slice text) {
    return text.size && memchr(text.data, 0, text.size) != NULL;
}

// The part before `byte`; *text is what is behind it. The whole, and *text empty, when there is
// none.
static inline struct slice text_cut_at(struct slice *text, uint8_t byte) {
    const uint8_t *at = text->size ? memchr(text->data, byte, text->size) : NULL;
    size_t size = at ? (size_t)(at - text->data) : text->size;
    struct slice part = slice_of(text->data, size);
    *text = slice_part(*text, size + (at != NULL), text->size);
    return part;
}

// Without blanks and tabs on both sides.
static inline struct slice text_trim(struct slice text) {
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = slice_part(text, 1, text.size);
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

// The next word; blanks before it are passed over, and the one behind it.
static inline struct slice text_word(struct slice *text) {
    while (text->size && text->data[0] == ' ')
        *text = slice_part(*text, 1, text->size);
    return text_cut_at(text, ' ');
}

// Passes over `start` when the text begins with it.
static inline bool text_pass(struct slice *text, struct slice start) {
    if (!slice_starts(*text, start))
        return false;
    *text = slice_part(*text, start.size, text->size);
    return true;
}

static inline bool text_is_digits(struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.size > 0;
}

static inline struct value text_value(struct slice text) {
    return (struct value){text.data, (uint32_t)text.size, VALUE_UTF8, {0}};
}

// RFC 3339 and its relatives, or seconds to nanoseconds since 1970; without a zone as UTC.
// CLOCK_NONE when it is none of these.
static inline int64_t text_time(struct json_day *day, struct slice text) {
    struct value value = {text.data, (uint32_t)text.size, VALUE_JSON_STRING, {0}};
    bool zoned;
    return text.size ? json_time(day, &value, &zoned) : CLOCK_NONE;
}

// Seconds since 1970 with a fraction ("1588206049.300416").
static inline int64_t text_epoch(struct json_day *day, struct slice text) {
    struct value value = {text.data, (uint32_t)text.size, VALUE_JSON_NUMBER, {0}};
    bool zoned;
    return text.size ? json_time(day, &value, &zoned) : CLOCK_NONE;
}

#endif
