// Damage to JSON lines
// SPDX-License-Identifier: Apache-2.0
#include "mutate.h"

#include "base/memory.h"

#include <string.h>

// The line that is being damaged: bytes of the mutant, without the line's end.
struct line {
    size_t start;
    size_t size;
};

size_t json_part_count(struct slice seed) {
    size_t count = seed.size && seed.data[seed.size - 1] != '\n';
    for (size_t i = 0; i < seed.size; i++)
        count += seed.data[i] == '\n';
    return count;
}

static struct line line_find(const struct mutant *mutant, size_t number) {
    struct slice rest = buffer_slice(&mutant->bytes);
    struct line line = {0};
    for (;; number--) {
        const uint8_t *end = rest.size ? memchr(rest.data, '\n', rest.size) : NULL;
        line.size = end ? (size_t)(end - rest.data) : rest.size;
        if (number == 0 || !end)
            return line;
        line.start += line.size + 1;
        rest = slice_part(rest, line.size + 1, rest.size);
    }
}

// `text` many times; the caller frees.
static uint8_t *repeat(const char *text, size_t times, size_t *ret_size) {
    size_t size = strlen(text);
    uint8_t *bytes = memory_new(size * times + 1, 1);
    for (size_t i = 0; i < times; i++)
        memcpy(bytes + i * size, text, size);
    *ret_size = size * times;
    return bytes;
}

static void line_insert_times(struct mutant *mutant, struct line line, const char *text,
                              size_t times) {
    size_t size;
    uint8_t *bytes = repeat(text, times, &size);
    size_t at = line.start + mutant_below(mutant, line.size + 1);
    mutant_splice(mutant, at, 0, slice_of(bytes, size));
    memory_free(bytes);
}

static void damage_bits(struct mutant *mutant, struct line line) {
    mutant_flip_bits(mutant, line.start, line.size);
}

static void damage_delete(struct mutant *mutant, struct line line) {
    size_t at = mutant_below(mutant, line.size);
    size_t size = 1 + mutant_below(mutant, line.size - at);
    mutant_splice(mutant, line.start + at, size, (struct slice){NULL, 0});
}

static void damage_insert(struct mutant *mutant, struct line line) {
    static const char *const pieces[] = {"\"",
                                         "\\",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ":",
                                         ",",
                                         "\\u",
                                         "\\ud800",
                                         "\xff",
                                         "\xed\xa0\x80",
                                         "\xEF\xBB\xBF",
                                         "\t",
                                         "\n",
                                         "\r",
                                         "1e999999",
                                         "-",
                                         "null",
                                         "\"\":",
                                         "\"a\":{\"b\":"};
    line_insert_times(mutant, line, pieces[mutant_below(mutant, ARRAY_SIZE(pieces))],
                      1 + mutant_below(mutant, 4));
}

static void damage_nul(struct mutant *mutant, struct line line) {
    *mutant_at(mutant, line.start + mutant_below(mutant, line.size)) = 0;
}

static void damage_deep(struct mutant *mutant, struct line line) {
    line_insert_times(mutant, line, mutant_below(mutant, 2) ? "[" : "{\"a\":",
                      (size_t)1 << mutant_below(mutant, 18));
}

static void damage_number(struct mutant *mutant, struct line line) {
    line_insert_times(mutant, line, "9", (size_t)1 << mutant_below(mutant, 20));
}

static void damage_string(struct mutant *mutant, struct line line) {
    line_insert_times(mutant, line, mutant_below(mutant, 2) ? "\\u00e9" : "x",
                      (size_t)1 << mutant_below(mutant, 20));
}

static void damage_fields(struct mutant *mutant, struct line line) {
    struct buffer fields;
    buffer_init(&fields, 4 << 20);
    size_t count = (size_t)1 << mutant_below(mutant, 14);
    for (size_t i = 0; i < count; i++)
        buffer_append_format(&fields, "\"x%zu\":[%zu],", mutant_below(mutant, 100000), i);
    size_t at = line.start + (line.size > 0);
    mutant_splice(mutant, at, 0, buffer_slice(&fields));
    buffer_done(&fields);
}

static void damage_repeat(struct mutant *mutant, struct line line) {
    size_t at = mutant_below(mutant, line.size);
    size_t size = 1 + mutant_below(mutant, line.size - at);
    uint8_t *copy = memory_new(size, 1);
    memcpy(copy, mutant_at(mutant, line.start + at), size);
    mutant_splice(mutant, line.start + mutant_below(mutant, line.size), 0, slice_of(copy, size));
    memory_free(copy);
}

static const struct {
    const char *name;
    void (*damage)(struct mutant *mutant, struct line line);
} line_kinds[] = {
    {"bits", damage_bits},     {"delete", damage_delete}, {"insert", damage_insert},
    {"nul", damage_nul},       {"deep", damage_deep},     {"number", damage_number},
    {"string", damage_string}, {"fields", damage_fields}, {"repeat", damage_repeat},
};

static void mutate_truncate(struct mutant *mutant) {
    mutant->kind = "truncate";
    mutant->bytes.size = 1 + mutant_below(mutant, mutant->bytes.size - 1);
    // Lines whose end is there are whole, but for those behind one that was damaged: it may have
    // become several.
    size_t whole = 0;
    for (size_t i = 0; i < mutant->bytes.size; i++)
        whole += mutant->bytes.data[i] == '\n';
    for (size_t i = 0; i < whole && i < mutant->part_count; i++)
        if (mutant->lost[i])
            whole = i;
    mutant_lose_from(mutant, whole);
    mutant->finished = true;
}

void json_mutate(struct mutant *mutant) {
    if (mutant_below(mutant, 12) == 0) {
        mutate_truncate(mutant);
        return;
    }
    // A line that was damaged may have become two: only lines before it are where they were.
    size_t limit = 0;
    while (limit < mutant->part_count && !mutant->lost[limit])
        limit++;
    size_t part = mutant_below(mutant, limit);
    struct line line = line_find(mutant, part);
    if (limit == 0 || line.size == 0) {
        mutant->kind = "none";
        return;
    }
    size_t kind = mutant_below(mutant, ARRAY_SIZE(line_kinds));
    mutant->kind = line_kinds[kind].name;
    line_kinds[kind].damage(mutant, line);
    mutant_lose(mutant, part);
}

static size_t first_lost(const struct mutant *mutant) {
    size_t part = 0;
    while (part < mutant->part_count && !mutant->lost[part])
        part++;
    return part;
}

void text_mutate(struct mutant *mutant) {
    json_mutate(mutant);
    if (first_lost(mutant) < mutant->header_lines)
        mutant_lose_from(mutant, 0);
}

void text_damage(struct mutant *mutant) {
    size_t count = json_part_count(buffer_slice(&mutant->bytes));
    size_t part = mutant_below(mutant, count);
    struct line line = line_find(mutant, part);
    size_t kind = mutant_below(mutant, ARRAY_SIZE(line_kinds));
    mutant->kind = line_kinds[kind].name;
    if (line.size)
        line_kinds[kind].damage(mutant, line);
}

void table_mutate(struct mutant *mutant) {
    json_mutate(mutant);
    mutant_lose_from(mutant, first_lost(mutant));
}
