// Values as text, numbers and JSON
// SPDX-License-Identifier: Apache-2.0
#include "model/value.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/chinese.h"
#include "base/text.h"
#include "model/value_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// Size of one value of a kind that has a fixed one; 0 for the others.
static uint32_t kind_size(uint8_t kind) {
    switch (kind) {
    case VALUE_INT8:
    case VALUE_UINT8:
        return 1;
    case VALUE_INT16:
    case VALUE_UINT16:
        return 2;
    case VALUE_INT32:
    case VALUE_UINT32:
    case VALUE_REAL32:
    case VALUE_BOOL:
    case VALUE_HEX32:
        return 4;
    case VALUE_INT64:
    case VALUE_UINT64:
    case VALUE_REAL64:
    case VALUE_FILETIME:
    case VALUE_HEX64:
        return 8;
    case VALUE_GUID:
    case VALUE_SYSTEMTIME:
        return 16;
    default:
        return 0;
    }
}

static bool kind_is_integer(uint8_t kind) {
    return (kind >= VALUE_INT8 && kind <= VALUE_UINT64) || kind == VALUE_BOOL ||
           kind == VALUE_HEX32 || kind == VALUE_HEX64 || kind == VALUE_SIZE;
}

static bool kind_is_signed(uint8_t kind) {
    return kind == VALUE_INT8 || kind == VALUE_INT16 || kind == VALUE_INT32 || kind == VALUE_INT64;
}

// The bits of an integer as wide as its bytes; kinds are trusted no further than their size.
static uint64_t value_bits(const struct value *value) {
    uint64_t bits = 0;
    uint32_t fixed = kind_size(value->kind);
    uint32_t size = fixed && fixed < value->size ? fixed : value->size;
    if (size)
        memcpy(&bits, value->data, size < sizeof bits ? size : sizeof bits);
    uint32_t width = 8 * (size < sizeof bits ? size : (uint32_t)sizeof bits);
    if (kind_is_signed(value->kind) && width && width < 64 && bits >> (width - 1))
        bits |= UINT64_MAX << width;
    return bits;
}

static void append_utf16(struct slice utf16, struct buffer *buffer) {
    uint8_t *to = buffer_reserve(buffer, utf16.size / 2 * 3);
    if (to)
        buffer->size += text_from_utf16(utf16.data, utf16.size, to);
}

// The code page of a machine is not in its logs: Chinese ones are known by their characters.
static void append_ansi(struct slice bytes, struct buffer *buffer) {
    if (!text_is_utf8(bytes) && chinese_is_gb18030(bytes) && chinese_append_utf8(buffer, bytes))
        return;
    uint8_t *to = buffer_reserve(buffer, bytes.size * 3);
    if (to)
        buffer->size += text_from_cp1252(bytes.data, bytes.size, to);
}

static void append_hex(struct slice bytes, struct buffer *buffer) {
    static const char digits[] = "0123456789ABCDEF";
    uint8_t *to = buffer_reserve(buffer, bytes.size * 2);
    if (!to)
        return;
    for (size_t i = 0; i < bytes.size; i++) {
        to[2 * i] = (uint8_t)digits[bytes.data[i] >> 4];
        to[2 * i + 1] = (uint8_t)digits[bytes.data[i] & 15];
    }
    buffer->size += bytes.size * 2;
}

static void append_hex_number(uint64_t number, struct buffer *buffer) {
    char digits[18];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (number);
    digits[--at] = 'x';
    digits[--at] = '0';
    buffer_append(buffer, digits + at, sizeof digits - at);
}

// MS-DTYP 2.3.4.1: the first three parts are numbers, the last two bytes in order.
static void append_guid(const uint8_t *guid, struct buffer *buffer) {
    static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    for (size_t i = 0; i < sizeof order; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            buffer_append_byte(buffer, '-');
        append_hex(slice_of(guid + order[i], 1), buffer);
    }
}

// MS-DTYP 2.4.2: revision, count, 48-bit big-endian authority, then 32-bit parts.
static void append_sid(struct slice sid, struct buffer *buffer) {
    if (sid.size < 8) {
        buffer_append_text(buffer, "S-?");
        return;
    }
    uint64_t authority = 0;
    for (size_t i = 2; i < 8; i++)
        authority = authority << 8 | sid.data[i];
    buffer_append(buffer, "S-", 2);
    buffer_append_u64(buffer, sid.data[0]);
    buffer_append_byte(buffer, '-');
    buffer_append_u64(buffer, authority);
    for (size_t i = 0; i < sid.data[1] && 12 + 4 * i <= sid.size; i++) {
        buffer_append_byte(buffer, '-');
        buffer_append_u64(buffer, bytes_get_u32(sid.data + 8 + 4 * i));
    }
}

// Always six digits of a second, as evtx_dump writes them, whatever the nanoseconds.
static void append_date(const struct clock_date *date, struct buffer *buffer) {
    buffer_append_format(buffer, "%04lld-%02d-%02dT%02d:%02d:%02d.%06dZ", (long long)date->year,
                         date->month, date->day, date->hour, date->minute, date->second,
                         date->nanosecond / 1000);
}

