// One value of a rule against one text, the slow, plain way
// SPDX-License-Identifier: Apache-2.0
#include "naive_value.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wctype.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct naive_modifiers naive_modifiers_parse(const char *key, struct slice *ret_field) {
    struct naive_modifiers m = {0};
    const char *bar = strchr(key, '|');
    *ret_field = slice_of(key, bar ? (size_t)(bar - key) : strlen(key));
    struct {
        const char *name;
        bool *flag;
    } flags[] = {{"contains", &m.contains},
                 {"startswith", &m.startswith},
                 {"endswith", &m.endswith},
                 {"all", &m.all},
                 {"cased", &m.cased},
                 {"windash", &m.windash},
                 {"wide", &m.wide},
                 {"utf16le", &m.wide},
                 {"utf16", &m.utf16},
                 {"utf16be", &m.utf16be},
                 {"base64", &m.base64},
                 {"base64offset", &m.base64offset},
                 {"re", &m.re},
                 {"i", &m.re_i},
                 {"ignorecase", &m.re_i},
                 {"m", &m.re_m},
                 {"multiline", &m.re_m},
                 {"s", &m.re_s},
                 {"dotall", &m.re_s},
                 {"cidr", &m.cidr},
                 {"exists", &m.exists},
                 {"fieldref", &m.fieldref},
                 {"neq", &m.neq},
                 {"expand", &m.expand}};
    static const char *const compares[] = {"lt", "lte", "gt", "gte"};
    static const char *const times[] = {"minute", "hour", "day", "week", "month", "year"};
    while (bar) {
        const char *name = bar + 1;
        size_t size = strcspn(name, "|");
        bool known = false;
        for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
            if (strlen(flags[i].name) == size && strncmp(flags[i].name, name, size) == 0)
                known = *flags[i].flag = true;
        for (size_t i = 0; i < ARRAY_SIZE(compares); i++)
            if (strlen(compares[i]) == size && strncmp(compares[i], name, size) == 0)
                known = (m.compare = compares[i]) != NULL;
        for (size_t i = 0; i < ARRAY_SIZE(times); i++)
            if (strlen(times[i]) == size && strncmp(times[i], name, size) == 0)
                known = (m.time = times[i]) != NULL;
        m.unknown |= !known;
        bar = strchr(name, '|');
    }
    return m;
}

// Code points of a text, lower-cased; or wildcards above the Unicode range.
enum {
    POINT_ANY = 0x200000,
    POINT_ONE,
    POINT_DASH
};

struct points {
    uint32_t *data;
    size_t count;
};

static void points_add(struct points *points, uint32_t code) {
    points->data[points->count++] = code;
}

static uint32_t naive_lower(uint32_t code) {
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + 32 : code;
    return (uint32_t)towlower((wint_t)code);
}

// Bytes that are not UTF-8 count as one code point each.
static struct points points_of(struct slice text, bool cased) {
    struct points points = {memory_new(text.size + 4, sizeof(uint32_t)), 0};
    for (size_t i = 0; i < text.size;) {
        uint8_t c = text.data[i];
        size_t size = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        uint32_t code = size == 1 ? c : c & (0xFFu >> (size + 1));
        for (size_t k = 1; k < size && i + k < text.size; k++)
            code = code << 6 | (text.data[i + k] & 0x3F);
        points_add(&points, cased ? code : naive_lower(code));
        i += size;
    }
    return points;
}

// The value's wildcards and escapes: \* \? \\ are the characters themselves.
static struct points points_of_pattern(struct slice value, bool cased) {
    struct points plain = points_of(value, cased);
    struct points points = {memory_new(plain.count + 4, sizeof(uint32_t)), 0};
    for (size_t i = 0; i < plain.count; i++) {
        uint32_t code = plain.data[i];
        uint32_t next = i + 1 < plain.count ? plain.data[i + 1] : 0;
        if (code == '\\' && (next == '*' || next == '?' || next == '\\'))
            points_add(&points, plain.data[++i]);
        else
            points_add(&points, code == '*' ? POINT_ANY : code == '?' ? POINT_ONE : code);
    }
    memory_free(plain.data);
    return points;
}

static bool point_is_dash(uint32_t code) {
    return code == '-' || code == '/' || code == 0x2013 || code == 0x2014 || code == 0x2015;
}

static bool point_is_word(uint32_t code) {
    return code < POINT_ANY && (code == '_' || iswalnum((wint_t)code));
}

