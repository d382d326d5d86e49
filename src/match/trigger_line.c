// Which fields of a line may have a trigger
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_grams.h"

#include "base/memory.h"
#include "base/text.h"
#include "match/fold.h"
#include "match/plan_weight.h"

#include <assert.h>

// Invariants:
//  1. A text of a field is a stretch of the line, but for the bytes that transforms put in or
//     exchange: '?' between stem and query, ' ' for '+'. A literal's piece has none of these, so
//     that it stands in the line whenever the literal stands in the field.
//  2. Lines beyond ASCII are not looked at: their fields are scanned one by one.
enum line_state {
    LINE_UNKNOWN,
    LINE_USABLE,
    LINE_USELESS, // the class's values are not UTF-8, or are transformed in other ways
};

enum {
    SHORTS_MAX = 8, // pieces of two or three bytes, looked for one by one
    SHORT_LEAST = 2,
};

// The number of a piece is its field's place in the trigger index.
struct line_index {
    struct gram_table grams;
    struct trigger_entry shorts[SHORTS_MAX];
    uint32_t short_count;
    const uint32_t *open; // fields with a literal that has no piece: always scanned
    uint32_t open_count;
};

// --- building

static bool piece_ends(uint8_t byte, bool whole) {
    return !whole && (byte == '?' || byte == ' ' || byte == '+');
}

static uint32_t piece_gram(struct slice piece, uint32_t *ret_rarity) {
    uint32_t best = 0;
    *ret_rarity = 0;
    for (uint32_t i = 0; i + GRAM_SIZE <= piece.size; i++) {
        uint32_t rarity = weight_rarity(slice_part(piece, i, GRAM_SIZE));
        if (rarity <= *ret_rarity)
            continue;
        *ret_rarity = rarity;
        best = i;
    }
    return best;
}

// The piece of a literal with the rarest gram, or else its longest. What keywords are looked for in
// is never transformed: their piece is the `whole` literal.
static void piece_find(struct slice literal, bool whole, struct trigger_entry *ret_piece) {
    uint32_t best = 0;
    size_t start = 0;
    while (start < literal.size) {
        size_t end = start;
        while (end < literal.size && !piece_ends(literal.data[end], whole))
            end++;
        struct slice piece = slice_part(literal, start, end - start);
        uint32_t rarity;
        uint32_t offset = piece_gram(piece, &rarity);
        if (rarity > best || (best == 0 && piece.size > ret_piece->literal.size)) {
            best = rarity;
            ret_piece->literal = piece;
            ret_piece->gram_offset = offset;
        }
        start = end + 1;
    }
}

// False when some literal of the field has no piece, or there are too many short ones.
static bool field_pieces(const struct field_index *field, uint32_t number, struct line_index *line,
                         struct trigger_entry *pieces, uint32_t *count) {
    bool whole = field->symbol == COMPILED_NO_SYMBOL;
    for (uint32_t i = 0; i < field->entry_count; i++) {
        struct trigger_entry piece = {.number = number, .form = FORM_CONTAINS};
        struct slice literal = field->entries[i].literal;
        // Nothing beyond ASCII stands in a line that is looked at.
        if (!fold_is_ascii(literal))
            continue;
        piece_find(literal, whole, &piece);
        if (piece.literal.size >= GRAM_SIZE)
            pieces[(*count)++] = piece;
        else if (piece.literal.size >= SHORT_LEAST && line->short_count < SHORTS_MAX)
            line->shorts[line->short_count++] = piece;
        else
            return false;
    }
    return true;
}

static const struct line_index *line_index_new(const struct trigger_index *index,
                                               struct arena *arena) {
    struct line_index *line = arena_new(arena, 1, sizeof *line);
    struct trigger_entry *pieces = arena_new(arena, index->entry_count, sizeof *pieces);
    uint32_t *open = arena_new(arena, index->field_count, sizeof *open);
    assert(line && pieces && open);
    uint32_t count = 0;
    for (uint32_t i = 0; i < index->field_count; i++) {
        uint32_t before = count;
        uint32_t shorts_before = line->short_count;
        if (field_pieces(&index->fields[i], i, line, pieces, &count))
            continue;
        count = before;
        line->short_count = shorts_before;
        open[line->open_count++] = i;
    }
    line->open = open;
    gram_table_init(&line->grams, arena, pieces, count);
    return line;
}

// --- scanning

static bool transform_keeps_pieces(enum field_transform transform) {
    switch (transform) {
    case FIELD_TRANSFORM_NONE:
    case FIELD_TRANSFORM_QUERY:
    case FIELD_TRANSFORM_JOIN_QUERY:
    case FIELD_TRANSFORM_PLUS_BLANK:
    case FIELD_TRANSFORM_PATH_EXTENSION:
        return true;
    default:
        return false;
    }
}

