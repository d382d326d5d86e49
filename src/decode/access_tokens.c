// The words of a line of an access log
// SPDX-License-Identifier: Apache-2.0
#include "decode/access_tokens.h"

#include "base/clock.h"
#include "base/text.h"

#include <emmintrin.h>
#include <string.h>

// The quote that ends the text at `from`, or NULL.
static const uint8_t *quote_end(const uint8_t *from, const uint8_t *end) {
    const uint8_t *at = from;
    for (;;) {
        const uint8_t *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote)
            return NULL;
        size_t slashes = 0;
        while (quote - slashes > from && quote[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        bool ends = quote + 1 == end || quote[1] == ' ' || quote[1] == '\t';
        if (slashes % 2 == 0 && ends)
            return quote;
        at = quote + 1;
    }
}

// Sixteen bytes at once where the line has them.
static inline const uint8_t *word_end(const uint8_t *from, const uint8_t *end) {
    const __m128i blank = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t');
    for (; end - from >= 16; from += 16) {
        __m128i data = _mm_loadu_si128((const __m128i_u *)from);
        __m128i met = _mm_or_si128(_mm_cmpeq_epi8(data, blank), _mm_cmpeq_epi8(data, tab));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(met);
        if (mask)
            return from + __builtin_ctz(mask);
    }
    while (from < end && *from != ' ' && *from != '\t')
        from++;
    return from;
}

bool access_tokens_split(struct slice line, struct access_tokens *ret_tokens) {
    const uint8_t *at = line.data, *end = line.data + line.size;
    ret_tokens->count = 0;
    while (at < end) {
        if (*at == ' ' || *at == '\t') {
            at++;
            continue;
        }
        if (ret_tokens->count == ACCESS_TOKENS_MAX)
            return false;
        struct access_token *token = &ret_tokens->at[ret_tokens->count++];
        const uint8_t *from = at, *stop;
        token->kind = *at == '"' ? ACCESS_QUOTES : *at == '[' ? ACCESS_BRACKETS : ACCESS_WORD;
        if (token->kind == ACCESS_WORD) {
            stop = word_end(from, end);
            at = stop;
        } else {
            from++;
            stop = token->kind == ACCESS_QUOTES ? quote_end(from, end)
                                                : memchr(from, ']', (size_t)(end - from));
            if (!stop)
                return false;
            at = stop + 1;
        }
        token->text = slice_of(from, (size_t)(stop - from));
    }
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

struct access_request access_request_split(struct slice text) {
    struct access_request request = {.stem = text};
    const uint8_t *blank = text.size ? memchr(text.data, ' ', text.size) : NULL;
    struct slice method = slice_of(text.data, blank ? (size_t)(blank - text.data) : 0);
    if (!is_method(method))
        return request;
    request.method = method;
    request.stem = slice_part(text, method.size + 1, text.size);
    const uint8_t *last =
        request.stem.data ? memrchr(request.stem.data, ' ', request.stem.size) : NULL;
    if (last && slice_starts(slice_of(last + 1, (size_t)(text.data + text.size - last - 1)),
                             SLICE("HTTP/"))) {
        request.version = slice_of(last + 1, (size_t)(text.data + text.size - last - 1));
        request.stem.size = (size_t)(last - request.stem.data);
    }
    const uint8_t *mark =
        request.stem.data ? memchr(request.stem.data, '?', request.stem.size) : NULL;
    if (mark) {
        request.query =
            slice_of(mark + 1, (size_t)(request.stem.data + request.stem.size - mark - 1));
        request.stem.size = (size_t)(mark - request.stem.data);
        request.has_query = true;
    }
    return request;
}