// A dash or slash that begins a flag: nothing of a word before it, a word after it.
static void points_open_dashes(struct points *points) {
    for (size_t i = 0; i < points->count; i++) {
        uint32_t code = points->data[i];
        bool before = i > 0 && point_is_word(points->data[i - 1]);
        bool after = i + 1 < points->count && point_is_word(points->data[i + 1]);
        if ((code == '-' || code == '/') && !before && after)
            points->data[i] = POINT_DASH;
    }
}

static bool point_fits(uint32_t pattern, uint32_t code) {
    return pattern == POINT_ONE || pattern == code ||
           (pattern == POINT_DASH && point_is_dash(code));
}

static bool points_fit(const uint32_t *pattern, size_t size, const uint32_t *text, size_t count) {
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < count) {
        if (p < size && pattern[p] == POINT_ANY) {
            star = p++;
            mark = t;
        } else if (p < size && point_fits(pattern[p], text[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < size && pattern[p] == POINT_ANY)
        p++;
    return p == size;
}

static bool naive_pattern_fits(const struct naive_modifiers *m, struct points *pattern,
                               struct slice text, bool keyword) {
    struct points whole = {memory_new(pattern->count + 2, sizeof(uint32_t)), 0};
    if (m->windash)
        points_open_dashes(pattern);
    if (m->contains || m->endswith || m->base64offset || keyword)
        points_add(&whole, POINT_ANY);
    for (size_t i = 0; i < pattern->count; i++)
        points_add(&whole, pattern->data[i]);
    if (m->contains || m->startswith || m->base64offset || keyword)
        points_add(&whole, POINT_ANY);
    struct points points = points_of(text, m->cased);
    bool fits = points_fit(whole.data, whole.count, points.data, points.count);
    memory_free(whole.data);
    memory_free(points.data);
    return fits;
}

static size_t naive_base64(const uint8_t *bytes, size_t size, char *to) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t count = 0;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t word = (uint32_t)bytes[i] << 16 |
                        (i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0) |
                        (i + 2 < size ? bytes[i + 2] : 0);
        to[count++] = digits[word >> 18];
        to[count++] = digits[word >> 12 & 63];
        to[count++] = i + 1 < size ? digits[word >> 6 & 63] : '=';
        to[count++] = i + 2 < size ? digits[word & 63] : '=';
    }
    return count;
}

// Bytes of the value in the encoding that wide, utf16 and utf16be ask for.
static size_t naive_encode(const struct naive_modifiers *m, struct slice value, uint8_t *to) {
    if (!m->wide && !m->utf16 && !m->utf16be) {
        memcpy(to, value.data, value.size);
        return value.size;
    }
    size_t size = 0;
    if (m->utf16) {
        to[size++] = 0xFF;
        to[size++] = 0xFE;
    }
    struct points points = points_of(value, true);
    for (size_t i = 0; i < points.count; i++) {
        assert(points.data[i] < 0x10000);
        uint8_t low = (uint8_t)points.data[i];
        uint8_t high = (uint8_t)(points.data[i] >> 8);
        to[size++] = m->utf16be ? high : low;
        to[size++] = m->utf16be ? low : high;
    }
    memory_free(points.data);
    return size;
}

// base64 of the value; base64offset: at each of three offsets, without what its neighbours
// would change.
static bool naive_base64_fits(const struct naive_modifiers *m, struct slice value,
                              struct slice text) {
    static const size_t skip[] = {0, 2, 3};
    static const size_t drop[] = {0, 3, 2};
    uint8_t *bytes = memory_new(value.size * 2 + 8, 1);
    char *digits = memory_new(value.size * 4 + 32, 1);
    bool fits = false;
    struct naive_modifiers cased = *m;
    for (size_t offset = 0; offset < (m->base64offset ? 3u : 1u); offset++) {
        memset(bytes, ' ', offset);
        size_t size = offset + naive_encode(m, value, bytes + offset);
        size_t count = naive_base64(bytes, size, digits);
        size_t from = m->base64offset ? skip[offset] : 0;
        size_t until = m->base64offset ? count - drop[size % 3] : count;
        struct points pattern = points_of(slice_of(digits + from, until - from), m->cased);
        fits |= naive_pattern_fits(&cased, &pattern, text, false);
        memory_free(pattern.data);
    }
    memory_free(bytes);
    memory_free(digits);
    return fits;
}

