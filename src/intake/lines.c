// Text cut into units at line ends
// SPDX-License-Identifier: Apache-2.0
#include "intake/lines.h"

#include "base/byte_bits.h"
#include "base/memory.h"
#include "intake/open_file.h"

#include <assert.h>
#include <string.h>

// The line of `lines` that begins at `at` begins with '#'.
static void hash_line(struct slice lines, size_t at, uint64_t offset,
                      struct header_lines *headers) {
    const uint8_t *start = lines.data + at;
    const uint8_t *feed = memchr(start, '\n', lines.size - at);
    size_t size = feed ? (size_t)(feed - start) + 1 : lines.size - at;
    header_lines_add(headers, offset + at, slice_of(start, size));
}

// A '#' begins a line when the byte before it is a line feed.
BYTE_INLINE struct lines_tally blocks_tally(struct slice lines, uint64_t offset,
                                            struct header_lines *headers, byte_bits *bits) {
    struct lines_tally tally = {0};
    uint64_t begins = 1; // bit 0: the block's first byte begins a line
    uint8_t last[BYTE_BLOCK] = {0};
    for (size_t at = 0; at < lines.size; at += BYTE_BLOCK) {
        const uint8_t *block = lines.data + at;
        if (lines.size - at < BYTE_BLOCK)
            block = memcpy(last, block, lines.size - at);
        uint64_t feeds = bits(block, '\n');
        uint64_t hashes = bits(block, '#') & (feeds << 1 | begins);
        tally.feeds += (uint64_t)__builtin_popcountll(feeds);
        tally.quotes += (uint64_t)__builtin_popcountll(bits(block, '"'));
        begins = feeds >> (BYTE_BLOCK - 1);
        for (; hashes && headers; hashes &= hashes - 1)
            hash_line(lines, at + (size_t)__builtin_ctzll(hashes), offset, headers);
    }
    return tally;
}

static struct lines_tally blocks_tally_sse2(struct slice lines, uint64_t offset,
                                            struct header_lines *headers) {
    return blocks_tally(lines, offset, headers, byte_bits_sse2);
}

BYTE_AVX2 static struct lines_tally blocks_tally_avx2(struct slice lines, uint64_t offset,
                                                      struct header_lines *headers) {
    return blocks_tally(lines, offset, headers, byte_bits_avx2);
}

BYTE_AVX512 static struct lines_tally blocks_tally_avx512(struct slice lines, uint64_t offset,
                                                          struct header_lines *headers) {
    return blocks_tally(lines, offset, headers, byte_bits_avx512);
}

struct lines_tally lines_tally(struct slice lines, uint64_t offset, struct header_lines *headers) {
    switch (byte_kernel_of_machine()) {
    case BYTE_KERNEL_AVX512:
        return blocks_tally_avx512(lines, offset, headers);
    case BYTE_KERNEL_AVX2:
        return blocks_tally_avx2(lines, offset, headers);
    default:
        return blocks_tally_sse2(lines, offset, headers);
    }
}

uint64_t lines_count(struct slice bytes) {
    return lines_tally(bytes, 0, NULL).feeds;
}

void unit_buffer_init(struct unit_buffer *buffer) {
    *buffer = (struct unit_buffer){0};
    buffer_init(&buffer->header, 2 * HEADER_BYTES_MAX);
}

void unit_buffer_done(struct unit_buffer *buffer) {
    open_file_drop(buffer->file);
    memory_free(buffer->data);
    buffer_done(&buffer->header);
    *buffer = (struct unit_buffer){0};
}

void unit_buffer_grow(struct unit_buffer *buffer, size_t size) {
    if (size <= buffer->capacity)
        return;
    buffer->data = memory_resize(buffer->data, size, 1);
    buffer->capacity = size;
}

void cutter_init(struct cutter *cutter, uint32_t source, struct stream stream, struct slice first) {
    *cutter = (struct cutter){.stream = stream,
                              .source = source,
                              .source_size = UINT64_MAX,
                              .line = 1,
                              .position = first.size};
    header_lines_init(&cutter->headers);
    cutter->carry = memory_resize(NULL, first.size, 1);
    cutter->carry_capacity = first.size;
    cutter->carry_size = first.size;
    if (first.size)
        memcpy(cutter->carry, first.data, first.size);
}

void cutter_done(struct cutter *cutter) {
    memory_free(cutter->carry);
    header_lines_done(&cutter->headers);
    *cutter = (struct cutter){.ended = true};
}

