// A template or fragment, compiled to fields
// SPDX-License-Identifier: Apache-2.0
#include "decode/evtx_program.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <assert.h>

// Paths follow the JSON that evtx_dump writes:
//
//     <Event><System><EventID Qualifiers="1">2</EventID>
//     Event.System.EventID.#attributes.Qualifiers
//                                                          Event.System.EventID.#text
//     <EventData><Data Name="Image">                       Event.EventData.Image
//     <EventData><Data>                                    Event.EventData.Data.#text
//     <Binary> twice in one element                        ...Binary and ...Binary_1
//
// A '.' or '\' inside a name has a '\' before it.

static const char REASON_MEMORY[] = "templates of the file need too much memory";
static const char REASON_FIELDS[] = "template has too many fields";
static const char REASON_PATH[] = "template has too long names";
static const char REASON_SUBSTITUTION[] = "template refers to too many substitutions";

void evtx_workshop_init(struct evtx_workshop *workshop) {
    workshop->items = memory_new(SHAPE_FIELDS_MAX, sizeof *workshop->items);
    workshop->siblings = memory_new(SHAPE_FIELDS_MAX, sizeof *workshop->siblings);
    workshop->pieces = memory_new(SHAPE_FIELDS_MAX, sizeof *workshop->pieces);
    workshop->composed = memory_new(SHAPE_FIELDS_MAX, sizeof *workshop->composed);
    workshop->compositions = memory_new(SHAPE_FIELDS_MAX, sizeof *workshop->compositions);
    buffer_init(&workshop->path, EVTX_PATH_SIZE_MAX);
}

void evtx_workshop_done(struct evtx_workshop *workshop) {
    memory_free(workshop->items);
    memory_free(workshop->siblings);
    memory_free(workshop->pieces);
    memory_free(workshop->composed);
    memory_free(workshop->compositions);
    buffer_done(&workshop->path);
}

// The element that is being read.
struct frame {
    uint32_t name;
    size_t path_size;    // of the builder's path, the element's own segment included
    size_t sibling_from; // its children's names in the builder's siblings
    size_t piece_from;   // its text in the builder's pieces
    bool is_data;        // Data in EventData or UserData
    bool has_attributes; // that make fields
    bool has_children;
    bool in_attribute;     // pieces belong to the attribute
    uint32_t attribute;    // its name
    uint32_t data_name;    // 0: none
    uint32_t nested_count; // substitutions typed as BinXML in its content
    uint32_t nested_item;  // the last of them
};

struct builder {
    const struct evtx_scan *scan;
    struct evtx_workshop *workshop;
    struct arena *arena;
    struct evtx_program *program;
    uint32_t item_count;
    size_t sibling_count;
    size_t piece_count;
    size_t composed_count;
    uint32_t composition_count;
    uint32_t literal_count;
    uint32_t value_count;
    size_t path_bytes;
    struct frame frames[EVTX_ELEMENTS_MAX];
    uint32_t depth;
};

static void builder_append_segment(struct builder *builder, struct slice name, uint32_t repeat) {
    struct buffer *path = &builder->workshop->path;
    if (path->size)
        buffer_append_byte(path, '.');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '.' || name.data[i] == '\\')
            buffer_append_byte(path, '\\');
        buffer_append_byte(path, name.data[i]);
    }
    if (repeat) {
        buffer_append_byte(path, '_');
        buffer_append_u64(path, repeat);
    }
}

static struct slice builder_name(const struct builder *builder, uint32_t name) {
    return evtx_dictionary_text(builder->scan->names, name);
}