static bool naive_regex_fits(const struct naive_modifiers *m, struct slice value,
                             struct slice text) {
    uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    flags |= m->re_i ? PCRE2_CASELESS : 0;
    flags |= m->re_m ? PCRE2_MULTILINE : 0;
    flags |= m->re_s ? PCRE2_DOTALL : 0;
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile(value.data, value.size, flags, &error, &at, NULL);
    if (!code)
        return false;
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    int found =
        pcre2_match(code, text.size ? text.data : (PCRE2_SPTR) "", text.size, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return found >= 0;
}

static bool naive_address(struct slice text, uint8_t address[16], int *ret_family) {
    char copy[64];
    if (text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    *ret_family = AF_INET;
    if (inet_pton(AF_INET, copy, address) == 1)
        return true;
    *ret_family = AF_INET6;
    if (inet_pton(AF_INET6, copy, address) != 1)
        return false;
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (memcmp(address, mapped, sizeof mapped) == 0) {
        memmove(address, address + 12, 4);
        *ret_family = AF_INET;
    }
    return true;
}

static bool naive_cidr_fits(struct slice value, struct slice text) {
    const uint8_t *slash = memchr(value.data, '/', value.size);
    uint8_t network[16], address[16];
    int network_family, family;
    size_t size = slash ? (size_t)(slash - value.data) : value.size;
    if (!naive_address(slice_of(value.data, size), network, &network_family) ||
        !naive_address(text, address, &family) || family != network_family)
        return false;
    int bits = slash               ? (int)strtol((const char *)slash + 1, NULL, 10)
               : family == AF_INET ? 32
                                   : 128;
    for (int i = 0; i < bits; i++)
        if ((network[i / 8] ^ address[i / 8]) & (0x80 >> (i % 8)))
            return false;
    return true;
}

static bool naive_number(struct slice text, double *ret_number) {
    char copy[64];
    char *end;
    if (text.size == 0 || text.size >= sizeof copy || text.data[0] == ' ')
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    if (strncmp(copy, "0x", 2) == 0) {
        *ret_number = (double)strtoull(copy, &end, 16);
        return *end == '\0';
    }
    if (strspn(copy, "+-.0123456789eE") != text.size)
        return false;
    *ret_number = strtod(copy, &end);
    return *end == '\0';
}

static bool naive_compare_fits(const struct naive_modifiers *m, struct slice value,
                               struct slice text) {
    double a, b;
    if (!naive_number(text, &a) || !naive_number(value, &b))
        return false;
    if (strcmp(m->compare, "lt") == 0)
        return a < b;
    if (strcmp(m->compare, "lte") == 0)
        return a <= b;
    return strcmp(m->compare, "gt") == 0 ? a > b : a >= b;
}

static bool naive_time_fits(const struct naive_modifiers *m, struct slice value,
                            struct slice text) {
    int64_t time_ns;
    double number;
    struct clock_date date;
    if (!clock_parse(text, &time_ns) || !naive_number(value, &number))
        return false;
    clock_to_date(time_ns, &date);
    if (strcmp(m->time, "minute") == 0)
        return date.minute == (int)number;
    if (strcmp(m->time, "hour") == 0)
        return date.hour == (int)number;
    if (strcmp(m->time, "day") == 0)
        return date.day == (int)number;
    if (strcmp(m->time, "month") == 0)
        return date.month == (int)number;
    if (strcmp(m->time, "year") == 0)
        return date.year == (int)number;
    char week[8];
    struct tm tm = {
        .tm_year = (int)date.year - 1900, .tm_mon = date.month - 1, .tm_mday = date.day};
    timegm(&tm);
    strftime(week, sizeof week, "%V", &tm);
    return strtol(week, NULL, 10) == (long)number;
}

bool naive_value_fits(const struct naive_modifiers *m, struct slice value, struct slice text,
                      bool keyword) {
    if (m->re)
        return naive_regex_fits(m, value, text);
    if (m->cidr)
        return naive_cidr_fits(value, text);
    if (m->time)
        return naive_time_fits(m, value, text);
    if (m->compare)
        return naive_compare_fits(m, value, text);
    if (m->base64 || m->base64offset)
        return naive_base64_fits(m, value, text);
    struct points pattern = points_of_pattern(value, m->cased);
    bool fits = naive_pattern_fits(m, &pattern, text, keyword);
    memory_free(pattern.data);
    return fits;
}

bool naive_texts_relate(const struct naive_modifiers *m, struct slice a, struct slice b) {
    struct points pattern = points_of(b, m->cased);
    bool fits = naive_pattern_fits(m, &pattern, a, false);
    memory_free(pattern.data);
    return fits;
}
