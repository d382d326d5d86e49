// One line of a table, split at its separators
// SPDX-License-Identifier: Apache-2.0
#include "decode/columns.h"

#include "base/memory.h"

#include <immintrin.h>
#include <string.h>

// A line is looked at 32 bytes at a time; each separator (and quote, in forms that have quotes)
// is a bit of a mask, and the loop runs over the bits:
//
//     a,"b ""c""",d      start of a value ─ quote there: open ─ "" while open: passed over ─
//     .^^..^^.^^^^.      quote while open: closed ─ separator while not open: end of the value
//
// A quote anywhere else is an ordinary byte, and a value that goes on behind its closing quote
// is taken as it is written, quotes and all.
enum {
    BLOCK = 32,
    WINDOW = 8 * BYTE_BLOCK,
    SCRATCH_BYTES_MAX = 64 << 20, // as the longest line
};

void row_init(struct row *row) {
    *row = (struct row){.values = memory_new(SHAPE_FIELDS_MAX, sizeof(struct value)),
                        .kernel = byte_kernel_of_machine()};
    buffer_init(&row->scratch, SCRATCH_BYTES_MAX);
}

void row_init_unset(struct row *row) {
    *row = (struct row){.values = memory_resize(NULL, SHAPE_FIELDS_MAX, sizeof(struct value)),
                        .kernel = byte_kernel_of_machine()};
    buffer_init(&row->scratch, SCRATCH_BYTES_MAX);
}

void row_done(struct row *row) {
    memory_free(row->values);
    buffer_done(&row->scratch);
    *row = (struct row){0};
}

struct splitter {
    struct row *row;
    const struct row_form *form;
    const uint8_t *end;   // of the line
    const uint8_t *start; // of the value
    const uint8_t *close; // its closing quote, when it has had one
    const uint8_t *pass;  // second quote of a pair
    uint32_t count;
    bool open;
    bool has_pairs;
};

// "" to " into the scratch, which never moves while a row is split.
static struct slice row_unquote(struct row *row, struct slice inside, size_t line_left) {
    if (row->scratch.size == 0 && !buffer_reserve(&row->scratch, inside.size + line_left))
        return inside;
    size_t from = row->scratch.size;
    while (inside.size) {
        const uint8_t *quote = memchr(inside.data, '"', inside.size);
        size_t size = quote ? (size_t)(quote - inside.data) + 1 : inside.size;
        buffer_append(&row->scratch, inside.data, size);
        inside = slice_part(inside, size + (quote != NULL), inside.size);
    }
    return slice_of(row->scratch.data + from, row->scratch.size - from);
}

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

static __attribute__((noinline)) void value_trim(const uint8_t **start, const uint8_t **end) {
    while (*start < *end && is_blank(**start))
        ++*start;
    while (*end > *start && is_blank((*end)[-1]))
        --*end;
}

static inline void value_give(struct splitter *splitter, const uint8_t *start, const uint8_t *end,
                              uint8_t kind) {
    value_set(&splitter->row->values[splitter->count++], start, (size_t)(end - start), kind);
}

// A value without quotes ends at `end`.
static inline void value_plain(struct splitter *splitter, const uint8_t *end) {
    const uint8_t *start = splitter->start;
    const struct row_form *form = splitter->form;
    if (form->trimmed)
        value_trim(&start, &end);
    size_t size = form->null_text.size;
    bool is_null = size && (size_t)(end - start) == size && *start == *form->null_text.data &&
                   (size == 1 || memcmp(start, form->null_text.data, size) == 0);
    value_give(splitter, start, end, is_null ? VALUE_NULL : VALUE_UTF8);
}

static void value_quoted(struct splitter *splitter, const uint8_t *end) {
    const uint8_t *stop = end;
    if (splitter->form->trimmed)
        value_trim(&splitter->start, &stop);
    if (splitter->close + 1 != stop) { // "a"b: as written
        value_give(splitter, splitter->start, stop, VALUE_UTF8);
        return;
    }
    struct slice inside =
        slice_of(splitter->start + 1, (size_t)(splitter->close - splitter->start - 1));
    if (splitter->has_pairs)
        inside = row_unquote(splitter->row, inside, (size_t)(splitter->end - end));
    value_give(splitter, inside.data, inside.data + inside.size, VALUE_UTF8);
}

static inline void value_end(struct splitter *splitter, const uint8_t *end) {
    if (splitter->close)
        value_quoted(splitter, end);
    else
        value_plain(splitter, end);
    splitter->start = end + 1;
    splitter->close = NULL;
    splitter->has_pairs = false;
}

static inline bool value_is_empty(const struct splitter *splitter, const uint8_t *at) {
    const uint8_t *start = splitter->start;
    if (splitter->form->trimmed)
        while (start < at && is_blank(*start))
            start++;
    return start == at;
}

