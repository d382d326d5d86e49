// Which fields of a line may have a trigger
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_grams.h"

#include "base/memory.h"
#include "base/text.h"
#include "match/fold.h"
#include "match/plan_weight.h"
#include "match/trigger_sweep.h"
#include "match/trigger_sweep_keys.h"

#include <assert.h>

// Invariants:
//  1. A text of a field is made of one or two of the line's values as they stand there, but for the
//     bytes that transforms put in or exchange: '?' between stem and query, ' ' for '+'. A
//     literal's piece has none of these, so that it stands in one of these values whenever the
//     literal stands in the field.
//  2. A value beyond ASCII may hold any piece.
//  3. All these transforms leave the end of the text where the value ends: of a literal that must
//     stand at the end, the last piece stands at the end of a value.
//
// Cost: most lines hold no piece at all, which one sweep over their bytes says (trigger_sweep.c).
// Values that do not lie in the line as it is written (quotes within quotes), and all values of a
// line that the sweep cannot speak for, are looked at one by one: lines differ, their agents,
// referrers, paths, methods and states come again and again. Which pieces a value holds is
// remembered by its bytes, for values that a literal may stand in at all. Only a value that was
// not met lately is folded and scanned; only fields that two looks cannot rule out are rendered.
enum line_state {
    LINE_UNKNOWN,
    LINE_USABLE,
    LINE_USELESS, // the class's values are not UTF-8, or are transformed in other ways
};

enum {
    SHORTS_MAX = 8, // pieces of two or three bytes, looked for one by one
    SHORT_LEAST = 2,
    MEMOS = 4096, // under a MiB a worker
    MEMO_BYTES_MAX = 180,
    MARGIN = 16, // readable behind a text that is scanned
};

// A set of fields of a trigger index: a bit each, the last one for all that are more.
enum {
    FIELD_BITS = 64
};

static uint64_t field_bit(uint32_t field) {
    return UINT64_C(1) << (field < FIELD_BITS ? field : FIELD_BITS - 1);
}

// Which fields' pieces a value holds: one place of a direct-mapped table.
struct line_memo {
    uint64_t fields;
    uint32_t serial; // of the line index; 0: free
    uint32_t size;
    uint8_t bytes[MEMO_BYTES_MAX];
};

// A place of the record that some fields are read from.
struct line_slot {
    struct slot slot;
    uint64_t fields;
};

// The number of a piece is its field's place in the trigger index.
struct line_index {
    uint32_t serial; // never the same twice in one matcher
    struct gram_table grams;
    struct trigger_entry shorts[SHORTS_MAX];
    uint32_t short_count;
    const struct sweep *sweep; // NULL: too many short pieces, or no AVX2
    uint64_t open;             // fields with a literal that has no piece: always scanned
    uint32_t numeric_least;    // size of the shortest piece that is_numeric
};

// --- building

static bool piece_ends(uint8_t byte, bool whole) {
    return !whole && (byte == '?' || byte == ' ' || byte == '+');
}

// Times, addresses, ports, states and sizes are made of these alone; literals hardly ever.
static bool is_numeric(const uint8_t *data, size_t size) {
    size_t i = 0;
    while (i < size && data[i] >= '-' && data[i] <= ':' && data[i] != '/')
        i++;
    return i == size;
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
        if (piece.literal.size < line->numeric_least &&
            is_numeric(piece.literal.data, piece.literal.size))
            line->numeric_least = (uint32_t)piece.literal.size;
        if (piece.literal.size >= GRAM_SIZE)
            pieces[(*count)++] = piece;
        else if (piece.literal.size >= SHORT_LEAST && line->short_count < SHORTS_MAX)
            line->shorts[line->short_count++] = piece;
        else
            return false;
    }
    return true;
}

// The same literals for a sweep over whole lines.
static void line_index_sweep(struct line_index *line, struct arena *arena,
                             const struct trigger_index *index) {
    struct sweep_literal *literals = arena_new(arena, index->entry_count, sizeof *literals);
    assert(literals || index->entry_count == 0);
    uint32_t count = 0;
    for (uint32_t i = 0; i < index->field_count; i++) {
        const struct field_index *field = &index->fields[i];
        for (uint32_t k = 0; k < field->entry_count && !(line->open & field_bit(i)); k++) {
            const struct trigger_entry *entry = &field->entries[k];
            if (fold_is_ascii(entry->literal))
                literals[count++] = (struct sweep_literal){
                    .text = entry->literal,
                    .number = i,
                    .whole = field->symbol == COMPILED_NO_SYMBOL,
                    .at_end = entry->form == FORM_EQUALS || entry->form == FORM_ENDS};
        }
    }
    line->sweep = sweep_new(arena, literals, count);
}

