// Shapes of tables, made once per header
// SPDX-License-Identifier: Apache-2.0
#include "decode/columns.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/table.h"

#include <string.h>

// Invariants:
// 1. Shapes in `entries` live as long as the book, with their names, in `arena`.
// 2. A shape that found no room there lies in `scratch`, alone, until the next call.
enum {
    BOOK_BYTES_MAX = 16 << 20,
    NAME_BYTES_MAX = 1024, // a longer name is cut
    SCRATCH_BYTES_MAX = SHAPE_FIELDS_MAX * (NAME_BYTES_MAX + 64 + (int)sizeof(struct shape_field)),
};

struct column_book {
    struct arena arena;
    struct arena scratch;
    struct table table;
    struct shape **shapes; // by id
    uint32_t count;
    uint32_t capacity;
    uint64_t seed;
};

// What is looked for.
struct header {
    const char *format;
    const struct column *columns;
    uint32_t count;
};

struct column_book *column_book_new(void) {
    struct column_book *book = memory_new(1, sizeof *book);
    // The seed keeps crafted names from sharing a hash: it depends on where the book lies.
    book->seed = (uint64_t)(uintptr_t)book;
    arena_init(&book->arena, BOOK_BYTES_MAX);
    arena_init(&book->scratch, SCRATCH_BYTES_MAX);
    table_init(&book->table);
    return book;
}

void column_book_free(struct column_book *book) {
    if (!book)
        return;
    arena_done(&book->arena);
    arena_done(&book->scratch);
    table_done(&book->table);
    memory_free(book->shapes);
    memory_free(book);
}

static struct slice name_cut(struct slice name) {
    return slice_part(name, 0, NAME_BYTES_MAX);
}

static uint64_t header_hash(const struct column_book *book, const struct header *header) {
    uint64_t hash = digest_hash64_seeded(slice_of_string(header->format), book->seed);
    for (uint32_t i = 0; i < header->count; i++) {
        hash = digest_hash64_seeded(name_cut(header->columns[i].name), hash);
        hash = digest_mix64(hash, (uint64_t)header->columns[i].role);
    }
    return hash;
}

// Only the first column with a role has it.
static bool role_is_first(const struct header *header, uint32_t column) {
    for (uint32_t i = 0; i < column; i++)
        if (header->columns[i].role == header->columns[column].role)
            return false;
    return true;
}

static bool shape_equal(const void *context, uint32_t number, const void *key) {
    const struct column_book *book = context;
    const struct header *header = key;
    const struct shape *shape = book->shapes[number];
    if (shape->field_count != header->count || strcmp(shape->format, header->format) != 0)
        return false;
    for (uint32_t i = 0; i < header->count; i++) {
        enum field_role role = header->columns[i].role;
        if (!slice_equal(shape->fields[i].name, name_cut(header->columns[i].name)) ||
            (shape->fields[i].role != role &&
             (shape->fields[i].role != FIELD_ROLE_NONE || role_is_first(header, i))))
            return false;
    }
    return true;
}

// NULL when the arena is full.
static struct shape *shape_new(struct arena *arena, const struct header *header) {
    struct shape *shape = arena_new(arena, 1, sizeof *shape);
    struct shape_field *fields = arena_new(arena, header->count, sizeof *fields);
    if (!shape || (!fields && header->count))
        return NULL;
    *shape =
        (struct shape){.field_count = header->count, .fields = fields, .format = header->format};
    for (size_t i = 0; i < FIELD_ROLE_COUNT; i++)
        shape->role_fields[i] = -1;
    for (uint32_t i = 0; i < header->count; i++) {
        struct slice name = arena_keep(arena, name_cut(header->columns[i].name));
        if (!name.data && header->columns[i].name.size)
            return NULL;
        enum field_role role = header->columns[i].role;
        if (role != FIELD_ROLE_NONE && shape->role_fields[role] >= 0)
            role = FIELD_ROLE_NONE;
        if (role != FIELD_ROLE_NONE)
            shape->role_fields[role] = (int32_t)i;
        fields[i] = (struct shape_field){
            .name = name, .path = name, .slot = {.bank = 0, .index = (uint16_t)i}, .role = role};
    }
    return shape;
}

static const struct shape *book_add(struct column_book *book, const struct header *header,
                                    uint64_t hash) {
    struct shape *shape = book->count < SHAPES_MAX ? shape_new(&book->arena, header) : NULL;
    if (!shape) {
        arena_reset(&book->scratch);
        shape = shape_new(&book->scratch, header);
        if (shape)
            shape->id = SHAPE_ID_NONE;
        return shape;
    }
    if (book->count == book->capacity) {
        book->capacity = book->capacity ? book->capacity * 2 : 16;
        book->shapes = memory_resize(book->shapes, book->capacity, sizeof(struct shape *));
    }
    shape->id = book->count;
    book->shapes[book->count++] = shape;
    table_add(&book->table, hash, shape->id);
    return shape;
}

const struct shape *column_book_shape(struct column_book *book, const char *format,
                                      const struct column *columns, uint32_t count) {
    struct header header = {format, columns, count < SHAPE_FIELDS_MAX ? count : SHAPE_FIELDS_MAX};
    uint64_t hash = header_hash(book, &header);
    uint32_t found = table_find(&book->table, hash, shape_equal, book, &header);
    if (found != TABLE_NONE)
        return book->shapes[found];
    return book_add(book, &header, hash);
}
