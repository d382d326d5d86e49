// Values that stand for several: dashes, placeholders
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include <assert.h>

// Texts and wildcards put together into one pattern.
struct joiner {
    struct pattern_part *parts;
    uint32_t count;
    uint32_t capacity;
};

static bool joiner_add(struct sigma_reader *reader, struct joiner *joiner,
                       const struct pattern_part *part) {
    struct pattern_part *last = joiner->count ? &joiner->parts[joiner->count - 1] : NULL;
    if (part->kind == PATTERN_LITERAL && !part->literal.size)
        return true;
    if (last && last->kind == PATTERN_ANY && part->kind == PATTERN_ANY)
        return true;
    if (last && last->kind == PATTERN_LITERAL && part->kind == PATTERN_LITERAL) {
        uint8_t *text = sigma_new(reader, last->literal.size + part->literal.size, 1);
        if (!text)
            return false;
        memcpy(text, last->literal.data, last->literal.size);
        memcpy(text + last->literal.size, part->literal.data, part->literal.size);
        last->literal = slice_of(text, last->literal.size + part->literal.size);
        return true;
    }
    assert(joiner->count < joiner->capacity);
    joiner->parts[joiner->count++] = *part;
    return true;
}

// A pattern as a row of pieces, each with its alternatives: the product of them is what the
// value stands for.
struct piece {
    const struct pattern *choices;
    uint32_t choice_count;
    struct pattern_part part; // when choice_count is 0
};

struct pieces {
    struct piece *items;
    uint32_t count;
    uint32_t capacity;
};

static bool pieces_add(struct sigma_reader *reader, struct pieces *pieces, struct piece piece) {
    if (pieces->count == pieces->capacity) {
        uint32_t capacity = pieces->capacity ? pieces->capacity * 2 : 8;
        struct piece *items = sigma_new(reader, capacity, sizeof *items);
        if (!items)
            return false;
        if (pieces->count)
            memcpy(items, pieces->items, pieces->count * sizeof *items);
        pieces->items = items;
        pieces->capacity = capacity;
    }
    pieces->items[pieces->count++] = piece;
    return true;
}

static bool pieces_add_literal(struct sigma_reader *reader, struct pieces *pieces,
                               struct slice text) {
    struct piece piece = {.part = {.kind = PATTERN_LITERAL, .literal = text}};
    return !text.size || pieces_add(reader, pieces, piece);
}

// The pattern that takes choice number `number` (mixed radix over the pieces).
static bool pieces_choose(struct sigma_reader *reader, const struct pieces *pieces, size_t number,
                          struct pattern *ret_pattern) {
    uint32_t capacity = 0;
    size_t rest = number;
    for (uint32_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->items[i];
        if (!piece->choice_count) {
            capacity++;
            continue;
        }
        capacity += piece->choices[rest % piece->choice_count].part_count;
        rest /= piece->choice_count;
    }
    struct joiner joiner = {.capacity = capacity};
    joiner.parts = sigma_new(reader, capacity + 1, sizeof *joiner.parts);
    if (!joiner.parts)
        return false;
    for (uint32_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->items[i];
        if (!piece->choice_count) {
            if (!joiner_add(reader, &joiner, &piece->part))
                return false;
            continue;
        }
        const struct pattern *choice = &piece->choices[number % piece->choice_count];
        number /= piece->choice_count;
        for (uint32_t j = 0; j < choice->part_count; j++)
            if (!joiner_add(reader, &joiner, &choice->parts[j]))
                return false;
    }
    ret_pattern->parts = joiner.parts;
    ret_pattern->part_count = joiner.count;
    return true;
}

typedef enum status pattern_split(struct sigma_reader *reader, uint32_t line, struct slice literal,
                                  struct pieces *pieces);

