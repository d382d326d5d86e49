// Which instances a record is made of, and its shape
// SPDX-License-Identifier: Apache-2.0
#include "decode/evtx_layout.h"

#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>

void evtx_layouts_init(struct evtx_layouts *layouts, struct arena *arena) {
    layouts->arena = arena;
    table_init(&layouts->table);
    layouts->count = 0;
    arena_init(&layouts->shape_arena, EVTX_SHAPE_BYTES_MAX);
    table_init(&layouts->shape_table);
    layouts->shapes = memory_new(SHAPES_MAX, sizeof *layouts->shapes);
    layouts->shape_count = 0;
    layouts->overflow = (struct shape){.id = SHAPES_MAX};
    for (size_t i = 0; i < FIELD_ROLE_COUNT; i++)
        layouts->overflow.role_fields[i] = -1;
    layouts->fields = memory_new(SHAPE_FIELDS_MAX, sizeof *layouts->fields);
}

void evtx_layouts_done(struct evtx_layouts *layouts) {
    table_done(&layouts->table);
    table_done(&layouts->shape_table);
    arena_done(&layouts->shape_arena);
    memory_free(layouts->shapes);
    memory_free(layouts->fields);
}

void evtx_layouts_forget(struct evtx_layouts *layouts) {
    table_reset(&layouts->table);
    layouts->count = 0;
}

struct layout_key {
    const struct evtx_program *program;
    const struct evtx_child *children;
    uint32_t child_count;
};

static bool layout_fits(const struct evtx_layout *layout, const struct layout_key *key) {
    if (layout->program != key->program || layout->child_count != key->child_count)
        return false;
    for (uint32_t i = 0; i < key->child_count; i++)
        if (layout->children[i].index != key->children[i].index ||
            layout->children[i].layout != key->children[i].layout)
            return false;
    return true;
}

static bool layout_equal(const void *context, uint32_t number, const void *key) {
    const struct evtx_layouts *layouts = context;
    return layout_fits(layouts->list[number], key);
}

struct evtx_layout *evtx_layout_find(struct evtx_layouts *layouts, struct evtx_program *program,
                                     const struct evtx_child *children, uint32_t child_count) {
    struct layout_key key = {program, children, child_count};
    if (program->recent && layout_fits(program->recent, &key))
        return program->recent;
    uint64_t hash = digest_mix64(0, program->number);
    for (uint32_t i = 0; i < child_count; i++) {
        hash = digest_mix64(hash, children[i].index);
        hash = digest_mix64(hash, children[i].layout->number);
    }
    uint32_t number = table_find(&layouts->table, hash, layout_equal, layouts, &key);
    if (number != TABLE_NONE) {
        program->recent = layouts->list[number];
        return program->recent;
    }
    if (layouts->count == EVTX_LAYOUTS_MAX)
        return NULL;
    struct evtx_layout *layout =
        arena_new(layouts->arena, 1, sizeof *layout + child_count * sizeof *children);
    if (!layout)
        return NULL;
    layout->program = program;
    layout->number = layouts->count;
    layout->child_count = child_count;
    for (uint32_t i = 0; i < child_count; i++)
        layout->children[i] = children[i];
    table_add(&layouts->table, hash, layouts->count);
    layouts->list[layouts->count++] = layout;
    program->recent = layout;
    return layout;
}

static const struct evtx_layout *layout_child(const struct evtx_layout *layout,
                                              const struct evtx_item *item) {
    for (uint32_t i = 0; i < layout->child_count && item->may_nest; i++)
        if (layout->children[i].index == item->index)
            return layout->children[i].layout;
    return NULL;
}

// Number of instances in a layout, itself included; banks are given out in the same order.
static uint32_t layout_instances(const struct evtx_layout *layout) {
    uint32_t count = 1;
    for (uint32_t i = 0; i < layout->child_count; i++)
        count += layout_instances(layout->children[i].layout); // at most EVTX_NESTING_MAX deep
    return count;
}

static bool layout_add_field(struct evtx_layouts *layouts, const struct evtx_layout *layout,
                             const struct evtx_item *item, uint32_t instance) {
    uint32_t bank = 2 * instance;
    uint32_t index = item->index;
    if (item->source == EVTX_ITEM_NESTED)
        return true;
    if (item->source == EVTX_ITEM_LITERAL)
        bank++;
    if (item->source == EVTX_ITEM_COMPOSED)
        index += layout->program->value_count;
    if (layouts->field_count == SHAPE_FIELDS_MAX || index > UINT16_MAX)
        return false;
    assert(bank < EVENT_BANKS_MAX);
    layouts->fields[layouts->field_count++] = (struct shape_field){
        .name = item->name,
        .path = item->path,
        .slot = {(uint16_t)bank, (uint16_t)index},
        .form = item->form,
    };
    return true;
}

