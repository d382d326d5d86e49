// The words of a line of an access log
// SPDX-License-Identifier: Apache-2.0
#include "decode/access_tokens.h"

#include "base/clock.h"
#include "base/text.h"

#include <emmintrin.h>
#include <string.h>

// The next of two bytes from `from` on, or the line's end; sixteen at once.
static inline const uint8_t *find_either(struct slice line, const uint8_t *from, char a, char b) {
    const __m128i first = _mm_set1_epi8(a), second = _mm_set1_epi8(b);
    const uint8_t *end = line.data + line.size;
    while (from < end && line.size >= 16) {
        // The last sixteen bytes are looked at together, those before `from` aside.
        const uint8_t *block = end - from >= 16 ? from : end - 16;
        __m128i data = _mm_loadu_si128((const __m128i_u *)block);
        __m128i met = _mm_or_si128(_mm_cmpeq_epi8(data, first), _mm_cmpeq_epi8(data, second));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(met) >> (from - block) << (from - block);
        if (mask)
            return block + __builtin_ctz(mask);
        from = block + 16;
    }
    while (from < end && *from != (uint8_t)a && *from != (uint8_t)b)
        from++;
    return from;
}

// The quote that ends the text at `from`, or `end`.
static inline const uint8_t *quote_end(struct slice line, const uint8_t *from) {
    const uint8_t *end = line.data + line.size;
    for (const uint8_t *at = from;; at++) {
        at = find_either(line, at, '"', '"');
        if (at == end)
            return end;
        size_t slashes = 0;
        while (at - slashes > from && at[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        bool ends = at + 1 == end || at[1] == ' ' || at[1] == '\t';
        if (slashes % 2 == 0 && ends)
            return at;
    }
}

bool access_tokens_split(struct slice line, struct access_tokens *ret_tokens) {
    const uint8_t *at = line.data, *end = line.data + line.size;
    uint64_t words = 0, quotes = 0;
    uint32_t count = 0;
    while (at < end) {
        if (*at == ' ' || *at == '\t') {
            at++;
            continue;
        }
        if (count == ACCESS_TOKENS_MAX)
            return false;
        struct access_token *token = &ret_tokens->at[count];
        const uint8_t *from = at, *stop;
        if (*at == '"' || *at == '[') {
            token->kind = *at == '"' ? ACCESS_QUOTES : ACCESS_BRACKETS;
            quotes |= (uint64_t)(*at == '"') << count;
            from++;
            stop = *at == '"' ? quote_end(line, from) : find_either(line, from, ']', ']');
            if (stop == end)
                return false;
            at = stop + 1;
        } else {
            token->kind = ACCESS_WORD;
            words |= (uint64_t)1 << count;
            at = stop = find_either(line, from, ' ', '\t');
        }
        token->text = slice_of(from, (size_t)(stop - from));
        count++;
    }
    ret_tokens->count = count;
    ret_tokens->words = words;
    ret_tokens->quotes = quotes;
    return true;
}

static bool digits(const uint8_t *text, size_t count, int *ret_number) {
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return true;
}

static bool month_read(const uint8_t *text, int *ret_month) {
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (memcmp(text, MONTHS + 3 * (size_t)i, 3) == 0) {
            *ret_month = i + 1;
            return true;
        }
    return false;
}

// +0800, or nothing: UTC.
static bool zone_read(struct slice text, int64_t *ret_seconds) {
    int hours, minutes;
    *ret_seconds = 0;
    if (text.size == 0)
        return true;
    if (text.size != 6 || text.data[0] != ' ' || (text.data[1] != '+' && text.data[1] != '-') ||
        !digits(text.data + 2, 2, &hours) || !digits(text.data + 4, 2, &minutes) || hours > 14 ||
        minutes > 59)
        return false;
    *ret_seconds = hours * 3600 + minutes * 60;
    if (text.data[1] == '-')
        *ret_seconds = -*ret_seconds;
    return true;
}

int64_t access_time(struct slice text) {
    struct clock_date date = {0};
    const uint8_t *at = text.data;
    int year;
    int64_t zone, time_ns;
    if (text.size < 20 || at[2] != '/' || at[6] != '/') {
        struct slice comma = text;
        return clock_parse(comma, &time_ns) ? time_ns : CLOCK_NONE;
    }
    if (at[11] != ':' || at[14] != ':' || at[17] != ':' || !digits(at, 2, &date.day) ||
        !month_read(at + 3, &date.month) || !digits(at + 7, 4, &year) ||
        !digits(at + 12, 2, &date.hour) || !digits(at + 15, 2, &date.minute) ||
        !digits(at + 18, 2, &date.second) || !zone_read(slice_part(text, 20, text.size), &zone))
        return CLOCK_NONE;
    date.year = year;
    time_ns = clock_from_date(&date);
    return time_ns == CLOCK_NONE ? CLOCK_NONE : time_ns - zone * 1000000000;
}

static bool is_method(struct slice text) {
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool fine = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '-' ||
                    byte == '_';
        if (!fine)
            return false;
    }
    return text.size > 0 && text.size <= 32;
}

// A version stands behind the last blank.
static struct slice request_version(struct slice text) {
    const uint8_t *last = text.size ? memrchr(text.data, ' ', text.size) : NULL;
    struct slice version =
        slice_part(text, last ? (size_t)(last - text.data) + 1 : text.size, SIZE_MAX);
    return slice_starts(version, SLICE("HTTP/")) ? version : (struct slice){NULL, 0};
}

struct access_request access_request_split(struct slice text) {
    struct access_request request = {.stem = text};
    const uint8_t *end = text.data + text.size;
    const uint8_t *blank = find_either(text, text.data, ' ', ' ');
    struct slice method = slice_of(text.data, blank < end ? (size_t)(blank - text.data) : 0);
    if (!is_method(method))
        return request;
    request.method = method;
    request.stem = slice_part(text, method.size + 1, SIZE_MAX);
    request.version = request_version(request.stem);
    if (request.version.size)
        request.stem.size -= request.version.size + 1;
    const uint8_t *mark = find_either(request.stem, request.stem.data, '?', '?');
    end = request.stem.data + request.stem.size;
    if (mark < end) {
        request.query = slice_of(mark + 1, (size_t)(end - mark - 1));
        request.stem.size = (size_t)(mark - request.stem.data);
        request.has_query = true;
    }
    return request;
}
