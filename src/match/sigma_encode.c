// base64 and UTF-16 forms of Sigma values
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include "base/text.h"

// The text of a pattern without wildcards.
static enum status literal_of(struct sigma_reader *reader, uint32_t line, const char *modifier,
                              const struct pattern *pattern, struct slice *ret_literal) {
    *ret_literal = (struct slice){NULL, 0};
    for (uint32_t i = 0; i < pattern->part_count; i++)
        if (pattern->parts[i].kind != PATTERN_LITERAL)
            return sigma_refuse(reader, line,
                                "'%s' encodes texts without wildcards (put contains, startswith "
                                "or endswith after it)",
                                modifier);
    if (pattern->part_count)
        *ret_literal = pattern->parts[0].literal;
    return STATUS_OK;
}

static enum status pattern_of(struct sigma_reader *reader, struct slice literal,
                              struct pattern *pattern) {
    struct pattern_part *parts = sigma_new(reader, 1, sizeof *parts);
    if (!parts)
        return STATUS_LIMIT;
    parts->kind = PATTERN_LITERAL;
    parts->literal = literal;
    pattern->parts = parts;
    pattern->part_count = literal.size ? 1 : 0;
    return STATUS_OK;
}

// RFC 4648 4, of `lead` blanks and then the bytes; characters [from, size - drop).
static struct slice base64_make(struct sigma_reader *reader, struct slice bytes, size_t lead,
                                size_t from, size_t drop) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t total = bytes.size + lead;
    size_t size = (total + 2) / 3 * 4;
    uint8_t *to = sigma_new(reader, size + 1, 1);
    if (!to)
        return (struct slice){NULL, 0};
    for (size_t i = 0; i < total; i += 3) {
        uint32_t group = 0;
        for (size_t j = i; j < i + 3; j++) {
            uint8_t byte = j < lead ? ' ' : j < total ? bytes.data[j - lead] : 0;
            group = group << 8 | byte;
        }
        size_t at = i / 3 * 4;
        for (size_t j = 0; j < 4; j++)
            to[at + j] = (uint8_t)alphabet[group >> (18 - 6 * j) & 63];
        if (i + 1 >= total)
            to[at + 2] = '=';
        if (i + 2 >= total)
            to[at + 3] = '=';
    }
    if (from + drop > size)
        return slice_of(to, 0);
    return slice_of(to + from, size - drop - from);
}

static enum status encode_base64(struct sigma_reader *reader, uint32_t line,
                                 struct sigma_patterns *patterns) {
    for (uint32_t i = 0; i < patterns->count; i++) {
        struct slice literal;
        enum status status = literal_of(reader, line, "base64", &patterns->items[i], &literal);
        if (status)
            return status;
        struct slice encoded = base64_make(reader, literal, 0, 0, 0);
        if (!encoded.data || pattern_of(reader, encoded, &patterns->items[i]))
            return STATUS_LIMIT;
    }
    return STATUS_OK;
}

// The part of the encoding that does not depend on what stands before and after the value, for
// each of the three places in a group of three bytes that it can begin at.
static enum status encode_base64offset(struct sigma_reader *reader, uint32_t line,
                                       struct sigma_patterns *patterns) {
    static const uint8_t from[] = {0, 2, 3};
    static const uint8_t drop[] = {0, 3, 2};
    struct pattern *items = sigma_new(reader, patterns->count * 3ul, sizeof *items);
    if (!items || patterns->count > SIGMA_ALTERNATIVES_MAX)
        return problem_set_line(reader->problem, STATUS_LIMIT, line,
                                "the value stands for more than %d texts", SIGMA_ALTERNATIVES_MAX);
    for (uint32_t i = 0; i < patterns->count; i++) {
        struct slice literal;
        enum status status =
            literal_of(reader, line, "base64offset", &patterns->items[i], &literal);
        if (status)
            return status;
        if (literal.size < 3)
            return sigma_refuse(reader, line, "'base64offset' needs at least three bytes");
        for (size_t offset = 0; offset < 3; offset++) {
            struct slice encoded = base64_make(reader, literal, offset, from[offset],
                                               drop[(literal.size + offset) % 3]);
            struct pattern *item = &items[i * 3 + offset];
            *item = patterns->items[i];
            if (!encoded.data || pattern_of(reader, encoded, item))
                return STATUS_LIMIT;
        }
    }
    patterns->items = items;
    patterns->count *= 3;
    return STATUS_OK;
}

// The next code point of valid UTF-8.
static uint32_t code_point_next(struct slice text, size_t *at) {
    uint8_t byte = text.data[(*at)++];
    if (byte < 0x80)
        return byte;
    size_t more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    uint32_t code = byte & (0x3fu >> more);
    for (; more && *at < text.size; more--)
        code = code << 6 | (text.data[(*at)++] & 0x3f);
    return code;
}

static uint8_t *unit_put(uint8_t *to, uint32_t unit, bool big) {
    to[big] = (uint8_t)unit;
    to[!big] = (uint8_t)(unit >> 8);
    return to + 2;
}

static struct slice utf16_make(struct sigma_reader *reader, struct slice text, bool big,
                               bool mark) {
    uint8_t *start = sigma_new(reader, text.size * 2 + 3, 1);
    if (!start)
        return (struct slice){NULL, 0};
    uint8_t *to = mark ? unit_put(start, 0xfeff, big) : start;
    for (size_t at = 0; at < text.size;) {
        uint32_t code = code_point_next(text, &at);
        if (code >= 0x10000) {
            to = unit_put(to, 0xd800 + ((code - 0x10000) >> 10), big);
            code = 0xdc00 + ((code - 0x10000) & 0x3ff);
        }
        to = unit_put(to, code, big);
    }
    return slice_of(start, (size_t)(to - start));
}

static enum status encode_utf16(struct sigma_reader *reader, uint32_t line,
                                enum sigma_modifier modifier, struct sigma_patterns *patterns) {
    for (uint32_t i = 0; i < patterns->count; i++) {
        struct slice literal;
        enum status status = literal_of(reader, line, "utf16", &patterns->items[i], &literal);
        if (status)
            return status;
        if (!text_is_utf8(literal))
            return sigma_refuse(reader, line, "only texts can be written in UTF-16");
        struct slice encoded =
            utf16_make(reader, literal, modifier == MODIFIER_UTF16BE, modifier == MODIFIER_UTF16);
        if (!encoded.data || pattern_of(reader, encoded, &patterns->items[i]))
            return STATUS_LIMIT;
    }
    return STATUS_OK;
}

enum status sigma_encode(struct sigma_reader *reader, uint32_t line, enum sigma_modifier modifier,
                         struct sigma_patterns *patterns) {
    if (modifier == MODIFIER_BASE64)
        return encode_base64(reader, line, patterns);
    if (modifier == MODIFIER_BASE64OFFSET)
        return encode_base64offset(reader, line, patterns);
    return encode_utf16(reader, line, modifier, patterns);
}