// All fields of a layout in document order; false when they are too many.
static bool layout_add_fields(struct evtx_layouts *layouts, const struct evtx_layout *layout,
                              uint32_t instance) {
    for (uint32_t i = 0; i < layout->program->item_count; i++) {
        const struct evtx_item *item = &layout->program->items[i];
        const struct evtx_layout *child = layout_child(layout, item);
        if (!child) {
            if (!layout_add_field(layouts, layout, item, instance))
                return false;
            continue;
        }
        uint32_t child_instance = instance + 1;
        for (uint32_t j = 0;
             layout->children[j].layout != child || layout->children[j].index != item->index; j++)
            child_instance += layout_instances(layout->children[j].layout);
        if (!layout_add_fields(layouts, child, child_instance))
            return false;
    }
    return true;
}

static enum field_role layout_role(struct slice path) {
    static const struct {
        const char *path;
        enum field_role role;
    } roles[] = {
        {"Event.System.Provider.#attributes.Name", FIELD_ROLE_PROVIDER},
        {"Event.System.Channel", FIELD_ROLE_CHANNEL},
        {"Event.System.EventID", FIELD_ROLE_EVENT_ID},
        {"Event.System.EventID.#text", FIELD_ROLE_EVENT_ID},
        {"Event.System.Computer", FIELD_ROLE_COMPUTER},
        {"Event.System.TimeCreated.#attributes.SystemTime", FIELD_ROLE_TIME},
        {"Event.System.EventRecordID", FIELD_ROLE_RECORD_ID},
    };
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        if (slice_equal_string(path, roles[i].path))
            return roles[i].role;
    return FIELD_ROLE_NONE;
}

struct shape_key {
    const struct shape_field *fields;
    uint32_t field_count;
};

static bool shape_equal(const void *context, uint32_t number, const void *key) {
    const struct evtx_layouts *layouts = context;
    const struct shape *shape = layouts->shapes[number];
    const struct shape_key *wanted = key;
    if (shape->field_count != wanted->field_count)
        return false;
    for (uint32_t i = 0; i < shape->field_count; i++) {
        const struct shape_field *a = &shape->fields[i];
        const struct shape_field *b = &wanted->fields[i];
        if (a->slot.bank != b->slot.bank || a->slot.index != b->slot.index || a->form != b->form ||
            !slice_equal(a->path, b->path))
            return false;
    }
    return true;
}

// A shape with the fields that were collected; NULL when the ceiling is reached.
static const struct shape *shape_new(struct evtx_layouts *layouts) {
    struct arena *arena = &layouts->shape_arena;
    struct shape *shape = arena_new(arena, 1, sizeof *shape);
    struct shape_field *fields = arena_new(arena, layouts->field_count, sizeof *fields);
    if (layouts->shape_count == SHAPES_MAX || !shape || !fields)
        return NULL;
    *shape = (struct shape){.id = layouts->shape_count,
                            .field_count = layouts->field_count,
                            .fields = fields,
                            .format = "evtx"};
    for (size_t i = 0; i < FIELD_ROLE_COUNT; i++)
        shape->role_fields[i] = -1;
    for (uint32_t i = 0; i < layouts->field_count; i++) {
        fields[i] = layouts->fields[i];
        fields[i].name = arena_keep(arena, layouts->fields[i].name);
        fields[i].path = arena_keep(arena, layouts->fields[i].path);
        if (!fields[i].name.data || !fields[i].path.data)
            return NULL;
        enum field_role role = layout_role(fields[i].path);
        if (role == FIELD_ROLE_NONE || shape->role_fields[role] >= 0)
            continue;
        fields[i].role = role;
        shape->role_fields[role] = (int32_t)i;
    }
    return shape;
}

const struct shape *evtx_layout_shape(struct evtx_layouts *layouts, struct evtx_layout *layout) {
    if (layout->shape)
        return layout->shape;
    layout->shape = &layouts->overflow;
    layouts->field_count = 0;
    if (!layout_add_fields(layouts, layout, 0))
        return layout->shape;
    uint64_t hash = layouts->field_count;
    for (uint32_t i = 0; i < layouts->field_count; i++) {
        const struct shape_field *field = &layouts->fields[i];
        hash = digest_hash64_seeded(field->path, hash);
        hash = digest_mix64(hash, (uint64_t)field->slot.bank << 16 | field->slot.index);
    }
    struct shape_key key = {layouts->fields, layouts->field_count};
    uint32_t number = table_find(&layouts->shape_table, hash, shape_equal, layouts, &key);
    if (number == TABLE_NONE) {
        const struct shape *shape = shape_new(layouts);
        if (!shape)
            return layout->shape;
        number = layouts->shape_count++;
        layouts->shapes[number] = shape;
        table_add(&layouts->shape_table, hash, number);
    }
    layout->shape = layouts->shapes[number];
    return layout->shape;
}
