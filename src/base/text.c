// Characters: UTF-16, UTF-8, folding, escaping
// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <emmintrin.h>
#include <string.h>

size_t text_put(uint32_t code, uint8_t *to) {
    if (code < 0x80) {
        to[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (uint8_t)(0xC0 | code >> 6);
        to[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (uint8_t)(0xE0 | code >> 12);
        to[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        to[2] = (uint8_t)(0x80 | (code & 0x3F));
        return 3;
    }
    to[0] = (uint8_t)(0xF0 | code >> 18);
    to[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
    to[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    to[3] = (uint8_t)(0x80 | (code & 0x3F));
    return 4;
}

// The units from `at` on that are ASCII, eight at a time.
static size_t text_ascii_run(const uint8_t *utf16, size_t units, uint8_t *to) {
    const __m128i high = _mm_set1_epi16((short)0xFF80);
    size_t at = 0;
    while (units - at >= 8) {
        __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)(utf16 + 2 * at));
        __m128i over = _mm_and_si128(chunk, high);
        if (_mm_movemask_epi8(_mm_cmpeq_epi16(over, _mm_setzero_si128())) != 0xFFFF)
            break;
        _mm_storel_epi64((__m128i *)(void *)(to + at), _mm_packus_epi16(chunk, chunk));
        at += 8;
    }
    return at;
}

size_t text_from_utf16(const uint8_t *utf16, size_t size_bytes, uint8_t *to) {
    size_t units = size_bytes / 2;
    size_t written = 0;
    size_t at = 0;
    while (at < units) {
        size_t run = text_ascii_run(utf16 + 2 * at, units - at, to + written);
        at += run;
        written += run;
        // Up to eight units one by one, then the fast loop is tried again.
        for (size_t i = 0; i < 8 && at < units; i++) {
            uint32_t code = bytes_get_u16(utf16 + 2 * at++);
            if (code >= 0xD800 && code < 0xE000) {
                uint32_t low = at < units ? bytes_get_u16(utf16 + 2 * at) : 0;
                if (code < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                    at++;
                } else {
                    code = 0xFFFD;
                }
            }
            written += text_put(code, to + written);
        }
    }
    return written;
}

size_t text_from_cp1252(const uint8_t *bytes, size_t size, uint8_t *to) {
    // Code page 1252, 0x80 to 0x9F; the five bytes it leaves open keep their own number.
    static const uint16_t upper[32] = {
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};
    size_t written = 0;
    size_t i = 0;
    // Nearly all of it is ASCII: sixteen at a time, until a byte is not.
    for (; size - i >= 16; i += 16, written += 16) {
        __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
        if (_mm_movemask_epi8(chunk))
            break;
        _mm_storeu_si128((__m128i *)(void *)(to + written), chunk);
    }
    for (; i < size; i++) {
        uint32_t code = bytes[i];
        if (code >= 0x80 && code < 0xA0)
            code = upper[code - 0x80];
        written += text_put(code, to + written);
    }
    return written;
}

// Length of the well-formed UTF-8 sequence at the start of text (Unicode 15, table 3-7), its
// code point; 0 when there is none.
static size_t text_take(struct slice text, uint32_t *ret_code) {
    const uint8_t *p = text.data;
    if (p[0] < 0x80) {
        *ret_code = p[0];
        return 1;
    }
    size_t size = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (size == 0 || size > text.size)
        return 0;
    uint32_t code = p[0] & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3F);
    }
    if ((size == 3 && (code < 0x800 || (code >= 0xD800 && code < 0xE000))) ||
        (size == 4 && (code < 0x10000 || code > 0x10FFFF)))
        return 0;
    *ret_code = code;
    return size;
}

bool text_is_utf8(struct slice text) {
    size_t at = 0;
    while (at < text.size) {
        uint32_t code;
        size_t size = text_take(slice_part(text, at, SIZE_MAX), &code);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

void text_fold_ascii(const uint8_t *from, size_t size, uint8_t *to) {
    const __m128i before_a = _mm_set1_epi8('A' - 1);
    const __m128i after_z = _mm_set1_epi8('Z' + 1);
    const __m128i bit = _mm_set1_epi8(0x20);
    size_t at = 0;
    for (; size - at >= 16; at += 16) {
        __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)(from + at));
        __m128i upper =
            _mm_and_si128(_mm_cmpgt_epi8(chunk, before_a), _mm_cmplt_epi8(chunk, after_z));
        chunk = _mm_or_si128(chunk, _mm_and_si128(upper, bit));
        _mm_storeu_si128((__m128i *)(void *)(to + at), chunk);
    }
    for (; at < size; at++)
        to[at] = from[at] >= 'A' && from[at] <= 'Z' ? (uint8_t)(from[at] | 0x20) : from[at];
}

static uint8_t text_lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

int text_compare_fold_ascii(struct slice a, struct slice b) {
    size_t size = a.size < b.size ? a.size : b.size;
    for (size_t i = 0; i < size; i++) {
        int order = (int)text_lower(a.data[i]) - (int)text_lower(b.data[i]);
        if (order)
            return order;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

bool text_equal_fold_ascii(struct slice a, struct slice b) {
    return a.size == b.size && text_compare_fold_ascii(a, b) == 0;
}

int text_hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    uint8_t letter = byte | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool text_integer(struct slice text, int64_t *ret_number) {
    bool is_negative = text.size && text.data[0] == '-';
    size_t at = is_negative;
    uint64_t base = 10;
    if (!is_negative && text.size > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x') {
        base = 16;
        at = 2;
    }
    if (at == text.size)
        return false;
    uint64_t number = 0;
    for (; at < text.size; at++) {
        int digit = text_hex_digit(text.data[at]);
        if (digit < 0 || (uint64_t)digit >= base || __builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, (uint64_t)digit, &number))
            return false;
    }
    if (number > (uint64_t)INT64_MAX + is_negative)
        return false;
    *ret_number = is_negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

static const char text_hex_digits[] = "0123456789abcdef";

// Controls that turn or hide text: Bidi_Control, line and paragraph separators, zero-width
// and byte-order marks, tags.
static bool text_code_is_unsafe(uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C ||
           (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
           (code >= 0xE0000 && code <= 0xE007F);
}

static void text_append_json_escape(struct buffer *buffer, uint8_t byte) {
    switch (byte) {
    case '"':
        buffer_append(buffer, "\\\"", 2);
        return;
    case '\\':
        buffer_append(buffer, "\\\\", 2);
        return;
    case '\n':
        buffer_append(buffer, "\\n", 2);
        return;
    case '\r':
        buffer_append(buffer, "\\r", 2);
        return;
    case '\t':
        buffer_append(buffer, "\\t", 2);
        return;
    default:
        buffer_append(buffer, "\\u00", 4);
        buffer_append_byte(buffer, (uint8_t)text_hex_digits[byte >> 4]);
        buffer_append_byte(buffer, (uint8_t)text_hex_digits[byte & 15]);
    }
}

// Above ASCII as \uXXXX, with a surrogate pair where it needs one (RFC 8259, 7).
static void text_append_json_code(struct buffer *buffer, uint32_t code) {
    if (code < 0x10000) {
        buffer_append_format(buffer, "\\u%04x", (unsigned)code);
        return;
    }
    code -= 0x10000;
    buffer_append_format(buffer, "\\u%04x\\u%04x", (unsigned)(0xD800 | code >> 10),
                         (unsigned)(0xDC00 | (code & 0x3FF)));
}

void text_append_json(struct buffer *buffer, struct slice text) {
    buffer_append_byte(buffer, '"');
    size_t from = 0; // first byte not yet copied
    size_t at = 0;
    while (at < text.size) {
        uint8_t byte = text.data[at];
        if (byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\') {
            at++;
            continue;
        }
        uint32_t code = 0;
        size_t size = byte < 0x80 ? 1 : text_take(slice_part(text, at, SIZE_MAX), &code);
        if (byte >= 0x80 && size && !text_code_is_unsafe(code)) {
            at += size;
            continue;
        }
        buffer_append(buffer, text.data + from, at - from);
        if (byte < 0x80)
            text_append_json_escape(buffer, byte);
        else if (size)
            text_append_json_code(buffer, code);
        else
            buffer_append(buffer, "\xEF\xBF\xBD", 3);
        at += size ? size : 1;
        from = at;
    }
    buffer_append(buffer, text.data + from, text.size - from);
    buffer_append_byte(buffer, '"');
}

void text_append_terminal(struct buffer *buffer, struct slice text) {
    size_t at = 0;
    while (at < text.size) {
        uint32_t code = text.data[at];
        size_t size = text_take(slice_part(text, at, SIZE_MAX), &code);
        if (size == 0) {
            buffer_append_format(buffer, "\\x%02x", text.data[at]);
            at++;
            continue;
        }
        if (!text_code_is_unsafe(code))
            buffer_append(buffer, text.data + at, size);
        else if (code < 0x100)
            buffer_append_format(buffer, "\\x%02x", (unsigned)code);
        else
            buffer_append_format(buffer, "\\u%04x", (unsigned)code);
        at += size;
    }
}

static const char *text_html_reference(uint8_t byte) {
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void text_append_html(struct buffer *buffer, struct slice text) {
    size_t from = 0; // first byte not yet written
    for (size_t at = 0; at < text.size; at++) {
        const char *reference = text_html_reference(text.data[at]);
        if (!reference)
            continue;
        text_append_terminal(buffer, slice_part(text, from, at - from));
        buffer_append_text(buffer, reference);
        from = at + 1;
    }
    text_append_terminal(buffer, slice_part(text, from, SIZE_MAX));
}

// Escaped before it is controlled: a backslash of the terminal's own escapes is doubled too.
void text_append_markdown(struct buffer *buffer, struct slice text) {
    size_t from = 0; // first byte not yet written
    for (size_t at = 0; at <= text.size; at++) {
        bool end = at == text.size;
        if (!end && !(text.data[at] && strchr("\\`*_{}[]()<>#+-.!|&~:@=$^", text.data[at])) &&
            text.data[at] >= 0x20)
            continue;
        text_append_terminal(buffer, slice_part(text, from, at - from));
        from = at + 1;
        if (end)
            break;
        if (text.data[at] < 0x20)
            buffer_append_format(buffer, "\\\\x%02x", text.data[at]);
        else if (text.data[at] == '<')
            buffer_append_text(buffer, "&lt;");
        else if (text.data[at] == '-' || text.data[at] == '.' || text.data[at] == '(' ||
                 text.data[at] == ')') {
            bool starts =
                at == 0 || (text.data[at] == '.' && at >= 3 &&
                            text_equal_fold_ascii(slice_part(text, at - 3, 3), SLICE("www")));
            buffer_append_text(buffer, starts ? "\\" : "");
            buffer_append_byte(buffer, text.data[at]);
        } else if (text.data[at] == ':' && !(at + 1 < text.size && text.data[at + 1] == '/')) {
            buffer_append_byte(buffer, ':');
        } else {
            buffer_append_byte(buffer, '\\');
            buffer_append_byte(buffer, text.data[at]);
        }
    }
}

void text_append_minute(struct buffer *buffer, int64_t time_ns, const char *unknown) {
    char text[CLOCK_TEXT_SIZE];
    buffer_append_text(buffer, clock_format_minute(time_ns, text) ? text : unknown);
}

void text_append_base64(struct buffer *buffer, struct slice bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < bytes.size; at += 3) {
        size_t left = bytes.size - at;
        uint32_t group = (uint32_t)bytes.data[at] << 16;
        if (left > 1)
            group |= (uint32_t)bytes.data[at + 1] << 8;
        if (left > 2)
            group |= bytes.data[at + 2];
        buffer_append_byte(buffer, (uint8_t)digits[group >> 18]);
        buffer_append_byte(buffer, (uint8_t)digits[group >> 12 & 63]);
        buffer_append_byte(buffer, left > 1 ? (uint8_t)digits[group >> 6 & 63] : '=');
        buffer_append_byte(buffer, left > 2 ? (uint8_t)digits[group & 63] : '=');
    }
}

static int text_base64_digit(uint8_t byte) {
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

// Four digits, of which `digits` count; false when one is none or stray bits are set.
static bool text_read_group(const uint8_t *at, size_t digits, uint32_t *ret_group) {
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = i < digits ? text_base64_digit(at[i]) : 0;
        if (digit < 0)
            return false;
        group = group << 6 | (uint32_t)digit;
    }
    *ret_group = group;
    return (group & (digits == 4 ? 0 : digits == 3 ? 0xFF : 0xFFFF)) == 0;
}

bool text_read_base64(struct slice text, struct buffer *ret_bytes) {
    size_t start = ret_bytes->size;
    bool fine = text.size % 4 == 0;
    for (size_t at = 0; fine && at < text.size; at += 4) {
        const uint8_t *digits = text.data + at;
        bool last = at + 4 == text.size;
        size_t count = !last || digits[3] != '=' ? 4 : digits[2] != '=' ? 3 : 2;
        uint32_t group = 0;
        fine = text_read_group(digits, count, &group);
        for (size_t i = 0; fine && i + 1 < count; i++)
            buffer_append_byte(ret_bytes, (uint8_t)(group >> (16 - 8 * i)));
    }
    if (!fine)
        ret_bytes->size = start;
    return fine;
}

// Starts of what spreadsheets take for a formula, the wide forms of East Asian locales among
// them.
static bool text_is_formula(struct slice text) {
    static const char *const starts[] = {"=",  "+",  "-",  "@",  "\t", "\r",
                                         "\n", "＝", "＋", "－", "＠"};
    for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
        if (slice_starts(text, slice_of_string(starts[i])))
            return true;
    return false;
}

void text_append_csv(struct buffer *buffer, struct slice text) {
    bool formula = text_is_formula(text);
    bool quote = formula;
    for (size_t i = 0; i < text.size && !quote; i++)
        quote = text.data[i] == ',' || text.data[i] == '"' || text.data[i] == '\n' ||
                text.data[i] == '\r';
    if (quote)
        buffer_append_byte(buffer, '"');
    if (formula)
        buffer_append_byte(buffer, '\'');
    for (size_t at = 0; at < text.size;) {
        struct slice rest = slice_part(text, at, SIZE_MAX);
        uint32_t code = 0;
        size_t size = text_take(rest, &code);
        if (rest.data[0] == '"')
            buffer_append_byte(buffer, '"');
        if (rest.data[0] == '\t' || rest.data[0] == '\n' || rest.data[0] == '\r')
            buffer_append_byte(buffer, rest.data[0]);
        else
            text_append_terminal(buffer, slice_part(rest, 0, size ? size : 1));
        at += size ? size : 1;
    }
    if (quote)
        buffer_append_byte(buffer, '"');
}

struct slice text_cut(struct slice text, size_t size) {
    if (text.size <= size)
        return text;
    size_t end = size;
    while (end > 0 && size - end < 3 && (text.data[end] & 0xC0) == 0x80)
        end--;
    uint32_t code;
    bool whole = text_take(slice_part(text, end, SIZE_MAX), &code) > size - end;
    return slice_part(text, 0, whole ? end : size);
}

bool path_lies_in(const char *path, const char *directory) {
    size_t size = strlen(directory);
    return strncmp(path, directory, size) == 0 &&
           (path[size] == '/' || path[size] == '\0' || size == 1);
}