// What was read too far waits for the next unit, before what waits already: a unit that must end
// where quotes are even may end above the last line that was read.
static void cutter_carry(struct cutter *cutter, struct slice rest) {
    size_t size = cutter->carry_size + rest.size;
    if (size > cutter->carry_capacity) {
        cutter->carry = memory_resize(cutter->carry, size, 1);
        cutter->carry_capacity = size;
    }
    if (rest.size == 0)
        return;
    memmove(cutter->carry + rest.size, cutter->carry, cutter->carry_size);
    memcpy(cutter->carry, rest.data, rest.size);
    cutter->carry_size = size;
}

void cutter_end(struct cutter *cutter, const char *damage, const struct gap_sink *gaps) {
    uint64_t end = cutter->position, whole = cutter->source_size;
    cutter->ended = true;
    cutter->broken = true;
    gap_sink_add(gaps, (struct gap){.source = cutter->source,
                                    .offset = end,
                                    .bytes = whole != UINT64_MAX && whole > end ? whole - end : 0,
                                    .reason = damage});
}

size_t cutter_read(struct cutter *cutter, uint8_t *to, size_t size, const struct gap_sink *gaps) {
    size_t got = cutter->carry_size < size ? cutter->carry_size : size;
    if (got) {
        memcpy(to, cutter->carry, got);
        memmove(cutter->carry, cutter->carry + got, cutter->carry_size - got);
        cutter->carry_size -= got;
    }
    if (cutter->ended || got == size)
        return got;
    const char *damage = NULL;
    size_t more = stream_fill(&cutter->stream, to + got, size - got, &damage);
    cutter->ended = more < size - got;
    cutter->position += more;
    if (damage)
        cutter_end(cutter, damage, gaps);
    return got + more;
}

// Pass over `size` bytes, or to the end.
static void cutter_skip(struct cutter *cutter, struct unit_buffer *buffer,
                        const struct gap_sink *gaps) {
    while (cutter->skip) {
        size_t step = cutter->skip < UNIT_BYTES ? (size_t)cutter->skip : UNIT_BYTES;
        size_t got = cutter_read(cutter, buffer->data, step, gaps);
        cutter->offset += got;
        cutter->skip -= got;
        if (got < step)
            break;
    }
}

static void cutter_give(struct cutter *cutter, const struct unit_buffer *buffer, size_t size,
                        struct unit *ret_unit) {
    *ret_unit = (struct unit){.source = cutter->source,
                              .fd = -1,
                              .offset = cutter->offset,
                              .size = size,
                              .bytes = slice_of(buffer->data, size),
                              .source_size = cutter->source_size};
    cutter->offset += size;
}

bool cutter_next_blocks(struct cutter *cutter, struct unit_buffer *buffer, struct unit *ret_unit,
                        const struct gap_sink *gaps) {
    size_t size = UNIT_BYTES / cutter->block_bytes * cutter->block_bytes;
    if (size == 0)
        size = cutter->block_bytes;
    unit_buffer_grow(buffer, size > UNIT_BYTES ? size : UNIT_BYTES);
    bool in_header = cutter->skip > 0;
    cutter_skip(cutter, buffer, gaps);
    if (cutter->skip) {
        if (in_header && cutter->offset && !cutter->broken)
            gap_sink_add(gaps, (struct gap){.source = cutter->source,
                                            .bytes = cutter->offset,
                                            .reason = "file ends inside its header"});
        cutter->skip = 0;
        return false;
    }
    size_t got = cutter_read(cutter, buffer->data, size, gaps);
    if (got == 0)
        return false;
    cutter_give(cutter, buffer, got, ret_unit);
    return true;
}

// The line at cutter->offset is longer than a unit may be, `size` bytes of it are in `buffer`:
// pass over it. The buffer is free afterwards.
static void cutter_skip_line(struct cutter *cutter, struct unit_buffer *buffer, size_t size,
                             const struct gap_sink *gaps) {
    struct gap gap = {.source = cutter->source,
                      .offset = cutter->offset,
                      .bytes = size,
                      .records = 1,
                      .reason = "line longer than 64 MiB"};
    cutter->offset += size;
    for (;;) {
        size_t got = cutter_read(cutter, buffer->data, UNIT_BYTES, gaps);
        if (got == 0)
            break;
        const uint8_t *feed = memchr(buffer->data, '\n', got);
        size_t passed = feed ? (size_t)(feed - buffer->data) + 1 : got;
        gap.bytes += passed;
        cutter->offset += passed;
        if (feed) {
            cutter_carry(cutter, slice_of(feed + 1, got - passed));
            break;
        }
    }
    cutter->line++;
    gap_sink_add(gaps, gap);
}