static enum status pattern_take_apart(struct sigma_reader *reader, uint32_t line,
                                      const struct pattern *pattern, pattern_split *split,
                                      struct pieces *pieces) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < pattern->part_count && !status; i++) {
        const struct pattern_part *part = &pattern->parts[i];
        if (part->kind == PATTERN_LITERAL)
            status = split(reader, line, part->literal, pieces);
        else if (!pieces_add(reader, pieces, (struct piece){.part = *part}))
            status = STATUS_LIMIT;
    }
    return status;
}

static enum status pieces_count(struct sigma_reader *reader, uint32_t line,
                                const struct pieces *pieces, size_t *ret_count) {
    size_t count = 1;
    for (uint32_t i = 0; i < pieces->count; i++)
        if (pieces->items[i].choice_count) {
            count *= pieces->items[i].choice_count;
            if (count > SIGMA_ALTERNATIVES_MAX)
                return problem_set_line(reader->problem, STATUS_LIMIT, line,
                                        "the value stands for more than %d texts",
                                        SIGMA_ALTERNATIVES_MAX);
        }
    *ret_count = count;
    return STATUS_OK;
}

static enum status patterns_multiply(struct sigma_reader *reader, uint32_t line,
                                     pattern_split *split, struct sigma_patterns *patterns) {
    struct sigma_patterns result = {0};
    for (uint32_t i = 0; i < patterns->count; i++) {
        struct pieces pieces = {0};
        size_t count = 0;
        enum status status = pattern_take_apart(reader, line, &patterns->items[i], split, &pieces);
        if (!status)
            status = pieces_count(reader, line, &pieces, &count);
        if (status)
            return status;
        if (count > SIGMA_ALTERNATIVES_MAX - result.count)
            return problem_set_line(reader->problem, STATUS_LIMIT, line,
                                    "the value stands for more than %d texts",
                                    SIGMA_ALTERNATIVES_MAX);
        struct pattern *items = sigma_new(reader, result.count + count, sizeof *items);
        if (!items)
            return STATUS_LIMIT;
        if (result.count)
            memcpy(items, result.items, result.count * sizeof *items);
        for (size_t number = 0; number < count; number++) {
            items[result.count + number] = patterns->items[i];
            if (!pieces_choose(reader, &pieces, number, &items[result.count + number]))
                return STATUS_LIMIT;
        }
        result.items = items;
        result.count += (uint32_t)count;
    }
    *patterns = result;
    return STATUS_OK;
}

// The size of a dash at `at`: - / en dash, em dash, horizontal bar; 0 when there is none.
static size_t dash_size(struct slice text, size_t at) {
    uint8_t byte = text.data[at];
    if (byte == '-' || byte == '/')
        return 1;
    struct slice three = slice_part(text, at, 3);
    if (slice_equal(three, SLICE("\xe2\x80\x93")) || slice_equal(three, SLICE("\xe2\x80\x94")) ||
        slice_equal(three, SLICE("\xe2\x80\x95")))
        return 3;
    return 0;
}

static bool is_word(struct slice text, size_t at) {
    if (at >= text.size)
        return false;
    uint8_t byte = text.data[at];
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte >= 0x80;
}

static bool ends_with_dash(struct slice text, size_t at) {
    return at >= 3 && dash_size(text, at - 3) == 3;
}

