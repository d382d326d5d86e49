// Strict JSON, and its canonical bytes
// SPDX-License-Identifier: Apache-2.0
//
// 1. Canonical bytes are never longer than the text: a block of twice its size holds them and
//    the strings whose canonical form has a backslash, which lie behind, without it.
// 2. A value is in `values` before what it holds; `next` of a container is set when it closes.
// 3. `open` holds the containers that are not closed yet, at most CANONICAL_DEPTH_MAX of them.
// 4. Until all keys of all objects were found ascending, `canonical` is `texts`.
#include "guard/canonical.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "guard/canonical_sort.h"

#include <assert.h>

enum {
    LARGE_TEXT_BYTES = 256 * 1024,
    VALUE_TEXT_BYTES = 24,
};

struct scan {
    struct canonical_document *document;
    const uint8_t *start, *at, *end; // the text
    uint8_t *to;                     // end of what is written of the canonical bytes
    uint8_t *aside;                  // end of the strings behind them
    uint32_t open[CANONICAL_DEPTH_MAX];
    uint32_t last[CANONICAL_DEPTH_MAX]; // the member before, for the order of keys
    unsigned depth;
    bool unsorted;
    struct problem *problem;
};

// Bytes in `texts`.
struct place {
    uint32_t at, size;
};

void canonical_init(struct canonical_document *document) {
    *document = (struct canonical_document){0};
}

static void document_forget(struct canonical_document *document) {
    memory_free(document->texts);
    memory_free(document->sorted);
    document->texts = document->sorted = NULL;
    document->canonical = NULL;
    document->canonical_size = 0;
    document->ordered = document->verbatim = false;
    document->count = 0;
}

void canonical_done(struct canonical_document *document) {
    document_forget(document);
    memory_free(document->values);
    canonical_init(document);
}

// Room for the values of a text of this size, so that they need not move when it is long: an entry
// of targets has four in 130 bytes. What is not used is never touched.
static void document_expect(struct canonical_document *document, size_t size) {
    size_t capacity = size / VALUE_TEXT_BYTES;
    if (capacity > CANONICAL_VALUES_MAX)
        capacity = CANONICAL_VALUES_MAX;
    if (size < LARGE_TEXT_BYTES || capacity <= document->capacity)
        return;
    memory_free(document->values);
    document->capacity = (uint32_t)capacity;
    document->values = memory_resize(NULL, capacity, sizeof *document->values);
    memory_expect_large(document->values, capacity * sizeof *document->values);
}

static enum status scan_refuse(const struct scan *scan, const char *why) {
    return problem_set_offset(scan->problem, STATUS_FORMAT, (uint64_t)(scan->at - scan->start),
                              "byte %zu: %s", (size_t)(scan->at - scan->start), why);
}

static inline void scan_space(struct scan *scan) {
    if (scan->at<scan->end && * scan->at> ' ')
        return;
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
}

// Written in one piece: most of a large document's time goes into touching its values.
static enum status scan_value_new(struct scan *scan, enum canonical_kind kind, struct place key,
                                  struct canonical_value **ret_value) {
    struct canonical_document *document = scan->document;
    if (document->count == document->capacity) {
        if (document->capacity >= CANONICAL_VALUES_MAX)
            return problem_set(scan->problem, STATUS_LIMIT, "more than %d values",
                               CANONICAL_VALUES_MAX);
        document->capacity = document->capacity ? document->capacity * 2 : 256;
        document->values =
            memory_resize(document->values, document->capacity, sizeof *document->values);
    }
    struct canonical_value *value = &document->values[document->count++];
    *value = (struct canonical_value){.key = key.at,
                                      .key_size = key.size & 0xFFFFFFF,
                                      .kind = (unsigned)kind & 15,
                                      .next = document->count};
    *ret_value = value;
    return STATUS_OK;
}

// Bytes that stand for themselves in both forms: copied 16 at a time. The block has room for 16
// more behind what is written; what comes after is written over.
static void scan_plain(struct scan *scan) {
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(' ');
    // In locals: what is stored through `to` could else be a part of `scan`.
    const uint8_t *at = scan->at, *end = scan->end;
    uint8_t *to = scan->to;
    unsigned mask = 0;
    while (mask == 0 && end - at >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        // Signed: bytes from 0x80 on are below the space, too.
        __m128i stop = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
            _mm_cmplt_epi8(bytes, space));
        mask = (unsigned)_mm_movemask_epi8(stop);
        _mm_storeu_si128((__m128i *)(void *)to, bytes);
        unsigned count = mask ? (unsigned)__builtin_ctz(mask) : 16;
        at += count;
        to += count;
    }
    while (mask == 0 && at < end && *at >= ' ' && *at < 0x80 && *at != '"' && *at != '\\')
        *to++ = *at++;
    scan->at = at;
    scan->to = to;
}

