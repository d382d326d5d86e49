// Values of JSON evidence as text, number and JSON
// SPDX-License-Identifier: Apache-2.0
#include "model/value_json.h"

#include "base/text.h"

#include <assert.h>
#include <string.h>

enum {
    HEX_DIGITS = 4, // of \uXXXX
    UTF8_MAX = 4,
};

static const uint8_t *json_find(const uint8_t *at, const uint8_t *end, uint8_t byte) {
    const uint8_t *found = at < end ? memchr(at, byte, (size_t)(end - at)) : NULL;
    return found ? found : end;
}

// The code unit of \uXXXX at `at`; -1 when it is none.
static int32_t escape_unit(const uint8_t *at, const uint8_t *end) {
    if (end - at < 2 + HEX_DIGITS || at[0] != '\\' || at[1] != 'u')
        return -1;
    int32_t unit = 0;
    for (int i = 0; i < HEX_DIGITS; i++) {
        int32_t digit = text_hex_digit(at[2 + i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static void append_code_point(struct buffer *buffer, int32_t code) {
    uint8_t bytes[UTF8_MAX];
    buffer_append(buffer, bytes, text_put((uint32_t)code, bytes));
}

// \uXXXX, or two of them that are a surrogate pair. Returns how many bytes were taken, 0 when
// it is no such escape.
static size_t append_unicode_escape(struct buffer *buffer, const uint8_t *at, const uint8_t *end) {
    int32_t unit = escape_unit(at, end);
    if (unit < 0)
        return 0;
    size_t taken = 2 + HEX_DIGITS;
    if (unit >= 0xD800 && unit <= 0xDFFF) {
        int32_t low = unit <= 0xDBFF ? escape_unit(at + taken, end) : -1;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            taken *= 2;
        } else {
            unit = 0xFFFD;
        }
    }
    append_code_point(buffer, unit);
    return taken;
}

// The escape at `at` (a backslash); returns how many bytes it took.
static size_t append_escape(struct buffer *buffer, const uint8_t *at, const uint8_t *end) {
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    if (end - at >= 2 && at[1]) {
        const char *found = strchr(from, at[1]);
        if (found) {
            buffer_append_byte(buffer, (uint8_t)to[found - from]);
            return 2;
        }
    }
    size_t taken = append_unicode_escape(buffer, at, end);
    if (taken)
        return taken;
    buffer_append_byte(buffer, '\\');
    return 1;
}

static void append_unescaped(struct buffer *buffer, struct slice inside) {
    const uint8_t *at = inside.data;
    const uint8_t *end = inside.data + inside.size;
    while (at < end) {
        const uint8_t *stop = json_find(at, end, '\\');
        buffer_append(buffer, at, (size_t)(stop - at));
        at = stop;
        if (at < end)
            at += append_escape(buffer, at, end);
    }
}

// The end of the string that opens at `at`: the byte after its closing quote, or `end`.
static const uint8_t *string_end(const uint8_t *at, const uint8_t *end) {
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\' && end - at > 1;
    return at < end ? at + 1 : end;
}

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool value_is_array(const struct value *value) {
    return value->kind == VALUE_JSON_RAW && value->size >= 2 && value->data[0] == '[';
}

static struct value value_of_json(const uint8_t *start, const uint8_t *end) {
    while (end > start && is_blank(end[-1]))
        end--;
    struct value value = {start, (uint32_t)(end - start), VALUE_JSON_NUMBER, {0}};
    if (value.size == 0)
        value.kind = VALUE_ABSENT;
    else if (*start == '"' && value.size >= 2)
        value = (struct value){start + 1, value.size - 2, VALUE_JSON_STRING, {0}};
    else if (*start == '{' || *start == '[')
        value.kind = VALUE_JSON_RAW;
    else if (*start == 't' || *start == 'f')
        value.kind = VALUE_JSON_BOOL;
    else if (*start == 'n')
        value.kind = VALUE_NULL;
    return value;
}

// The element that starts at or after *at, which moves behind its comma; false at the end of
// the array. `end` is the array's closing bracket.
static bool array_next(const uint8_t **at, const uint8_t *end, struct value *ret_element) {
    const uint8_t *start = *at;
    while (start < end && is_blank(*start))
        start++;
    if (start == end)
        return false;
    const uint8_t *stop = start;
    for (size_t depth = 0; stop < end && (depth || *stop != ',');) {
        if (*stop == '"') {
            stop = string_end(stop, end);
            continue;
        }
        depth += *stop == '{' || *stop == '[';
        depth -= depth && (*stop == '}' || *stop == ']');
        stop++;
    }
    *at = stop < end ? stop + 1 : end;
    *ret_element = value_of_json(start, stop);
    return true;
}

static void append_array_text(struct buffer *buffer, const struct value *array) {
    const uint8_t *at = array->data + 1;
    const uint8_t *end = array->data + array->size - 1;
    struct value element;
    for (bool first = true; array_next(&at, end, &element); first = false) {
        if (!first)
            buffer_append_text(buffer, ", ");
        if (element.kind == VALUE_JSON_STRING)
            append_unescaped(buffer, slice_of(element.data, element.size));
        else if (!value_is_null(&element))
            buffer_append(buffer, element.data, element.size);
    }
}

void value_json_append_text(const struct value *value, struct buffer *buffer) {
    assert(value_is_json(value));
    if (value->kind == VALUE_JSON_STRING)
        append_unescaped(buffer, slice_of(value->data, value->size));
    else if (value_is_array(value))
        append_array_text(buffer, value);
    else
        buffer_append(buffer, value->data, value->size);
}

bool value_json_integer(const struct value *value, int64_t *ret_number) {
    assert(value_is_json(value));
    if (value->kind == VALUE_JSON_BOOL) {
        *ret_number = value->size == 4; // true
        return true;
    }
    if (value->kind == VALUE_JSON_RAW)
        return false;
    return text_integer(slice_of(value->data, value->size), ret_number);
}

size_t value_json_count(const struct value *value) {
    assert(value_is_json(value));
    if (!value_is_array(value))
        return 1;
    const uint8_t *at = value->data + 1;
    const uint8_t *end = value->data + value->size - 1;
    struct value element;
    size_t count = 0;
    while (count < VALUE_JSON_ELEMENTS_MAX && array_next(&at, end, &element))
        count++;
    return count;
}

struct value value_json_element(const struct value *value, size_t i) {
    assert(value_is_json(value));
    if (!value_is_array(value))
        return i == 0 ? *value : (struct value){.kind = VALUE_ABSENT};
    const uint8_t *at = value->data + 1;
    const uint8_t *end = value->data + value->size - 1;
    struct value element = {.kind = VALUE_ABSENT};
    for (size_t n = 0; n <= i; n++) {
        const uint8_t *start = at;
        if (n == VALUE_JSON_ELEMENTS_MAX || !array_next(&at, end, &element))
            return (struct value){.kind = VALUE_ABSENT};
        if (n == i && n == VALUE_JSON_ELEMENTS_MAX - 1 && at < end)
            return (struct value){start, (uint32_t)(end - start), VALUE_UTF8, {0}};
    }
    return element;
}

// The inside of a string as JSON with its quotes.
static void append_string_json(struct buffer *buffer, struct slice inside) {
    bool plain = true;
    for (size_t i = 0; i < inside.size && plain; i++)
        plain = inside.data[i] >= 0x20 && inside.data[i] < 0x7F && inside.data[i] != '\\';
    if (plain) {
        buffer_append_byte(buffer, '"');
        buffer_append_slice(buffer, inside);
        buffer_append_byte(buffer, '"');
        return;
    }
    struct buffer text;
    buffer_init(&text, inside.size + UTF8_MAX); // unescaping never makes longer
    append_unescaped(&text, inside);
    text_append_json(buffer, buffer_slice(&text));
    buffer_done(&text);
}

// Copy structure as it is, without blanks, and strings one by one.
static void append_raw_json(struct buffer *buffer, const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        if (*at == '"') {
            const uint8_t *stop = string_end(at, end);
            if (stop - at >= 2)
                append_string_json(buffer, slice_of(at + 1, (size_t)(stop - at) - 2));
            at = stop;
            continue;
        }
        if (!is_blank(*at))
            buffer_append_byte(buffer, *at);
        at++;
    }
}

void value_json_append_json(const struct value *value, struct buffer *buffer) {
    assert(value_is_json(value));
    struct slice whole = slice_of(value->data, value->size);
    if (value->kind == VALUE_JSON_STRING) {
        append_string_json(buffer, whole);
    } else if (value->kind != VALUE_JSON_RAW) {
        buffer_append_slice(buffer, whole);
    } else {
        append_raw_json(buffer, whole.data, whole.data + whole.size);
    }
}
