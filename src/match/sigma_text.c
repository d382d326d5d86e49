// Sigma strings: wildcards and escapes
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include <assert.h>

// A pattern in the making.
struct writer {
    struct pattern_part *parts;
    uint32_t count;
    uint8_t *literal; // where the next byte of literal text goes
    uint8_t *start;   // of the literal being written
};

static void writer_close(struct writer *writer) {
    if (writer->literal == writer->start)
        return;
    writer->parts[writer->count++] = (struct pattern_part){
        .kind = PATTERN_LITERAL,
        .literal = slice_of(writer->start, (size_t)(writer->literal - writer->start)),
    };
    writer->start = writer->literal;
}

static void writer_wildcard(struct writer *writer, uint8_t byte) {
    writer_close(writer);
    enum pattern_part_kind kind = byte == '*' ? PATTERN_ANY : PATTERN_ONE;
    if (kind == PATTERN_ANY && writer->count && writer->parts[writer->count - 1].kind == kind)
        return;
    writer->parts[writer->count++].kind = kind;
}

static bool is_wildcard(uint8_t byte) {
    return byte == '*' || byte == '?';
}

// Sigma rules 2.1.0, "Escape Character": a backslash before * ? or \ takes that as it is; any
// other backslash is itself. So \* is a star, \\* a backslash and a wildcard, \\\* a backslash
// and a star, \\\\ two backslashes.
enum status sigma_pattern_read(struct sigma_reader *reader, struct slice text,
                               struct pattern *ret_pattern) {
    size_t wildcards = 0;
    for (size_t i = 0; i < text.size; i++)
        wildcards += is_wildcard(text.data[i]);
    // One literal before, between and after the wildcards, and room to open both ends.
    struct pattern_part *parts = sigma_new(reader, wildcards * 2 + 3, sizeof *parts);
    uint8_t *literals = parts ? sigma_new(reader, text.size + 1, 1) : NULL;
    if (!literals)
        return STATUS_LIMIT;
    struct writer writer = {.parts = parts + 1, .literal = literals, .start = literals};
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        uint8_t next = i + 1 < text.size ? text.data[i + 1] : 0;
        if (is_wildcard(byte)) {
            writer_wildcard(&writer, byte);
        } else if (byte == '\\' && (next == '\\' || is_wildcard(next))) {
            *writer.literal++ = next;
            i++;
        } else {
            *writer.literal++ = byte;
        }
    }
    writer_close(&writer);
    assert(writer.count <= wildcards * 2 + 1);
    *ret_pattern = (struct pattern){.parts = parts + 1, .part_count = writer.count};
    return STATUS_OK;
}

enum status sigma_pattern_open(struct sigma_reader *reader, bool before, bool after,
                               struct pattern *pattern) {
    uint32_t count = pattern->part_count;
    before = before && !(count && pattern->parts[0].kind == PATTERN_ANY);
    after = after && !(count && pattern->parts[count - 1].kind == PATTERN_ANY);
    if (!count && before)
        after = false; // one ANY is enough
    struct pattern_part *parts = sigma_new(reader, count + 2, sizeof *parts);
    if (!parts)
        return STATUS_LIMIT;
    uint32_t used = 0;
    if (before)
        parts[used++].kind = PATTERN_ANY;
    for (uint32_t i = 0; i < count; i++)
        parts[used++] = pattern->parts[i];
    if (after)
        parts[used++].kind = PATTERN_ANY;
    pattern->parts = parts;
    pattern->part_count = used;
    return STATUS_OK;
}
