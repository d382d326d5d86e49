// The words of a line of an access log
// SPDX-License-Identifier: Apache-2.0
#include "decode/access_tokens.h"

#include "base/clock.h"
#include "base/text.h"

#include <immintrin.h>
#include <string.h>

// A line is read in one of two ways. The usual line has quotes only around its texts: they open
// behind a blank and close before one, in turn. Sixty-four bytes at once say so and which blanks
// part its words; no branch hangs on how long the words are. Any other line is walked word by word,
// which is also what says what a line means:
//
//     10.2.0.9 - - [02/Mar/2026:08:15:30 +0800] "GET /a HTTP/1.1" 200 5 "-" "an agent"
//     ........1.1.1....................1.......1.................1...1.1...1.......... part words
//     ..........................................1111111111111111.........11..11111111. within texts
enum {
    BLOCK = BYTE_BLOCK,
    PLACES_MAX = 2 * ACCESS_TOKENS_MAX, // a line with more blanks is walked
    PLACES_ROOM = PLACES_MAX + BLOCK + BYTE_PLACES_SPARE,
};

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

static bool tokens_walk(struct slice line, struct access_tokens *ret_tokens) {
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

// What one block leaves to the next.
struct quote_carry {
    uint64_t within;  // all ones: it ended within a text
    uint64_t blank;   // 1: it ended with a blank, as the line begins
    uint64_t close;   // 1: it ended with a closing quote
    uint64_t unusual; // any bit: a quote that does not open or close a text
};

struct block_bits {
    uint64_t blank;
    uint64_t quote;
};

BYTE_INLINE struct block_bits block_read(const uint8_t *block, byte_bits *bits) {
    return (struct block_bits){bits(block, ' ') | bits(block, '\t'), bits(block, '"')};
}

// The line from `at` on where less than a block is left: the block that ends with the line.
BYTE_INLINE struct block_bits block_read_last(struct slice line, size_t at, byte_bits *read) {
    size_t left = line.size - at, over = BLOCK - left;
    if (line.size >= BLOCK) {
        struct block_bits bits = block_read(line.data + line.size - BLOCK, read);
        return (struct block_bits){bits.blank >> over, bits.quote >> over};
    }
    uint8_t copy[BLOCK] = {0};
    memcpy(copy, line.data + at, left);
    return block_read(copy, read);
}

// The blanks of a block that part words.
BYTE_AVX2 BYTE_INLINE uint64_t blanks_part(struct block_bits bits, struct quote_carry *carry) {
    // Product with ones, without carries: each bit becomes the parity of those up to it.
    __m128i quotes = _mm_cvtsi64_si128((int64_t)bits.quote);
    __m128i parity = _mm_clmulepi64_si128(quotes, _mm_set1_epi8((char)0xFF), 0);
    uint64_t within = (uint64_t)_mm_cvtsi128_si64(parity) ^ carry->within;
    uint64_t close = bits.quote & ~within;
    carry->unusual |= bits.quote & within & ~(bits.blank << 1 | carry->blank);
    carry->unusual |= (close << 1 | carry->close) & ~bits.blank;
    carry->within = (uint64_t)((int64_t)within >> 63);
    carry->blank = bits.blank >> 63;
    carry->close = close >> 63;
    return bits.blank & ~within;
}

// The places of the blanks that part the words of a usual line, and its end. False for any other.
BYTE_AVX2 BYTE_INLINE bool places_find(struct slice line, uint32_t places[PLACES_ROOM],
                                       uint32_t *ret_count, byte_bits *read, byte_places *write) {
    struct quote_carry carry = {.blank = 1};
    uint32_t count = 0, at = 0, size = (uint32_t)line.size;
    for (; size - at >= BLOCK && count <= PLACES_MAX; at += BLOCK)
        count += write(places + count, at, blanks_part(block_read(line.data + at, read), &carry));
    if (count > PLACES_MAX)
        return false;
    // The line's end is taken for a blank.
    struct block_bits bits = {0};
    if (at < size)
        bits = block_read_last(line, at, read);
    bits.blank |= UINT64_C(1) << (size - at);
    *ret_count = count + write(places + count, at, blanks_part(bits, &carry));
    return !carry.unusual && !carry.within;
}

BYTE_AVX2 static bool places_find_avx2(struct slice line, uint32_t places[PLACES_ROOM],
                                       uint32_t *ret_count) {
    return places_find(line, places, ret_count, byte_bits_avx2, byte_places_avx2);
}

BYTE_AVX512 static bool places_find_avx512(struct slice line, uint32_t places[PLACES_ROOM],
                                           uint32_t *ret_count) {
    return places_find(line, places, ret_count, byte_bits_avx512, byte_places_avx512);
}

// One word of a usual line, from `start` to `end`, or further when it is a time in brackets.
// NULL for what is to be walked.
static inline const uint8_t *token_take(struct slice line, const uint8_t *start, const uint8_t *end,
                                        struct access_token *token) {
    token->kind = ACCESS_WORD;
    token->text = slice_of(start, (size_t)(end - start));
    if (*start == '"') {
        token->kind = ACCESS_QUOTES;
        token->text = slice_of(start + 1, (size_t)(end - start - 2));
        return end[-2] == '\\' ? NULL : end;
    }
    if (*start == '[') {
        const uint8_t *stop = find_either(line, start + 1, ']', '"');
        const uint8_t *line_end = line.data + line.size;
        token->kind = ACCESS_BRACKETS;
        token->text = slice_of(start + 1, (size_t)(stop - start - 1));
        if (stop == line_end || *stop == '"' ||
            (stop + 1 < line_end && stop[1] != ' ' && stop[1] != '\t'))
            return NULL;
        return stop + 1;
    }
    return end;
}

// False for a line that is to be walked.
static bool tokens_usual(struct slice line, struct access_tokens *ret_tokens) {
    uint32_t places[PLACES_ROOM], place_count;
    bool is_usual = ret_tokens->kernel == BYTE_KERNEL_AVX512
                        ? places_find_avx512(line, places, &place_count)
                        : places_find_avx2(line, places, &place_count);
    if (!is_usual)
        return false;
    uint64_t words = 0, quotes = 0, bit = 1;
    uint32_t count = 0;
    const uint8_t *start = line.data;
    for (uint32_t i = 0; i < place_count; i++) {
        const uint8_t *blank = line.data + places[i], *end;
        if (blank <= start) { // blanks in a row, or within brackets
            start = blank == start ? blank + 1 : start;
            continue;
        }
        if (count >= ACCESS_TOKENS_MAX)
            return false;
        struct access_token *token = &ret_tokens->at[count];
        end = token_take(line, start, blank, token);
        if (!end)
            return false;
        words |= token->kind == ACCESS_WORD ? bit : 0;
        quotes |= token->kind == ACCESS_QUOTES ? bit : 0;
        bit <<= 1;
        count++;
        start = end == blank ? blank + 1 : end;
    }
    ret_tokens->count = count;
    ret_tokens->words = words;
    ret_tokens->quotes = quotes;
    return true;
}

bool access_tokens_split(struct slice line, struct access_tokens *ret_tokens) {
    bool is_wide = ret_tokens->kernel != BYTE_KERNEL_SSE2 && line.size < UINT32_MAX;
    return (is_wide && tokens_usual(line, ret_tokens)) || tokens_walk(line, ret_tokens);
}

void access_tokens_init(struct access_tokens *tokens) {
    *tokens = (struct access_tokens){.kernel = byte_kernel_of_machine()};
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

// The method at the start of a text, with a blank behind it; empty when there is none. Nearly every
// method shows in sixteen bytes, without a branch on how long it is.
static struct slice request_method(struct slice text) {
    if (text.size >= 16) {
        __m128i data = _mm_loadu_si128((const __m128i_u *)text.data);
        __m128i lower = _mm_or_si128(data, _mm_set1_epi8(0x20));
        __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)),
                                        _mm_cmpgt_epi8(_mm_set1_epi8('z' + 1), lower));
        uint32_t blanks = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(data, _mm_set1_epi8(' ')));
        uint32_t size = blanks ? (uint32_t)__builtin_ctz(blanks) : 0;
        uint32_t others = ~(uint32_t)_mm_movemask_epi8(letters) & (((uint32_t)1 << size) - 1);
        if (size && !others)
            return slice_of(text.data, size);
    }
    const uint8_t *blank = find_either(text, text.data, ' ', ' ');
    const uint8_t *end = text.data + text.size;
    struct slice method = slice_of(text.data, blank < end ? (size_t)(blank - text.data) : 0);
    return is_method(method) ? method : slice_of(text.data, 0);
}