// Which bank place the pieces from `from` on make: themselves, or a composition.
static const char *builder_take_pieces(struct builder *builder, size_t from,
                                       struct evtx_item *item) {
    size_t count = builder->piece_count - from;
    assert(count);
    builder->piece_count = from;
    if (count == 1) {
        struct evtx_piece piece = builder->workshop->pieces[from];
        item->source = piece.is_literal ? EVTX_ITEM_LITERAL : EVTX_ITEM_SUBSTITUTION;
        item->index = piece.index;
        item->may_nest = !piece.is_literal;
        return NULL;
    }
    if (builder->composition_count == SHAPE_FIELDS_MAX ||
        builder->composed_count + count > SHAPE_FIELDS_MAX)
        return REASON_FIELDS;
    memcpy(builder->workshop->composed + builder->composed_count, builder->workshop->pieces + from,
           count * sizeof *builder->workshop->pieces);
    builder->workshop->compositions[builder->composition_count] =
        (struct evtx_composition){(uint32_t)builder->composed_count, (uint32_t)count};
    builder->composed_count += count;
    item->source = EVTX_ITEM_COMPOSED;
    item->index = (uint16_t)builder->composition_count++;
    item->may_nest = false;
    return NULL;
}

static const char *builder_add(struct builder *builder, struct evtx_item item) {
    if (builder->item_count == SHAPE_FIELDS_MAX)
        return REASON_FIELDS;
    if (builder->workshop->path.failed)
        return REASON_PATH;
    builder->path_bytes += builder->workshop->path.size + item.name.size;
    if (builder->path_bytes > EVTX_PROGRAM_PATH_BYTES_MAX)
        return REASON_PATH;
    item.path = arena_keep(builder->arena, buffer_slice(&builder->workshop->path));
    item.name = arena_keep(builder->arena, item.name);
    if (!item.path.data || !item.name.data)
        return REASON_MEMORY;
    builder->workshop->items[builder->item_count++] = item;
    return NULL;
}

// "Provider_Name": an attribute is called after its element too.
static const char *builder_add_attribute(struct builder *builder, struct frame *frame) {
    frame->in_attribute = false;
    if (builder->piece_count == frame->piece_from)
        return NULL;
    if (frame->is_data) { // a Data element of EventData is known by its Name alone
        builder->piece_count = frame->piece_from;
        return NULL;
    }
    struct evtx_item item = {0};
    const char *reason = builder_take_pieces(builder, frame->piece_from, &item);
    if (reason)
        return reason;
    item.may_nest = false;
    frame->has_attributes = true;
    struct slice attribute = builder_name(builder, frame->attribute);
    struct slice element = builder_name(builder, frame->name);
    struct buffer name;
    buffer_init(&name, EVTX_PATH_SIZE_MAX);
    buffer_append_slice(&name, element);
    buffer_append_byte(&name, '_');
    buffer_append_slice(&name, attribute);
    item.name = buffer_slice(&name);
    builder_append_segment(builder, SLICE("#attributes"), 0);
    builder_append_segment(builder, attribute, 0);
    reason = name.failed ? REASON_PATH : builder_add(builder, item);
    buffer_done(&name);
    builder->workshop->path.size = frame->path_size;
    return reason;
}

// A substitution where an instance may stand continues the element's path.
static const char *builder_set_parent(struct builder *builder, struct evtx_item *item) {
    item->parent =
        builder->workshop->path.failed
            ? INTERN_FULL
            : intern_add(&builder->scan->names->interner, buffer_slice(&builder->workshop->path));
    return item->parent == INTERN_FULL ? REASON_PATH : NULL;
}

// The place of a nested instance.
static const char *builder_add_nested(struct builder *builder, struct frame *frame,
                                      uint16_t index) {
    struct evtx_item item = {.source = EVTX_ITEM_NESTED, .index = index, .may_nest = true};
    const char *reason = builder_set_parent(builder, &item);
    if (reason)
        return reason;
    item.name = builder_name(builder, frame->name);
    frame->nested_count++;
    frame->nested_item = builder->item_count;
    return builder_add(builder, item);
}

