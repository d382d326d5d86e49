// The formats that logs are made of, without printf
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH_MAX = 64,
    DIGITS_MAX = 24
};

// One conversion: %[0][width][.precision][length]kind
struct conversion {
    bool zeros;
    size_t width;
    bool precise;
    size_t precision;
    enum {
        LENGTH_INT,
        LENGTH_LONG,
        LENGTH_LONG_LONG,
        LENGTH_SIZE
    } length;
    char kind;
};

static size_t read_count(const char **at) {
    size_t count = 0;
    for (; **at >= '0' && **at <= '9' && count <= WIDTH_MAX; ++*at)
        count = 10 * count + (size_t)(**at - '0');
    return count;
}

// *at stands behind the '%'; false for what is not told above.
static bool read_conversion(const char **at, va_list *arguments, struct conversion *ret) {
    *ret = (struct conversion){0};
    if (**at == '0') {
        ret->zeros = true;
        ++*at;
    }
    ret->width = read_count(at);
    if (**at == '.') {
        ++*at;
        ret->precise = true;
        if (**at == '*') {
            int precision = va_arg(*arguments, int);
            ++*at;
            if (precision < 0)
                return false;
            ret->precision = (size_t)precision;
        } else {
            ret->precision = read_count(at);
        }
    }
    if (**at == 'l') {
        bool twice = (*at)[1] == 'l';
        ret->length = twice ? LENGTH_LONG_LONG : LENGTH_LONG;
        *at += twice ? 2 : 1;
    } else if (**at == 'z') {
        ret->length = LENGTH_SIZE;
        ++*at;
    }
    ret->kind = *(*at)++;
    return ret->width <= WIDTH_MAX;
}

static unsigned long long take_unsigned(const struct conversion *conversion, va_list *arguments) {
    switch (conversion->length) {
    case LENGTH_LONG:
        return va_arg(*arguments, unsigned long);
    case LENGTH_LONG_LONG:
        return va_arg(*arguments, unsigned long long);
    case LENGTH_SIZE:
        return va_arg(*arguments, size_t);
    default:
        return va_arg(*arguments, unsigned);
    }
}

static long long take_signed(const struct conversion *conversion, va_list *arguments) {
    switch (conversion->length) {
    case LENGTH_LONG:
        return va_arg(*arguments, long);
    case LENGTH_LONG_LONG:
        return va_arg(*arguments, long long);
    case LENGTH_SIZE:
        return va_arg(*arguments, ptrdiff_t);
    default:
        return va_arg(*arguments, int);
    }
}

static void put_number(struct buffer *buffer, const struct conversion *conversion,
                       unsigned long long number, bool negative) {
    char digits[DIGITS_MAX + WIDTH_MAX];
    const char *alphabet = conversion->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = conversion->kind == 'x' || conversion->kind == 'X' ? 16 : 10;
    size_t at = sizeof digits;
    do {
        digits[--at] = alphabet[number % base];
        number /= base;
    } while (number);
    while (conversion->zeros && sizeof digits - at + negative < conversion->width)
        digits[--at] = '0';
    if (negative)
        digits[--at] = '-';
    while (sizeof digits - at < conversion->width)
        digits[--at] = ' ';
    buffer_append(buffer, digits + at, sizeof digits - at);
}

static bool put_text(struct buffer *buffer, const struct conversion *conversion,
                     va_list *arguments) {
    const char *text = va_arg(*arguments, const char *);
    if (!text || conversion->width || conversion->zeros || conversion->length)
        return false;
    buffer_append(buffer, text,
                  conversion->precise ? strnlen(text, conversion->precision) : strlen(text));
    return true;
}

static bool put_conversion(struct buffer *buffer, const struct conversion *conversion,
                           va_list *arguments) {
    long long number;
    if (conversion->kind == 's')
        return put_text(buffer, conversion, arguments);
    if (conversion->precise)
        return false;
    switch (conversion->kind) {
    case 'u':
    case 'x':
    case 'X':
        put_number(buffer, conversion, take_unsigned(conversion, arguments), false);
        return true;
    case 'd':
        number = take_signed(conversion, arguments);
        put_number(buffer, conversion,
                   number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number,
                   number < 0);
        return true;
    case 'c':
        buffer_append_byte(buffer, (uint8_t)va_arg(*arguments, int));
        return !conversion->width && !conversion->zeros && !conversion->length;
    case '%':
        buffer_append_byte(buffer, '%');
        return true;
    default:
        return false;
    }
}

// Appends what printf would for %s %.*s %.Ns %c %% and for %d %u %x %X, also with l, ll, z, a
// width and leading zeros. False, and an unspecified part appended, for any other format: the
// caller takes it back and asks printf. Several times faster than vsnprintf, which sets up a
// stream for every call.
static bool append_plain(struct buffer *buffer, const char *format, va_list *arguments) {
    for (;;) {
        const char *percent = strchrnul(format, '%');
        buffer_append(buffer, format, (size_t)(percent - format));
        if (!*percent)
            return true;
        struct conversion conversion;
        format = percent + 1;
        if (!read_conversion(&format, arguments, &conversion) ||
            !put_conversion(buffer, &conversion, arguments))
            return false;
    }
}

// vsnprintf wants room for a NUL that is not counted: it may lie above the ceiling.
__attribute__((format(printf, 2, 0))) static bool
append_printf(struct buffer *buffer, const char *format, va_list *arguments) {
    va_list again;
    va_copy(again, *arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t ceiling = buffer->ceiling;
    if (size < 0 || (size_t)size > ceiling - buffer->size)
        return false;
    buffer->ceiling += ceiling < SIZE_MAX;
    uint8_t *to = buffer_reserve(buffer, (size_t)size + 1);
    buffer->ceiling = ceiling;
    if (!to)
        return false;
    vsnprintf((char *)to, (size_t)size + 1, format, *arguments);
    buffer->size += (size_t)size;
    return true;
}

void buffer_append_format(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    size_t before = buffer->size;
    if (buffer->failed)
        return;
    va_start(arguments, format);
    bool done = append_plain(buffer, format, &arguments);
    va_end(arguments);
    if (!done && !buffer->failed) {
        buffer->size = before;
        va_start(arguments, format);
        if (!append_printf(buffer, format, &arguments))
            buffer->failed = true;
        va_end(arguments);
    }
    if (buffer->failed)
        buffer->size = before;
}