// A dash begins a flag when a word follows it and no word stands before it: "-foo", " /c", but
// neither in "a-b" nor in "foo -".
static enum status split_dashes(struct sigma_reader *reader, uint32_t line, struct slice literal,
                                struct pieces *pieces) {
    static const struct pattern_part dashes[] = {
        {PATTERN_LITERAL, {(const uint8_t *)"-", 1}},
        {PATTERN_LITERAL, {(const uint8_t *)"/", 1}},
        {PATTERN_LITERAL, {(const uint8_t *)"\xe2\x80\x93", 3}},
        {PATTERN_LITERAL, {(const uint8_t *)"\xe2\x80\x94", 3}},
        {PATTERN_LITERAL, {(const uint8_t *)"\xe2\x80\x95", 3}},
    };
    static const struct pattern choices[] = {
        {&dashes[0], 1, false}, {&dashes[1], 1, false}, {&dashes[2], 1, false},
        {&dashes[3], 1, false}, {&dashes[4], 1, false},
    };
    (void)line;
    size_t from = 0;
    for (size_t at = 0; at < literal.size; at++) {
        size_t size = dash_size(literal, at);
        bool flag = size && is_word(literal, at + size) && !dash_size(literal, at + size) &&
                    (at == 0 || !is_word(literal, at - 1) || ends_with_dash(literal, at));
        if (!flag)
            continue;
        struct piece piece = {.choices = choices, .choice_count = ARRAY_SIZE(choices)};
        if (!pieces_add_literal(reader, pieces, slice_part(literal, from, at - from)) ||
            !pieces_add(reader, pieces, piece))
            return STATUS_LIMIT;
        at += size - 1;
        from = at + 1;
    }
    return pieces_add_literal(reader, pieces, slice_part(literal, from, literal.size))
               ? STATUS_OK
               : STATUS_LIMIT;
}

enum status sigma_windash(struct sigma_reader *reader, uint32_t line,
                          struct sigma_patterns *patterns) {
    return patterns_multiply(reader, line, split_dashes, patterns);
}

// The size of "%name%" at `at`, or 0.
static size_t placeholder_size(struct slice text, size_t at, struct slice *ret_name) {
    size_t end = at + 1;
    while (end < text.size && text.data[end] < 0x80 && is_word(text, end))
        end++;
    if (text.data[at] != '%' || end == at + 1 || end >= text.size || text.data[end] != '%')
        return 0;
    *ret_name = slice_part(text, at + 1, end - at - 1);
    return end + 1 - at;
}

static enum status placeholder_add(struct sigma_reader *reader, uint32_t line, struct slice name,
                                   struct pieces *pieces) {
    const struct sigma_placeholder *placeholder =
        sigma_placeholder_find(reader->placeholders, name);
    if (!placeholder)
        return sigma_refuse(reader, line, "the placeholder %%%.*s%% is not defined",
                            SIGMA_TEXT(name));
    struct pattern *choices = sigma_new(reader, placeholder->count, sizeof *choices);
    if (!choices)
        return STATUS_LIMIT;
    for (uint32_t i = 0; i < placeholder->count; i++)
        if (sigma_pattern_read(reader, placeholder->values[i], &choices[i]))
            return STATUS_LIMIT;
    struct piece piece = {.choices = choices, .choice_count = placeholder->count};
    return pieces_add(reader, pieces, piece) ? STATUS_OK : STATUS_LIMIT;
}

// Sigma rules 2.1.0, "Placeholders": \% is a percent sign.
static enum status split_placeholders(struct sigma_reader *reader, uint32_t line,
                                      struct slice literal, struct pieces *pieces) {
    size_t from = 0;
    for (size_t at = 0; at < literal.size; at++) {
        bool escaped = literal.data[at] == '\\' && slice_part(literal, at + 1, 1).size &&
                       literal.data[at + 1] == '%';
        struct slice name;
        size_t size = escaped ? 1 : placeholder_size(literal, at, &name);
        if (!size)
            continue;
        if (!pieces_add_literal(reader, pieces, slice_part(literal, from, at - from)))
            return STATUS_LIMIT;
        enum status status = escaped ? STATUS_OK : placeholder_add(reader, line, name, pieces);
        if (status)
            return status;
        from = at + size;
        at += escaped ? 1 : size - 1; // the percent sign itself stays
    }
    return pieces_add_literal(reader, pieces, slice_part(literal, from, literal.size))
               ? STATUS_OK
               : STATUS_LIMIT;
}

enum status sigma_expand(struct sigma_reader *reader, uint32_t line,
                         struct sigma_patterns *patterns) {
    return patterns_multiply(reader, line, split_placeholders, patterns);
}