// The element's own text, or its emptiness.
static const char *builder_add_content(struct builder *builder, struct frame *frame) {
    struct evtx_item item = {.source = EVTX_ITEM_LITERAL, .index = UINT16_MAX};
    bool has_text = builder->piece_count > frame->piece_from;
    bool has_more = frame->has_children || frame->has_attributes;
    if (!has_text && !has_more && frame->nested_count == 1)
        // Without an instance the element is empty, which is a field too.
        builder->workshop->items[frame->nested_item].source = EVTX_ITEM_SUBSTITUTION;
    if (!has_text && (has_more || frame->nested_count))
        return NULL;
    const char *reason = NULL;
    if (has_text)
        reason = builder_take_pieces(builder, frame->piece_from, &item);
    if (!reason && item.may_nest)
        reason = builder_set_parent(builder, &item);
    if (reason)
        return reason;
    item.name = builder_name(builder, frame->data_name ? frame->data_name : frame->name);
    if (frame->is_data && !frame->has_children)
        item.form = frame->data_name ? FIELD_FORM_NAMED_DATA : FIELD_FORM_UNNAMED_DATA;
    if (item.form == FIELD_FORM_UNNAMED_DATA || has_more)
        builder_append_segment(builder, SLICE("#text"), 0);
    return builder_add(builder, item);
}

static bool builder_in_container(const struct builder *builder) {
    return builder->depth ? evtx_name_is_container(builder->frames[builder->depth - 1].name)
                          : builder->scan->in_container;
}

static const char *builder_start(struct builder *builder, uint32_t name) {
    assert(builder->depth < EVTX_ELEMENTS_MAX);
    uint32_t repeat = 0;
    bool is_data = name == EVTX_NAME_DATA && builder_in_container(builder);
    if (builder->depth) {
        struct frame *parent = &builder->frames[builder->depth - 1];
        parent->has_children = true;
        if (!is_data) {
            if (builder->sibling_count == SHAPE_FIELDS_MAX)
                return REASON_FIELDS;
            for (size_t i = parent->sibling_from; i < builder->sibling_count; i++)
                repeat += builder->workshop->siblings[i] == name;
            builder->workshop->siblings[builder->sibling_count++] = name;
        }
    }
    builder_append_segment(builder, builder_name(builder, name), repeat);
    builder->frames[builder->depth++] = (struct frame){
        .name = name,
        .path_size = builder->workshop->path.size,
        .sibling_from = builder->sibling_count,
        .piece_from = builder->piece_count,
        .is_data = is_data,
    };
    return NULL;
}

static const char *builder_end(struct builder *builder) {
    struct frame *frame = &builder->frames[builder->depth - 1];
    const char *reason = frame->in_attribute ? builder_add_attribute(builder, frame) : NULL;
    if (!reason)
        reason = builder_add_content(builder, frame);
    if (reason)
        return reason;
    builder->sibling_count = frame->sibling_from;
    builder->piece_count = frame->piece_from;
    builder->depth--;
    builder->workshop->path.size =
        builder->depth ? builder->frames[builder->depth - 1].path_size : 0;
    return NULL;
}

static const char *builder_piece(struct builder *builder, uint32_t word) {
    struct frame *frame = &builder->frames[builder->depth - 1];
    bool is_literal = (word & EVTX_WORD_OPERATION) == EVTX_WORD_LITERAL;
    uint32_t index = is_literal ? builder->literal_count++ : word & UINT16_MAX;
    if (builder->piece_count == SHAPE_FIELDS_MAX || index == UINT16_MAX)
        return is_literal ? REASON_FIELDS : REASON_SUBSTITUTION;
    if (!is_literal && index >= builder->value_count)
        builder->value_count = index + 1;
    if (!is_literal && !frame->in_attribute && (word & EVTX_WORD_TYPED_BINXML))
        return builder_add_nested(builder, frame, (uint16_t)index);
    builder->workshop->pieces[builder->piece_count++] =
        (struct evtx_piece){is_literal, (uint16_t)index};
    return NULL;
}