// A version stands behind the last blank.
static struct slice request_version(struct slice text) {
    static const char VERSION[] = " HTTP/1.1";
    enum {
        SIZE = sizeof VERSION - 1
    };
    if (text.size >= SIZE && memcmp(text.data + text.size - SIZE, VERSION, SIZE) == 0)
        return slice_part(text, text.size - SIZE + 1, SIZE - 1);
    const uint8_t *last = text.size ? memrchr(text.data, ' ', text.size) : NULL;
    struct slice version =
        slice_part(text, last ? (size_t)(last - text.data) + 1 : text.size, SIZE_MAX);
    return slice_starts(version, SLICE("HTTP/")) ? version : (struct slice){NULL, 0};
}

struct access_request access_request_split(struct slice text) {
    struct access_request request = {.stem = text};
    struct slice method = request_method(text);
    if (!method.size)
        return request;
    request.method = method;
    request.stem = slice_part(text, method.size + 1, SIZE_MAX);
    request.version = request_version(request.stem);
    if (request.version.size)
        request.stem.size -= request.version.size + 1;
    const uint8_t *mark = memchr(request.stem.data, '?', request.stem.size);
    if (mark) {
        const uint8_t *end = request.stem.data + request.stem.size;
        request.query = slice_of(mark + 1, (size_t)(end - mark - 1));
        request.stem.size = (size_t)(mark - request.stem.data);
        request.has_query = true;
    }
    return request;
}