static inline void quote_meet(struct splitter *splitter, const uint8_t *at) {
    if (at == splitter->pass)
        return;
    if (!splitter->open) {
        splitter->open = !splitter->close && value_is_empty(splitter, at);
        if (splitter->open)
            splitter->start = at;
        return;
    }
    if (at + 1 < splitter->end && at[1] == '"') {
        splitter->pass = at + 1;
        splitter->has_pairs = true;
        return;
    }
    splitter->open = false;
    splitter->close = at;
}

// The bits of one block. False when there is no room for more values.
static inline __attribute__((always_inline)) bool
block_walk(struct splitter *splitter, const uint8_t *block, uint32_t mask, bool quoted) {
    for (; mask; mask &= mask - 1) {
        const uint8_t *at = block + __builtin_ctz(mask);
        if (quoted && *at == '"') {
            quote_meet(splitter, at);
            continue;
        }
        if (quoted && splitter->open)
            continue;
        if (splitter->count + 1 >= SHAPE_FIELDS_MAX)
            return false;
        if (quoted)
            value_end(splitter, at);
        else {
            value_plain(splitter, at);
            splitter->start = at + 1;
        }
    }
    return true;
}

typedef uint32_t block_mask(const uint8_t *block, uint8_t separator, bool quoted);

static inline __attribute__((always_inline)) uint32_t mask_sse2(const uint8_t *block,
                                                                uint8_t separator, bool quoted) {
    uint32_t mask = 0;
    for (int i = 0; i < 2; i++) {
        __m128i data = _mm_loadu_si128((const __m128i_u *)(block + 16 * i));
        __m128i met = _mm_cmpeq_epi8(data, _mm_set1_epi8((char)separator));
        if (quoted)
            met = _mm_or_si128(met, _mm_cmpeq_epi8(data, _mm_set1_epi8('"')));
        mask |= (uint32_t)_mm_movemask_epi8(met) << (16 * i);
    }
    return mask;
}

BYTE_AVX2 static inline __attribute__((always_inline)) uint32_t
mask_avx2(const uint8_t *block, uint8_t separator, bool quoted) {
    __m256i data = _mm256_loadu_si256((const __m256i_u *)block);
    __m256i met = _mm256_cmpeq_epi8(data, _mm256_set1_epi8((char)separator));
    if (quoted)
        met = _mm256_or_si256(met, _mm256_cmpeq_epi8(data, _mm256_set1_epi8('"')));
    return (uint32_t)_mm256_movemask_epi8(met);
}

static inline __attribute__((always_inline)) enum row_fault
line_walk(struct splitter *splitter, struct slice line, bool quoted, block_mask *mask_of) {
    uint8_t separator = splitter->form->separator;
    size_t base = 0;
    for (; base + BLOCK <= line.size; base += BLOCK)
        if (!block_walk(splitter, line.data + base, mask_of(line.data + base, separator, quoted),
                        quoted))
            return ROW_MANY;
    size_t left = line.size - base;
    if (left) {
        uint8_t last[BLOCK];
        memcpy(last, line.data + base, left);
        uint32_t mask = mask_of(last, separator, quoted) & (((uint32_t)1 << left) - 1);
        if (!block_walk(splitter, line.data + base, mask, quoted))
            return ROW_MANY;
    }
    if (quoted && splitter->open)
        return ROW_OPEN;
    value_end(splitter, line.data + line.size);
    return ROW_FINE;
}

static enum row_fault line_walk_sse2(struct splitter *splitter, struct slice line) {
    return splitter->form->quoted ? line_walk(splitter, line, true, mask_sse2)
                                  : line_walk(splitter, line, false, mask_sse2);
}

// Without quotes, all separators of a window are found first, then its values are set: no branch
// hangs on where in a block a separator stands, nor on whether a value is null.
struct block_kernel {
    byte_bits *bits;
    byte_places *places;
};

// The places of separators in `size` bytes from `window` on, at most WINDOW.
BYTE_INLINE uint32_t window_places(struct slice line, struct slice window, uint8_t separator,
                                   uint32_t *places, struct block_kernel kernel) {
    uint32_t count = 0, at = 0, size = (uint32_t)window.size;
    for (; at + BYTE_BLOCK <= size; at += BYTE_BLOCK)
        count += kernel.places(places + count, at, kernel.bits(window.data + at, separator));
    if (at == size)
        return count;
    uint32_t left = size - at;
    uint64_t bits;
    if (line.size >= BYTE_BLOCK) { // the last block ends with the line and reaches back
        const uint8_t *block = window.data + size - BYTE_BLOCK;
        bits = kernel.bits(block, separator) >> (BYTE_BLOCK - left);
    } else {
        uint8_t last[BYTE_BLOCK];
        memcpy(last, window.data, left);
        bits = kernel.bits(last, separator) & (((uint64_t)1 << left) - 1);
    }
    return count + kernel.places(places + count, at, bits);
}