// Attributes come before content, but for the words there is no mark between them: an
// attribute has exactly one run of pieces, which the next attribute, element, or end closes.
static const char *builder_word(struct builder *builder, uint32_t word) {
    uint32_t operation = word & EVTX_WORD_OPERATION;
    uint32_t name = word & EVTX_WORD_OPERAND;
    struct frame *frame = builder->depth ? &builder->frames[builder->depth - 1] : NULL;
    if (frame && frame->in_attribute && operation != EVTX_WORD_LITERAL &&
        operation != EVTX_WORD_SUBSTITUTION) {
        const char *reason = builder_add_attribute(builder, frame);
        if (reason)
            return reason;
    }
    switch (operation) {
    case EVTX_WORD_ELEMENT:
        return builder_start(builder, name);
    case EVTX_WORD_END:
        return builder_end(builder);
    case EVTX_WORD_ATTRIBUTE:
        frame->in_attribute = true;
        frame->attribute = name;
        return NULL;
    case EVTX_WORD_CONTENT:
        return NULL;
    case EVTX_WORD_DATA_NAME:
        // The name takes the place of the segment "Data".
        builder->workshop->path.size = builder->depth > 1
                                           ? builder->frames[builder->depth - 2].path_size
                                           : builder_name(builder, builder->program->parent).size;
        builder_append_segment(builder, builder_name(builder, name), 0);
        frame->path_size = builder->workshop->path.size;
        frame->data_name = name;
        return NULL;
    default:
        return builder_piece(builder, word);
    }
}

static void *builder_keep(struct builder *builder, const void *from, size_t count, size_t size) {
    void *kept = arena_new(builder->arena, count, size);
    if (kept && count)
        memcpy(kept, from, count * size);
    return kept;
}

static const char *builder_finish(struct builder *builder) {
    struct evtx_program *program = builder->program;
    program->item_count = builder->item_count;
    program->value_count = builder->value_count;
    program->composition_count = builder->composition_count;
    struct evtx_workshop *workshop = builder->workshop;
    program->items =
        builder_keep(builder, workshop->items, builder->item_count, sizeof *workshop->items);
    program->compositions =
        builder_keep(builder, workshop->compositions, builder->composition_count,
                     sizeof *workshop->compositions);
    program->pieces = builder_keep(builder, workshop->composed, builder->composed_count,
                                   sizeof *workshop->composed);
    uint32_t *nest_parents = arena_new(builder->arena, builder->value_count, sizeof *nest_parents);
    program->nest_parents = nest_parents;
    program->words = builder_keep(builder, builder->scan->words, builder->scan->word_count,
                                  sizeof *program->words);
    program->word_count = builder->scan->word_count;
    if (!program->items || !program->compositions || !program->pieces || !nest_parents ||
        !program->words)
        return REASON_MEMORY;
    for (uint32_t i = 0; i < program->item_count; i++)
        if (program->items[i].may_nest)
            nest_parents[program->items[i].index] = program->items[i].parent;
    return NULL;
}

struct evtx_program *evtx_program_new(struct evtx_workshop *workshop, const struct evtx_scan *scan,
                                      uint32_t parent, struct arena *arena,
                                      const char **ret_reason) {
    struct builder builder = {.scan = scan, .workshop = workshop, .arena = arena};
    builder.program = arena_new(arena, 1, sizeof *builder.program);
    if (!builder.program) {
        *ret_reason = REASON_MEMORY;
        return NULL;
    }
    builder.program->parent = parent;
    buffer_reset(&workshop->path);
    buffer_append_slice(&workshop->path, builder_name(&builder, parent));
    const char *reason = NULL;
    for (size_t i = 0; i < scan->word_count && !reason; i++)
        reason = builder_word(&builder, scan->words[i]);
    if (!reason)
        reason = builder_finish(&builder);
    *ret_reason = reason;
    return reason ? NULL : builder.program;
}

bool evtx_program_compose(const struct evtx_program *program, const struct value *literals,
                          struct value *row, struct arena *scratch) {
    struct buffer text;
    buffer_init(&text, EVTX_SCRATCH_BYTES_MAX);
    bool is_whole = true;
    for (uint32_t i = 0; i < program->composition_count && is_whole; i++) {
        const struct evtx_composition *composition = &program->compositions[i];
        buffer_reset(&text);
        for (uint32_t j = 0; j < composition->piece_count; j++) {
            struct evtx_piece piece = program->pieces[composition->piece_from + j];
            const struct value *value =
                piece.is_literal ? &literals[piece.index] : &row[piece.index];
            value_append_text(value, &text);
        }
        struct slice kept = arena_keep(scratch, buffer_slice(&text));
        is_whole = !text.failed && kept.data;
        row[program->value_count + i] =
            (struct value){kept.data, (uint32_t)kept.size, VALUE_UTF8, {0}};
    }
    buffer_done(&text);
    return is_whole;
}