// A FILETIME reaches further than nanoseconds since 1970 do. The calendar repeats after 400
// years, so the date is worked out in years that fit, 1701 to 2100, and moved.
static void append_filetime(uint64_t filetime, struct buffer *buffer) {
    const uint64_t ticks_per_day = 864000000000ull;
    const uint64_t days_per_era = 146097; // 400 years
    const uint64_t days_before_1701 = 36524;
    uint64_t days = filetime / ticks_per_day;
    int64_t eras = (int64_t)(days / days_per_era);
    days %= days_per_era;
    if (days < days_before_1701) {
        days += days_per_era;
        eras--;
    }
    struct clock_date date;
    clock_to_date(clock_from_filetime(days * ticks_per_day + filetime % ticks_per_day), &date);
    date.year += eras * 400;
    append_date(&date, buffer);
}

// MS-DTYP 2.3.13: year, month, weekday, day, hour, minute, second, millisecond.
static void append_systemtime(const uint8_t *data, struct buffer *buffer) {
    struct clock_date date = {
        .year = bytes_get_u16(data),
        .month = bytes_get_u16(data + 2),
        .day = bytes_get_u16(data + 6),
        .hour = bytes_get_u16(data + 8),
        .minute = bytes_get_u16(data + 10),
        .second = bytes_get_u16(data + 12),
        .nanosecond = bytes_get_u16(data + 14) % 1000 * 1000000,
    };
    if (date.year == 0 && date.month == 0 && date.day == 0) // not set
        date.year = 1601, date.month = 1, date.day = 1;
    append_date(&date, buffer);
}

// The shortest decimal that reads back as the same number.
static void append_real(double number, bool is_single, struct buffer *buffer) {
    char text[40] = "";
    if (isnan(number) || isinf(number)) {
        buffer_append_text(buffer, isnan(number) ? "NaN" : number < 0 ? "-inf" : "inf");
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        double back = strtod(text, NULL);
        if (is_single ? (float)back == (float)number : back == number)
            break;
    }
    buffer_append_text(buffer, text);
    if (!strpbrk(text, ".e"))
        buffer_append_text(buffer, ".0");
}

static void append_integer(const struct value *value, struct buffer *buffer) {
    uint64_t bits = value_bits(value);
    if (value->kind == VALUE_BOOL)
        buffer_append_text(buffer, bits ? "true" : "false");
    else if (value->kind == VALUE_HEX32 || value->kind == VALUE_HEX64 || value->kind == VALUE_SIZE)
        append_hex_number(bits, buffer);
    else if (kind_is_signed(value->kind))
        buffer_append_i64(buffer, (int64_t)bits);
    else
        buffer_append_u64(buffer, bits);
}

static void append_scalar(const struct value *value, struct buffer *buffer) {
    struct slice bytes = {value->data, value->size};
    if (value->size < kind_size(value->kind) && !kind_is_integer(value->kind))
        return; // too short for its kind: nothing to show
    switch (value->kind) {
    case VALUE_UTF16:
        append_utf16(bytes, buffer);
        return;
    case VALUE_ANSI:
        append_ansi(bytes, buffer);
        return;
    case VALUE_BINARY:
    case VALUE_BINXML:
        append_hex(bytes, buffer);
        return;
    case VALUE_REAL32: {
        float number;
        memcpy(&number, value->data, sizeof number);
        append_real((double)number, true, buffer);
        return;
    }
    case VALUE_REAL64: {
        double number;
        memcpy(&number, value->data, sizeof number);
        append_real(number, false, buffer);
        return;
    }
    case VALUE_GUID:
        append_guid(value->data, buffer);
        return;
    case VALUE_SID:
        if (value->size)
            append_sid(bytes, buffer);
        return;
    case VALUE_FILETIME:
        append_filetime(bytes_get_u64(value->data), buffer);
        return;
    case VALUE_SYSTEMTIME:
        append_systemtime(value->data, buffer);
        return;
    case VALUE_UTF8:
        buffer_append_slice(buffer, bytes);
        return;
    default:
        if (kind_is_integer(value->kind)) {
            if (value->size)
                append_integer(value, buffer);
        } else if (!value_is_null(value)) {
            append_hex(bytes, buffer); // a kind that nobody has described
        }
    }
}

// Where the next element of a text array ends, and whether a NUL stands there.
static uint32_t array_text_end(const struct value *value, uint32_t from) {
    uint32_t unit = (value->kind & 0x7F) == VALUE_UTF16 ? 2 : 1;
    uint32_t at = from;
    for (; at + unit <= value->size; at += unit)
        if (value->data[at] == 0 && (unit == 1 || value->data[at + 1] == 0))
            return at;
    return at;
}

static bool kind_is_text(uint8_t kind) {
    return kind == VALUE_UTF16 || kind == VALUE_ANSI;
}