static bool class_keeps_pieces(const struct event_class *event_class,
                               const struct trigger_index *index,
                               const struct class_symbol *const *symbols) {
    if (event_class->message != EVENT_MESSAGE_NONE)
        return false;
    for (uint32_t i = 0; i < index->field_count; i++)
        for (uint32_t j = 0; symbols[i] && j < symbols[i]->count; j++)
            if (!transform_keeps_pieces(symbols[i]->sources[j].source.transform))
                return false;
    return true;
}

// The event's bytes as one text, with what does not lie in its line behind it. False when a value
// is none that shows as its bytes.
static bool line_gather(struct matcher *matcher) {
    const struct event *event = matcher->event;
    struct buffer *line = &matcher->line;
    buffer_reset(line);
    buffer_append_slice(line, event->raw);
    for (size_t bank = 0; bank < EVENT_BANKS_MAX; bank++) {
        for (size_t i = 0; i < event->bank_sizes[bank]; i++) {
            const struct value *value = &event->banks[bank][i];
            if (value_is_null(value) || value->size == 0)
                continue;
            if (value->kind != VALUE_UTF8)
                return false;
            uintptr_t at = (uintptr_t)value->data - (uintptr_t)event->raw.data;
            if (at < event->raw.size && value->size <= event->raw.size - at)
                continue;
            buffer_append_byte(line, '\n');
            buffer_append(line, value->data, value->size);
        }
    }
    return true;
}

static void line_meet(struct matcher *matcher, const struct gram_table *grams, struct slice text,
                      size_t at) {
    const struct key_slot *slot = key_table_find(&grams->table, bytes_get_u32(text.data + at));
    for (uint32_t i = 0; slot && i < slot->count; i++) {
        const struct trigger_entry *piece = grams->table.entries[slot->first + i];
        uint32_t *stamp = &matcher->line_stamps[piece->number];
        if (*stamp != matcher->generation && at >= piece->gram_offset &&
            slice_starts(slice_part(text, at - piece->gram_offset, SIZE_MAX), piece->literal))
            *stamp = matcher->generation;
    }
}

static __attribute__((target("avx2"))) void
line_meet_wide(struct matcher *matcher, const struct gram_table *grams, struct slice text) {
    grams_visit_wide(matcher, grams, text, line_meet);
}

static void line_fit_stamps(struct matcher *matcher, uint32_t count) {
    if (count <= matcher->line_capacity)
        return;
    matcher->line_stamps = memory_resize(matcher->line_stamps, count, sizeof *matcher->line_stamps);
    memset(matcher->line_stamps, 0, count * sizeof *matcher->line_stamps);
    matcher->line_capacity = count;
}

// The line folded, with readable bytes behind it; false when it is not one to be looked at.
static bool line_fold(struct matcher *matcher) {
    enum {
        MARGIN = 16
    };
    struct buffer *line = &matcher->line;
    uint8_t *end = buffer_reserve(line, MARGIN);
    if (!end || line->failed || !fold_is_ascii(buffer_slice(line)))
        return false;
    memset(end, 0, MARGIN);
    text_fold_ascii(line->data, line->size, line->data);
    return true;
}

static void line_look(struct matcher *matcher, const struct line_index *index) {
    struct slice line = buffer_slice(&matcher->line);
    for (uint32_t i = 0; i < index->open_count; i++)
        matcher->line_stamps[index->open[i]] = matcher->generation;
    for (uint32_t i = 0; i < index->short_count; i++)
        if (text_find(line, index->shorts[i].literal) != SIZE_MAX)
            matcher->line_stamps[index->shorts[i].number] = matcher->generation;
    if (!index->grams.used || line.size < GRAM_SIZE)
        return;
    if (matcher->has_avx2)
        line_meet_wide(matcher, &index->grams, line);
    else
        grams_visit_narrow(matcher, &index->grams, line, line_meet);
}

bool line_scan(struct matcher *matcher, const struct trigger_index *index,
               const struct class_symbol *const *symbols) {
    struct class_plan *class_plan = matcher->class_plan;
    if (class_plan->line_state == LINE_UNKNOWN)
        class_plan->line_state = class_keeps_pieces(class_plan->event_class, index, symbols)
                                     ? LINE_USABLE
                                     : LINE_USELESS;
    if (class_plan->line_state == LINE_USELESS)
        return false;
    if (!line_gather(matcher)) {
        class_plan->line_state = LINE_USELESS;
        return false;
    }
    if (!line_fold(matcher))
        return false;
    struct rule_plan *plan = class_plan->plan;
    if (!plan->line)
        plan->line = line_index_new(index, plan_arena(matcher));
    line_fit_stamps(matcher, index->field_count);
    line_look(matcher, plan->line);
    return true;
}

bool line_has_field(const struct matcher *matcher, uint32_t field) {
    return matcher->line_stamps[field] == matcher->generation;
}