// Where a unit of whole lines ends so that its quotes are even; `size` when nowhere in its last
// 64 KiB is such a place. `quotes` is of all `size` bytes.
static size_t lines_even_end(const uint8_t *data, size_t size, uint64_t quotes) {
    bool odd = quotes % 2 != 0;
    if (!odd)
        return size;
    size_t stop = size > QUOTE_LOOK_BYTES ? size - QUOTE_LOOK_BYTES : 0;
    for (size_t at = size; at > stop + 1;) {
        at--;
        odd ^= data[at] == '"';
        if (!odd && data[at - 1] == '\n')
            return at;
    }
    return size;
}

// Where the last record of a unit's last 64 KiB begins; `size` when none does.
static size_t lines_record_end(const uint8_t *data, size_t size, struct slice start) {
    size_t stop = size > QUOTE_LOOK_BYTES ? size - QUOTE_LOOK_BYTES : 0;
    for (size_t at = size; at > stop + 1;) {
        at--;
        if (data[at - 1] == '\n' && slice_starts(slice_of(data + at, size - at), start))
            return at;
    }
    return size;
}

// How much of the whole lines in `data` the unit takes, and how many line feeds that is. Of a
// quoted source's last 64 KiB '#' lines are noted when it is known where the unit ends.
static size_t unit_lines_end(struct cutter *cutter, const uint8_t *data, size_t size,
                             uint64_t *ret_feeds) {
    struct header_lines *headers = cutter->headed ? &cutter->headers : NULL;
    if (cutter->record_start)
        size = lines_record_end(data, size, slice_of_string(cutter->record_start));
    if (!cutter->quoted) {
        *ret_feeds = headers ? lines_tally(slice_of(data, size), cutter->offset, headers).feeds
                             : lines_count(slice_of(data, size));
        return size;
    }
    size_t tail = 0;
    if (size > QUOTE_LOOK_BYTES) {
        const uint8_t *feed = memrchr(data, '\n', size - QUOTE_LOOK_BYTES);
        tail = feed ? (size_t)(feed - data) + 1 : 0;
    }
    struct lines_tally front = lines_tally(slice_of(data, tail), cutter->offset, headers);
    struct lines_tally back = lines_tally(slice_of(data + tail, size - tail), 0, NULL);
    size_t end = lines_even_end(data, size, front.quotes + back.quotes);
    back = lines_tally(slice_of(data + tail, end - tail), cutter->offset + tail, headers);
    *ret_feeds = front.feeds + back.feeds;
    return end;
}

// The header in force above the unit; the source's first unit has its own.
static void unit_header_give(struct cutter *cutter, struct unit_buffer *buffer, size_t size) {
    buffer_reset(&buffer->header);
    if (!cutter->headed)
        return;
    if (cutter->offset > 0) {
        header_lines_append(&cutter->headers, &buffer->header);
        return;
    }
    const uint8_t *feed = memchr(buffer->data, '\n', size);
    if (feed)
        header_lines_first(&cutter->headers,
                           slice_of(buffer->data, (size_t)(feed - buffer->data) + 1));
}

bool cutter_next_lines(struct cutter *cutter, struct unit_buffer *buffer, struct unit *ret_unit,
                       const struct gap_sink *gaps) {
    unit_buffer_grow(buffer, UNIT_BYTES);
    size_t filled = 0, want = UNIT_BYTES;
    for (;;) {
        unit_buffer_grow(buffer, want);
        size_t before = filled;
        filled += cutter_read(cutter, buffer->data + filled, want - filled, gaps);
        if (filled == 0)
            return false;
        const uint8_t *feed = memrchr(buffer->data + before, '\n', filled - before);
        bool at_end = filled < want;
        if (!feed && !at_end && want == UNIT_LINE_BYTES_MAX) {
            cutter_skip_line(cutter, buffer, filled, gaps);
            filled = 0;
            want = UNIT_BYTES;
            continue;
        }
        if (!feed && !at_end) {
            want *= 2;
            continue;
        }
        size_t size = at_end ? filled : (size_t)(feed - buffer->data) + 1;
        uint64_t feeds = 0; // at the end nobody asks for the line behind
        unit_header_give(cutter, buffer, size);
        if (!at_end) {
            size = unit_lines_end(cutter, buffer->data, size, &feeds);
            cutter_carry(cutter, slice_of(buffer->data + size, filled - size));
        }
        cutter_give(cutter, buffer, size, ret_unit);
        ret_unit->header = buffer_slice(&buffer->header);
        ret_unit->first_line = cutter->line;
        cutter->line += feeds;
        return true;
    }
}