static const struct line_index *line_index_new(struct matcher *matcher,
                                               const struct trigger_index *index) {
    struct arena *arena = plan_arena(matcher);
    struct line_index *line = arena_new(arena, 1, sizeof *line);
    struct trigger_entry *pieces = arena_new(arena, index->entry_count, sizeof *pieces);
    assert(line && pieces);
    line->serial = ++matcher->line_serial;
    line->numeric_least = UINT32_MAX;
    uint32_t count = 0;
    for (uint32_t i = 0; i < index->field_count; i++) {
        uint32_t before = count;
        uint32_t shorts_before = line->short_count;
        if (field_pieces(&index->fields[i], i, line, pieces, &count))
            continue;
        count = before;
        line->short_count = shorts_before;
        line->open |= field_bit(i);
    }
    gram_table_init(&line->grams, arena, pieces, count, GRAM_BITS_USUAL);
    if (matcher->has_avx2)
        line_index_sweep(line, arena, index);
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

// Fields of the index that are read from this one of the shape.
static uint64_t fields_reading(const struct trigger_index *index,
                               const struct class_symbol *const *symbols, uint32_t field) {
    uint64_t fields = 0;
    for (uint32_t i = 0; i < index->field_count; i++) {
        if (!symbols[i] && index->fields[i].symbol == COMPILED_NO_SYMBOL)
            fields |= field_bit(i); // keywords: every field
        for (uint32_t j = 0; symbols[i] && j < symbols[i]->count; j++) {
            const struct field_source *source = &symbols[i]->sources[j].source;
            if (source->field == field ||
                (source->field2 == field && field_transform_takes_two(source->transform)))
                fields |= field_bit(i);
        }
    }
    return fields;
}

static void class_find_slots(struct matcher *matcher, const struct trigger_index *index,
                             const struct class_symbol *const *symbols) {
    struct class_plan *class_plan = matcher->class_plan;
    const struct shape *shape = class_plan->event_class->shape;
    struct line_slot *slots = arena_new(plan_arena(matcher), shape->field_count, sizeof *slots);
    assert(slots || shape->field_count == 0);
    class_plan->line_slot_count = 0;
    for (uint32_t i = 0; i < shape->field_count; i++) {
        uint64_t fields = fields_reading(index, symbols, i);
        if (fields)
            slots[class_plan->line_slot_count++] =
                (struct line_slot){.slot = shape->fields[i].slot, .fields = fields};
    }
    class_plan->line_slots = slots;
}

static void line_meet(struct matcher *matcher, const struct gram_table *grams, struct slice text,
                      size_t at) {
    const struct key_slot *slot = key_table_find(&grams->table, bytes_get_u32(text.data + at));
    for (uint32_t i = 0; slot && i < slot->count; i++) {
        const struct trigger_entry *piece = grams->table.entries[slot->first + i];
        if (at >= piece->gram_offset &&
            slice_starts(slice_part(text, at - piece->gram_offset, SIZE_MAX), piece->literal))
            matcher->line_fields |= field_bit(piece->number);
    }
}

static __attribute__((target("avx2"))) void
line_meet_wide(struct matcher *matcher, const struct gram_table *grams, struct slice text) {
    grams_visit_wide(matcher, grams, text, line_meet);
}

// Set matcher->line_fields to the fields whose pieces the text holds.
static void line_look(struct matcher *matcher, const struct line_index *index,
                      const struct value *value) {
    struct buffer *line = &matcher->line;
    struct slice text = slice_of(value->data, value->size);
    buffer_reset(line);
    buffer_append_slice(line, text);
    uint8_t *end = buffer_reserve(line, MARGIN);
    matcher->line_fields = UINT64_MAX;
    if (!end || line->failed || !fold_is_ascii(text))
        return;
    memset(end, 0, MARGIN);
    text_fold_ascii(line->data, line->size, line->data);
    text = buffer_slice(line);
    matcher->line_fields = 0;
    for (uint32_t i = 0; i < index->short_count; i++)
        if (text_find(text, index->shorts[i].literal) != SIZE_MAX)
            matcher->line_fields |= field_bit(index->shorts[i].number);
    if (!index->grams.used || text.size < GRAM_SIZE)
        return;
    if (matcher->has_avx2)
        line_meet_wide(matcher, &index->grams, text);
    else
        grams_visit_narrow(matcher, &index->grams, text, line_meet);
}

// The same, as it was when the value was looked at last.
static uint64_t line_value(struct matcher *matcher, const struct line_index *index,
                           const struct value *value) {
    struct line_memo *memo = NULL;
    if (value->size <= MEMO_BYTES_MAX) {
        memo = &matcher->line_memos[trigger_memo_hash(index->serial, value) % MEMOS];
        if (memo->serial == index->serial && memo->size == value->size &&
            bytes_equal(memo->bytes, value->data, value->size))
            return memo->fields;
    }
    line_look(matcher, index, value);
    if (memo) {
        memo->serial = index->serial;
        memo->size = value->size;
        memo->fields = matcher->line_fields;
        memcpy(memo->bytes, value->data, value->size);
    }
    return matcher->line_fields;
}

// What a sweep over the event's line found.
struct line_sweep {
    struct slice line;
    struct sweep_hits hits;
    bool is_told;
};

static bool value_is_within(const struct value *value, struct slice line) {
    uintptr_t from = (uintptr_t)value->data - (uintptr_t)line.data;
    return from <= line.size && value->size <= line.size - from;
}

// The fields whose pieces the value, a part of the line, holds.
static uint64_t sweep_fields(const struct line_sweep *sweep, const struct value *value) {
    uint64_t fields = 0;
    size_t from = (size_t)(value->data - sweep->line.data), to = from + value->size;
    for (uint32_t i = 0; i < sweep->hits.count; i++) {
        const struct sweep_piece *piece = sweep->hits.at[i].piece;
        size_t start = sweep->hits.at[i].start, end = start + piece->text.size;
        if (start >= from && (piece->at_end ? end == to : end <= to))
            fields |= field_bit(piece->number);
    }
    return fields;
}

static uint64_t line_value_fields(struct matcher *matcher, const struct line_index *index,
                                  const struct line_sweep *sweep, const struct value *value) {
    if (sweep->is_told && value_is_within(value, sweep->line))
        return sweep->hits.count ? sweep_fields(sweep, value) : 0;
    if (value->size < index->numeric_least && is_numeric(value->data, value->size))
        return 0;
    return line_value(matcher, index, value);
}

// The fields that may have a trigger. False when a value is none that shows as its bytes.
static bool line_gather(struct matcher *matcher, const struct line_index *index,
                        uint64_t *ret_fields) {
    const struct event *event = matcher->event;
    const struct class_plan *class_plan = matcher->class_plan;
    uint64_t fields = index->open;
    struct line_sweep sweep;
    sweep.line = event->raw;
    sweep.is_told =
        index->sweep && event->raw.data && sweep_line(index->sweep, event->raw, &sweep.hits);
    *ret_fields = fields;
    if (sweep.is_told && event->is_verbatim && !sweep.hits.count)
        return true;
    for (uint32_t i = 0; i < class_plan->line_slot_count; i++) {
        const struct line_slot *place = &class_plan->line_slots[i];
        if (place->slot.index >= event->bank_sizes[place->slot.bank])
            continue;
        const struct value *value = &event->banks[place->slot.bank][place->slot.index];
        if (value_is_null(value) || value->size < SHORT_LEAST)
            continue;
        if (value->kind != VALUE_UTF8)
            return false;
        fields |= line_value_fields(matcher, index, &sweep, value) & place->fields;
    }
    *ret_fields = fields;
    return true;
}

struct line_memo *line_memos_new(void) {
    return memory_new(MEMOS, sizeof(struct line_memo));
}

bool line_scan(struct matcher *matcher, const struct trigger_index *index,
               const struct class_symbol *const *symbols) {
    struct class_plan *class_plan = matcher->class_plan;
    struct rule_plan *plan = class_plan->plan;
    if (class_plan->line_state == LINE_USELESS)
        return false;
    if (class_plan->line_state == LINE_UNKNOWN) {
        class_plan->line_state = LINE_USELESS;
        if (!class_keeps_pieces(class_plan->event_class, index, symbols))
            return false;
        class_plan->line_state = LINE_USABLE;
        class_find_slots(matcher, index, symbols);
    }
    if (!plan->line)
        plan->line = line_index_new(matcher, index);
    uint64_t fields;
    if (!line_gather(matcher, plan->line, &fields)) {
        class_plan->line_state = LINE_USELESS;
        return false;
    }
    matcher->line_fields = fields;
    return true;
}

bool line_has_field(const struct matcher *matcher, uint32_t field) {
    return matcher->line_fields & field_bit(field);
}
