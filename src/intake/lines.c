// Text cut into units at line ends
// SPDX-License-Identifier: Apache-2.0
#include "intake/lines.h"

#include "base/memory.h"
#include "intake/open_file.h"

#include <assert.h>
#include <emmintrin.h>
#include <string.h>

uint64_t lines_count(struct slice bytes) {
    const __m128i feed = _mm_set1_epi8('\n');
    const __m128i zero = _mm_setzero_si128();
    __m128i total = zero;
    size_t i = 0;
    while (bytes.size - i >= 16) {
        // A byte lane counts to 255 at most, then the lanes are summed up.
        size_t steps = (bytes.size - i) / 16;
        if (steps > 255)
            steps = 255;
        __m128i lanes = zero;
        for (; steps; steps--, i += 16) {
            __m128i data = _mm_loadu_si128((const __m128i_u *)(bytes.data + i));
            lanes = _mm_sub_epi8(lanes, _mm_cmpeq_epi8(data, feed));
        }
        total = _mm_add_epi64(total, _mm_sad_epu8(lanes, zero));
    }
    uint64_t count = (uint64_t)_mm_cvtsi128_si64(total) +
                     (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(total, total));
    for (; i < bytes.size; i++)
        count += bytes.data[i] == '\n';
    return count;
}

void unit_buffer_init(struct unit_buffer *buffer) {
    *buffer = (struct unit_buffer){0};
}

void unit_buffer_done(struct unit_buffer *buffer) {
    open_file_drop(buffer->file);
    memory_free(buffer->data);
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
    cutter->carry = memory_resize(NULL, first.size, 1);
    cutter->carry_capacity = first.size;
    cutter->carry_size = first.size;
    if (first.size)
        memcpy(cutter->carry, first.data, first.size);
}

void cutter_done(struct cutter *cutter) {
    memory_free(cutter->carry);
    *cutter = (struct cutter){.ended = true};
}

// What was read too far waits for the next unit. Nothing waits already: a carry holds no line
// end, or is shorter than a unit, so that whoever finds a line end has read all of it.
static void cutter_carry(struct cutter *cutter, struct slice rest) {
    assert(cutter->carry_size == 0);
    if (rest.size > cutter->carry_capacity) {
        cutter->carry = memory_resize(cutter->carry, rest.size, 1);
        cutter->carry_capacity = rest.size;
    }
    if (rest.size)
        memcpy(cutter->carry, rest.data, rest.size);
    cutter->carry_size = rest.size;
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

// Up to `size` bytes: first what waits, then the stream.
static size_t cutter_read(struct cutter *cutter, uint8_t *to, size_t size,
                          const struct gap_sink *gaps) {
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
        if (!at_end)
            cutter_carry(cutter, slice_of(buffer->data + size, filled - size));
        cutter_give(cutter, buffer, size, ret_unit);
        ret_unit->first_line = cutter->line;
        cutter->line += lines_count(ret_unit->bytes);
        return true;
    }
}
