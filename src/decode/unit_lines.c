// The lines of a unit, wherever its bytes are
// SPDX-License-Identifier: Apache-2.0
#include "decode/unit_lines.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    UNIT_BYTES_MAX = 64 << 20,  // as the intake's longest line
    JOINED_BYTES_MAX = 1 << 20, // of one line
    // Bytes that lines made of several have, over all joins of a unit. Each join may make the
    // caller read its line again, so that unbalanced quotes could cost the square of a unit.
    JOIN_WORK_MAX = 64 << 20,
    ZEROS_MIN = 8, // a run; fewer can be what a client sent
};

void unit_lines_init(struct unit_lines *lines) {
    *lines = (struct unit_lines){0};
}

void unit_lines_done(struct unit_lines *lines) {
    memory_free(lines->piece);
    *lines = (struct unit_lines){0};
}

static struct slice unit_bytes(struct unit_lines *lines, const struct unit *unit) {
    if (unit->fd < 0)
        return unit->bytes;
    size_t size = (size_t)unit->size;
    if (size > lines->piece_capacity) {
        lines->piece = memory_resize(lines->piece, size, 1);
        lines->piece_capacity = size;
    }
    return slice_of(lines->piece, unit_read(unit, unit->offset, size, lines->piece));
}

enum status unit_lines_begin(struct unit_lines *lines, const struct unit *unit,
                             const struct event_sink *sink, struct problem *problem) {
    if (unit->size > UNIT_BYTES_MAX || (unit->fd < 0 && unit->bytes.size > UNIT_BYTES_MAX))
        return problem_set_offset(problem, STATUS_LIMIT, unit->offset,
                                  "a piece of text is longer than 64 MiB");
    lines->unit = unit;
    lines->sink = sink;
    lines->bytes = unit_bytes(lines, unit);
    lines->zeros = lines->bytes.size && memchr(lines->bytes.data, 0, lines->bytes.size);
    lines->at = 0;
    lines->number = unit->first_line;
    lines->join_work = 0;
    if (unit->offset == 0 && slice_starts(lines->bytes, SLICE("\xEF\xBB\xBF")))
        lines->at = 3;
    return STATUS_OK;
}

// The text up to the next line end, from `start`; lines->at and number pass it.
static struct slice lines_take(struct unit_lines *lines, const uint8_t *start) {
    const uint8_t *from = lines->bytes.data + lines->at;
    const uint8_t *end = lines->bytes.data + lines->bytes.size;
    const uint8_t *feed = memchr(from, '\n', (size_t)(end - from));
    const uint8_t *stop = feed ? feed : end;
    lines->at = (size_t)(stop - lines->bytes.data) + (feed != NULL);
    lines->number++;
    if (feed && stop > from && stop[-1] == '\r')
        stop--;
    return slice_of(start, (size_t)(stop - start));
}

// Where the first run of zeros begins in `text`, NULL when there is none.
static const uint8_t *zeros_find(struct slice text) {
    static const uint8_t ZEROS[ZEROS_MIN];
    const uint8_t *end = text.data + text.size;
    const uint8_t *at = text.data;
    while (text.size && (at = memchr(at, 0, (size_t)(end - at))) != NULL &&
           (size_t)(end - at) >= ZEROS_MIN) {
        if (memcmp(at, ZEROS, ZEROS_MIN) == 0)
            return at;
        at++;
    }
    return NULL;
}

// `part` of the line, when there is anything of it.
static void part_tell(const struct event_sink *sink, const struct unit *unit,
                      const struct text_line *line, struct slice part, bool zeros) {
    struct gap gap = {.source = unit->source,
                      .offset = line->offset + (uint64_t)(part.data - line->text.data),
                      .bytes = part.size,
                      .records = zeros ? 0 : 1,
                      .reason =
                          zeros ? "overwritten with zero bytes" : "half a line beside zero bytes"};
    if (part.size)
        sink->gap(sink->context, &gap);
}

bool line_zeros_tell(const struct event_sink *sink, const struct unit *unit,
                     const struct text_line *line) {
    const uint8_t *from = zeros_find(line->text);
    if (!from)
        return false;
    const uint8_t *start = line->text.data, *end = start + line->text.size;
    const uint8_t *to = (const uint8_t *)memrchr(from, 0, (size_t)(end - from)) + 1;
    part_tell(sink, unit, line, slice_of(start, (size_t)(from - start)), false);
    part_tell(sink, unit, line, slice_of(from, (size_t)(to - from)), true);
    part_tell(sink, unit, line, slice_of(to, (size_t)(end - to)), false);
    return true;
}

bool unit_lines_next(struct unit_lines *lines, struct text_line *ret_line) {
    do {
        if (lines->at >= lines->bytes.size)
            return false;
        ret_line->offset = lines->unit->offset + lines->at;
        ret_line->number = lines->number;
        ret_line->text = lines_take(lines, lines->bytes.data + lines->at);
    } while (lines->zeros && line_zeros_tell(lines->sink, lines->unit, ret_line));
    return true;
}

bool unit_lines_at_cut(const struct unit_lines *lines) {
    return lines->at == lines->bytes.size && lines->bytes.size &&
           lines->bytes.data[lines->bytes.size - 1] != '\n';
}

// Whether the line that comes next holds a run of zeros.
static bool lines_zeros_next(const struct unit_lines *lines) {
    struct slice rest = slice_part(lines->bytes, lines->at, SIZE_MAX), line;
    return lines->zeros && text_next_line(&rest, &line) && zeros_find(line);
}

bool unit_lines_join(struct unit_lines *lines, struct text_line *line) {
    if (lines->at >= lines->bytes.size || line->text.size > JOINED_BYTES_MAX ||
        lines->join_work > JOIN_WORK_MAX || lines_zeros_next(lines))
        return false;
    line->text = lines_take(lines, line->text.data);
    lines->join_work += line->text.size;
    return true;
}

void unit_lines_rewind(struct unit_lines *lines, const struct text_line *line) {
    const uint8_t *end = lines->bytes.data + lines->bytes.size;
    const uint8_t *at = line->text.data + line->text.size;
    assert(line->text.data >= lines->bytes.data && at <= end);
    uint64_t number = line->number + 1;
    for (const uint8_t *feed = line->text.data;
         (feed = memchr(feed, '\n', (size_t)(at - feed))) != NULL; feed++)
        number++;
    at += at < end && *at == '\r' && at + 1 < end && at[1] == '\n';
    at += at < end;
    lines->at = (size_t)(at - lines->bytes.data);
    lines->number = number;
}

bool text_next_line(struct slice *rest, struct slice *ret_line) {
    if (rest->size == 0)
        return false;
    const uint8_t *feed = memchr(rest->data, '\n', rest->size);
    size_t size = feed ? (size_t)(feed - rest->data) : rest->size;
    *ret_line = slice_of(rest->data, size);
    *rest = slice_part(*rest, size + 1, rest->size);
    if (feed && size && ret_line->data[size - 1] == '\r')
        ret_line->size--;
    return true;
}