// One character beyond ASCII (RFC 3629: shortest form, no surrogates, up to U+10FFFF).
static bool scan_character(struct scan *scan) {
    const uint8_t *at = scan->at;
    size_t left = (size_t)(scan->end - at);
    size_t size = at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : at[0] < 0xF5 ? 4 : 0;
    if (size == 0 || size > left)
        return false;
    uint8_t low = at[0] == 0xE0 ? 0xA0 : at[0] == 0xF0 ? 0x90 : 0x80;
    uint8_t high = at[0] == 0xED ? 0x9F : at[0] == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high)
        return false;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xC0) != 0x80)
            return false;
    memcpy(scan->to, at, size);
    scan->to += size;
    scan->at += size;
    return true;
}

// Four hexadecimal digits at scan->at; -1 when they are none.
static int32_t scan_four(struct scan *scan) {
    if (scan->end - scan->at < 4)
        return -1;
    int32_t code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = text_hex_digit(scan->at[i]);
        if (digit < 0)
            return -1;
        code = code << 4 | digit;
    }
    scan->at += 4;
    return code;
}

// Behind "\u": a code point, of a pair of surrogates if need be. 0 when it is refused.
static uint32_t scan_code(struct scan *scan) {
    int32_t code = scan_four(scan);
    if (code <= 0)
        return 0;
    if (code < 0xD800 || code > 0xDFFF)
        return (uint32_t)code;
    if (code > 0xDBFF || scan->end - scan->at < 6 || scan->at[0] != '\\' || scan->at[1] != 'u')
        return 0;
    scan->at += 2;
    int32_t low = scan_four(scan);
    if (low < 0xDC00 || low > 0xDFFF)
        return 0;
    return 0x10000 + (((uint32_t)code & 0x3FF) << 10) + ((uint32_t)low & 0x3FF);
}

static void scan_put(struct scan *scan, uint32_t code, bool *escaped) {
    if (code == '"' || code == '\\') {
        *scan->to++ = '\\';
        *escaped = true;
    }
    scan->to += text_put(code, scan->to);
}

static enum status scan_escape(struct scan *scan, bool *escaped) {
    static const char letters[] = "\"\\/bfnrtu", codes[] = "\"\\/\b\f\n\r\t";
    scan->at++;
    const char *letter = scan->at < scan->end && *scan->at ? strchr(letters, *scan->at) : NULL;
    if (!letter)
        return scan_refuse(scan, "no such escape");
    scan->at++;
    uint32_t code = *letter == 'u' ? scan_code(scan) : (uint8_t)codes[letter - letters];
    if (code == 0)
        return scan_refuse(scan, "\\u0000, or no character of its own");
    scan_put(scan, code, escaped);
    return STATUS_OK;
}

static struct place place_of(const struct scan *scan, const uint8_t *from, const uint8_t *to) {
    return (struct place){(uint32_t)(from - scan->document->texts), (uint32_t)(to - from)};
}

// A string's content without the backslashes, behind the canonical bytes.
static struct place scan_aside(struct scan *scan, const uint8_t *from) {
    uint8_t *start = scan->aside;
    for (; from < scan->to; from++) {
        if (*from == '\\')
            from++;
        *scan->aside++ = *from;
    }
    return place_of(scan, start, scan->aside);
}

// A string from its quote on: where its content is, escapes resolved.
static enum status scan_string(struct scan *scan, struct place *ret_content) {
    bool escaped = false;
    scan->at++;
    *scan->to++ = '"';
    const uint8_t *from = scan->to;
    for (;;) {
        scan_plain(scan);
        if (scan->at == scan->end)
            return scan_refuse(scan, "a string that does not end");
        if (*scan->at == '"')
            break;
        if (*scan->at == '\\') {
            enum status status = scan_escape(scan, &escaped);
            if (status != STATUS_OK)
                return status;
        } else if (*scan->at < ' ') {
            return scan_refuse(scan, "a control character that is not escaped");
        } else if (!scan_character(scan)) {
            return scan_refuse(scan, "not UTF-8");
        }
    }
    *ret_content = escaped ? scan_aside(scan, from) : place_of(scan, from, scan->to);
    scan->at++;
    *scan->to++ = '"';
    return STATUS_OK;
}

static bool integer_fits(struct slice digits) {
    int64_t number;
    return digits.size < 19 || text_integer(digits, &number);
}