BYTE_INLINE enum row_fault line_walk_plain(struct splitter *splitter, struct slice line,
                                           struct block_kernel kernel) {
    uint32_t places[WINDOW + BYTE_PLACES_SPARE];
    struct slice null_text = splitter->form->null_text;
    size_t null_size = null_text.size ? 1 : SIZE_MAX; // no value is so long
    uint8_t null_byte = null_text.size ? *null_text.data : 0;
    for (size_t base = 0; base < line.size; base += WINDOW) {
        struct slice window = slice_part(line, base, WINDOW);
        const uint8_t *start = splitter->start;
        uint32_t count = window_places(line, window, splitter->form->separator, places, kernel);
        if (splitter->count + count >= SHAPE_FIELDS_MAX)
            return ROW_MANY;
        struct value *values = splitter->row->values + splitter->count;
        for (uint32_t i = 0; i < count; i++) {
            const uint8_t *end = window.data + places[i];
            bool is_null = ((size_t)(end - start) == null_size) & (*start == null_byte);
            value_set(&values[i], start, (size_t)(end - start), is_null ? VALUE_NULL : VALUE_UTF8);
            start = end + 1;
        }
        splitter->count += count;
        splitter->start = start;
    }
    value_plain(splitter, line.data + line.size);
    return ROW_FINE;
}

BYTE_AVX2 static enum row_fault line_walk_avx2(struct splitter *splitter, struct slice line) {
    const struct row_form *form = splitter->form;
    if (form->quoted)
        return line_walk(splitter, line, true, mask_avx2);
    if (form->trimmed || form->null_text.size > 1)
        return line_walk(splitter, line, false, mask_avx2);
    return line_walk_plain(splitter, line, (struct block_kernel){byte_bits_avx2, byte_places_avx2});
}

BYTE_AVX512 static enum row_fault line_walk_avx512(struct splitter *splitter, struct slice line) {
    const struct row_form *form = splitter->form;
    if (form->quoted || form->trimmed || form->null_text.size > 1)
        return line_walk_avx2(splitter, line);
    return line_walk_plain(splitter, line,
                           (struct block_kernel){byte_bits_avx512, byte_places_avx512});
}

static enum row_fault line_walk_best(struct splitter *splitter, struct slice line) {
    switch (splitter->row->kernel) {
    case BYTE_KERNEL_AVX512:
        return line_walk_avx512(splitter, line);
    case BYTE_KERNEL_AVX2:
        return line_walk_avx2(splitter, line);
    default:
        return line_walk_sse2(splitter, line);
    }
}

enum row_fault row_split(struct row *row, struct slice line, const struct row_form *form) {
    static const uint8_t NOTHING[1];
    if (line.size == 0)
        line.data = NOTHING;
    struct splitter splitter = {
        .row = row, .form = form, .start = line.data, .end = line.data + line.size};
    buffer_reset(&row->scratch);
    enum row_fault fault = line_walk_best(&splitter, line);
    row->count = fault == ROW_FINE ? splitter.count : 0;
    return fault;
}

enum row_fault row_read(struct row *row, struct unit_lines *lines, struct text_line *line,
                        const struct row_form *form) {
    enum row_fault fault = row_split(row, line->text, form);
    if (fault != ROW_OPEN)
        return fault;
    struct text_line joined = *line;
    while (fault == ROW_OPEN && unit_lines_join(lines, &joined))
        fault = row_split(row, joined.text, form);
    if (fault == ROW_FINE)
        *line = joined;
    else
        unit_lines_rewind(lines, line);
    return fault;
}

// Banks but the first are never set: they are as row_init left them.
struct event *row_event(struct row *row, const struct shape *shape, const struct unit *unit,
                        const struct text_line *line, int64_t time_ns) {
    struct event *event = &row->event;
    event->shape = shape;
    event->banks[0] = row->values;
    event->bank_sizes[0] = (uint16_t)row->count;
    event->time_ns = time_ns;
    event->position.source = unit->source;
    event->position.offset = line->offset;
    event->position.line = line->number;
    event->raw = line->text;
    event->is_verbatim = false;
    event->event_class = NULL;
    return event;
}

void line_gap_tell(const struct event_sink *sink, const struct unit *unit,
                   const struct text_line *line, const char *reason) {
    struct gap gap = {.source = unit->source,
                      .offset = line->offset,
                      .bytes = line->text.size,
                      .records = 1,
                      .reason = reason};
    sink->gap(sink->context, &gap);
}