// Bytes of the i-th element of an array that is no text, from `from` on.
static uint32_t array_element_size(const struct value *value, uint32_t from) {
    uint8_t kind = value->kind & 0x7F;
    uint32_t size = kind_size(kind);
    if (kind == VALUE_SID && value->size - from >= 8)
        size = 8 + 4u * value->data[from + 1];
    if (kind == VALUE_SIZE)
        size = 8;
    return size == 0 || size > value->size - from ? value->size - from : size;
}

// Step from one element to the next; false at the end.
static bool array_next(const struct value *value, uint32_t *at, struct value *ret_element) {
    if (*at >= value->size)
        return false;
    uint8_t kind = value->kind & 0x7F;
    uint32_t end =
        kind_is_text(kind) ? array_text_end(value, *at) : *at + array_element_size(value, *at);
    *ret_element = (struct value){value->data + *at, end - *at, kind, {0}};
    *at = kind_is_text(kind) ? end + (kind == VALUE_UTF16 ? 2 : 1) : end;
    return true;
}

static bool value_is_array(const struct value *value) {
    return value->kind & VALUE_ARRAY;
}

size_t value_count(const struct value *value) {
    if (value_is_null(value))
        return 0;
    if (value_is_json(value))
        return value_json_count(value);
    if (!value_is_array(value))
        return 1;
    uint8_t kind = value->kind & 0x7F;
    uint32_t fixed = kind_size(kind);
    if (fixed)
        return (value->size + fixed - 1) / fixed;
    size_t count = 0;
    struct value element;
    for (uint32_t at = 0; array_next(value, &at, &element);)
        count++;
    return count;
}

struct value value_element(const struct value *value, size_t i) {
    if (value_is_json(value))
        return value_json_element(value, i);
    if (!value_is_array(value))
        return *value;
    struct value element = {.kind = VALUE_ABSENT};
    uint32_t fixed = kind_size(value->kind & 0x7F);
    uint32_t at = 0;
    if (fixed) {
        if (i >= value_count(value))
            return element;
        at = (uint32_t)i * fixed;
        i = 0;
    }
    for (size_t j = 0; j <= i; j++)
        if (!array_next(value, &at, &element))
            return (struct value){.kind = VALUE_ABSENT};
    return element;
}

void value_append_text(const struct value *value, struct buffer *buffer) {
    if (value_is_json(value)) {
        value_json_append_text(value, buffer);
        return;
    }
    if (!value_is_array(value)) {
        append_scalar(value, buffer);
        return;
    }
    struct value element;
    bool first = true;
    for (uint32_t at = 0; array_next(value, &at, &element); first = false) {
        if (!first)
            buffer_append(buffer, ", ", 2);
        append_scalar(&element, buffer);
    }
}

bool value_integer(const struct value *value, int64_t *ret_number) {
    if (kind_is_integer(value->kind)) {
        uint64_t bits = value_bits(value);
        bool fits = value->size && (kind_is_signed(value->kind) || bits <= (uint64_t)INT64_MAX);
        if (fits)
            *ret_number = value->kind == VALUE_BOOL ? bits != 0 : (int64_t)bits;
        return fits;
    }
    if (value_is_json(value))
        return value_json_integer(value, ret_number);
    uint8_t text[24];
    switch (value->kind) {
    case VALUE_UTF16:
        if (value->size > 2 * sizeof text / 3)
            break;
        return text_integer(slice_of(text, text_from_utf16(value->data, value->size, text)),
                            ret_number);
    case VALUE_ANSI:
    case VALUE_UTF8:
        return text_integer(slice_of(value->data, value->size), ret_number);
    default:
        break;
    }
    return false;
}

static void append_json_scalar(const struct value *value, struct buffer *buffer) {
    uint8_t kind = value->kind;
    bool is_bare = (kind >= VALUE_INT8 && kind <= VALUE_UINT64) || kind == VALUE_BOOL;
    if (value_is_null(value) || (is_bare && value->size == 0)) {
        buffer_append(buffer, "null", 4);
        return;
    }
    if (is_bare) {
        append_scalar(value, buffer);
        return;
    }
    struct buffer text;
    buffer_init(&text, buffer->ceiling);
    append_scalar(value, &text);
    if (kind == VALUE_UTF8)
        chinese_settle(&text, 0);
    text_append_json(buffer, buffer_slice(&text));
    buffer->failed = buffer->failed || text.failed;
    buffer_done(&text);
}

void value_append_json(const struct value *value, struct buffer *buffer) {
    if (value_is_json(value)) {
        value_json_append_json(value, buffer);
        return;
    }
    if (!value_is_array(value)) {
        append_json_scalar(value, buffer);
        return;
    }
    struct value element;
    bool first = true;
    buffer_append_byte(buffer, '[');
    for (uint32_t at = 0; array_next(value, &at, &element); first = false) {
        if (!first)
            buffer_append_byte(buffer, ',');
        append_json_scalar(&element, buffer);
    }
    buffer_append_byte(buffer, ']');
}