static enum status scan_integer(struct scan *scan, struct canonical_value *value) {
    const uint8_t *from = scan->at;
    if (*scan->at == '-')
        scan->at++;
    const uint8_t *first = scan->at;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    size_t size = (size_t)(scan->at - from), digits = (size_t)(scan->at - first);
    if (digits == 0)
        return scan_refuse(scan, "no value");
    if (*first == '0' && size > 1)
        return scan_refuse(scan, "an integer that begins with 0, or -0");
    if (scan->at < scan->end && (*scan->at == '.' || *scan->at == 'e' || *scan->at == 'E'))
        return scan_refuse(scan, "a number that is not written as an integer");
    if (!integer_fits(slice_of(from, size)))
        return scan_refuse(scan, "an integer beyond 64 bits");
    value->text = (uint32_t)(scan->to - scan->document->texts);
    value->text_size = (uint32_t)size;
    memcpy(scan->to, from, size);
    scan->to += size;
    return STATUS_OK;
}

static enum status scan_word(struct scan *scan, const char *word) {
    size_t size = strlen(word);
    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return scan_refuse(scan, "no value");
    memcpy(scan->to, word, size);
    scan->to += size;
    scan->at += size;
    return STATUS_OK;
}

static enum status scan_open(struct scan *scan, struct canonical_value *value) {
    if (scan->depth == CANONICAL_DEPTH_MAX)
        return problem_set_offset(scan->problem, STATUS_LIMIT, (uint64_t)(scan->at - scan->start),
                                  "more than %d levels", CANONICAL_DEPTH_MAX);
    scan->open[scan->depth] = (uint32_t)(value - scan->document->values);
    scan->last[scan->depth] = 0;
    scan->depth++;
    value->text = (uint32_t)(scan->to - scan->document->texts);
    *scan->to++ = *scan->at++;
    return STATUS_OK;
}

static void scan_close(struct scan *scan) {
    struct canonical_document *document = scan->document;
    struct canonical_value *value = &document->values[scan->open[--scan->depth]];
    *scan->to++ = *scan->at++;
    value->text_size = (uint32_t)(scan->to - document->texts) - value->text;
    value->next = document->count;
}

// The value at scan->at. A container is only opened; scan_run goes on inside.
static enum status scan_value(struct scan *scan, struct place key) {
    static const uint8_t kinds[256] = {
        ['"'] = CANONICAL_STRING, ['['] = CANONICAL_ARRAY, ['{'] = CANONICAL_OBJECT,
        ['t'] = CANONICAL_TRUE,   ['f'] = CANONICAL_FALSE, ['n'] = CANONICAL_NULL,
    };
    if (scan->at == scan->end)
        return scan_refuse(scan, "the text ends too early");
    uint8_t first = *scan->at;
    enum canonical_kind kind = kinds[first] || first == 'n' ? kinds[first] : CANONICAL_INTEGER;
    struct canonical_value *value = NULL;
    enum status status = scan_value_new(scan, kind, key, &value);
    if (status != STATUS_OK)
        return status;
    if (kind == CANONICAL_STRING) {
        struct place content;
        status = scan_string(scan, &content);
        value->text = content.at;
        value->text_size = content.size;
        return status;
    }
    if (kind == CANONICAL_INTEGER)
        return scan_integer(scan, value);
    if (kind >= CANONICAL_ARRAY)
        return scan_open(scan, value);
    return scan_word(scan, kind == CANONICAL_TRUE    ? "true"
                           : kind == CANONICAL_FALSE ? "false"
                                                     : "null");
}

// Most keys of one object differ in their first byte.
static bool key_follows(struct slice before, struct slice key) {
    if (before.size && key.size && before.data[0] != key.data[0])
        return before.data[0] < key.data[0];
    return slice_compare(before, key) < 0;
}

// A member's key and the colon. Whether it follows the key before is noted.
static enum status scan_key(struct scan *scan, struct place *ret_key) {
    struct canonical_document *document = scan->document;
    scan_space(scan);
    if (scan->at == scan->end || *scan->at != '"')
        return scan_refuse(scan, "no key");
    enum status status = scan_string(scan, ret_key);
    if (status != STATUS_OK)
        return status;
    scan_space(scan);
    if (scan->at == scan->end || *scan->at != ':')
        return scan_refuse(scan, "no colon after a key");
    *scan->to++ = *scan->at++;
    scan_space(scan);
    uint32_t *last = &scan->last[scan->depth - 1];
    if (*last && !key_follows(canonical_key(document, &document->values[*last]),
                              slice_of(document->texts + ret_key->at, ret_key->size)))
        scan->unsorted = true;
    *last = document->count;
    return STATUS_OK;
}

// One step inside the innermost container: its end, or its next member.
static enum status scan_member(struct scan *scan) {
    struct canonical_value *container = &scan->document->values[scan->open[scan->depth - 1]];
    bool object = container->kind == CANONICAL_OBJECT;
    scan_space(scan);
    if (scan->at == scan->end)
        return scan_refuse(scan, "the text ends too early");
    if (*scan->at == (object ? '}' : ']')) {
        scan_close(scan);
        return STATUS_OK;
    }
    if (container->count) {
        if (*scan->at != ',')
            return scan_refuse(scan, "neither a comma nor an end");
        *scan->to++ = *scan->at++;
        scan_space(scan);
    }
    container->count++;
    struct place key = {0, 0};
    enum status status = object ? scan_key(scan, &key) : STATUS_OK;
    return status == STATUS_OK ? scan_value(scan, key) : status;
}

static enum status scan_run(struct scan *scan) {
    scan_space(scan);
    enum status status = scan_value(scan, (struct place){0, 0});
    while (status == STATUS_OK && scan->depth)
        status = scan_member(scan);
    scan_space(scan);
    if (status == STATUS_OK && scan->at != scan->end)
        return scan_refuse(scan, "something after the end");
    return status;
}

enum status canonical_read(struct canonical_document *document, struct slice text, size_t bytes_max,
                           struct problem *problem) {
    document_forget(document);
    if (bytes_max == 0 || bytes_max > CANONICAL_BYTES_MAX)
        bytes_max = CANONICAL_BYTES_MAX;
    if (text.size > bytes_max)
        return problem_set(problem, STATUS_LIMIT, "%zu bytes, at most %zu are read", text.size,
                           bytes_max);
    document->texts = memory_resize(NULL, 2 * text.size + 32, 1);
    memory_expect_large(document->texts, text.size);
    document_expect(document, text.size);
    struct scan scan = {
        .document = document,
        .start = text.data,
        .at = text.data,
        .end = text.data + text.size,
        .to = document->texts,
        .aside = document->texts + text.size + 16,
        .problem = problem,
    };
    enum status status = scan_run(&scan);
    document->canonical = document->texts;
    document->canonical_size = (size_t)(scan.to - document->texts);
    // Whatever is not copied as it stands takes fewer bytes (white space none, an escape less than
    // it took), so that the same length is the same text.
    document->ordered = !scan.unsorted;
    document->verbatim = document->canonical_size == text.size && document->ordered;
    if (status == STATUS_OK && scan.unsorted)
        status = canonical_sort(document, problem);
    if (status != STATUS_OK)
        document_forget(document);
    return status;
}

const struct canonical_value *canonical_root(const struct canonical_document *document) {
    assert(document->count);
    return document->values;
}

const struct canonical_value *canonical_find(const struct canonical_document *document,
                                             const struct canonical_value *object,
                                             const char *key) {
    if (!canonical_is(object, CANONICAL_OBJECT))
        return NULL;
    struct slice wanted = slice_of_string(key);
    for (const struct canonical_value *member = canonical_first(document, object); member;
         member = canonical_next(document, object, member))
        if (slice_equal(canonical_key(document, member), wanted))
            return member;
    return NULL;
}

bool canonical_string(const struct canonical_document *document,
                      const struct canonical_value *value, struct slice *ret_text) {
    if (!canonical_is(value, CANONICAL_STRING))
        return false;
    *ret_text = canonical_text(document, value);
    return true;
}

bool canonical_integer(const struct canonical_document *document,
                       const struct canonical_value *value, int64_t *ret_number) {
    return canonical_is(value, CANONICAL_INTEGER) &&
           text_integer(canonical_text(document, value), ret_number);
}

bool canonical_boolean(const struct canonical_value *value, bool *ret_value) {
    if (!canonical_is(value, CANONICAL_TRUE) && !canonical_is(value, CANONICAL_FALSE))
        return false;
    *ret_value = value->kind == CANONICAL_TRUE;
    return true;
}

struct slice canonical_bytes(const struct canonical_document *document,
                             const struct canonical_value *container) {
    assert(container && container->kind >= CANONICAL_ARRAY);
    return slice_of(document->canonical + container->text, container->text_size);
}

void canonical_append_string(struct buffer *buffer, struct slice text) {
    buffer_append_byte(buffer, '"');
    for (size_t at = 0; at < text.size; at++) {
        if (text.data[at] == '"' || text.data[at] == '\\')
            buffer_append_byte(buffer, '\\');
        buffer_append_byte(buffer, text.data[at]);
    }
    buffer_append_byte(buffer, '"');
}
