// Memory, remarks and nodes of the Sigma front end
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include <stdio.h>

void *sigma_new(struct sigma_reader *reader, size_t count, size_t size) {
    void *memory = NULL;
    if (reader->arena->used_bytes - reader->bytes_before <= SIGMA_RULE_BYTES_MAX &&
        (size == 0 || count <= SIGMA_RULE_BYTES_MAX / size))
        memory = arena_new(reader->arena, count, size);
    if (!memory)
        problem_set(reader->problem, STATUS_LIMIT, "the rule asks for more than %d MiB",
                    SIGMA_RULE_BYTES_MAX >> 20);
    return memory;
}

struct slice sigma_keep(struct sigma_reader *reader, struct slice text) {
    uint8_t *copy = sigma_new(reader, text.size + 1, 1);
    if (!copy)
        return (struct slice){NULL, 0};
    if (text.size)
        memcpy(copy, text.data, text.size);
    return (struct slice){copy, text.size};
}

void sigma_remark(struct sigma_reader *reader, uint32_t line, const char *format, ...) {
    char text[PROBLEM_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct sigma_note *note = arena_new(reader->arena, 1, sizeof *note);
    if (!note || size < 0)
        return;
    struct slice words = slice_part(slice_of(text, sizeof text - 1), 0, (size_t)size);
    note->complaint = (struct rule_complaint){
        .file = reader->file,
        .line = line,
        .rule_id = reader->rule_id,
        .text = arena_keep(reader->arena, words),
    };
    if (reader->notes->last)
        reader->notes->last->next = note;
    else
        reader->notes->first = note;
    reader->notes->last = note;
}

enum status sigma_refuse(struct sigma_reader *reader, uint32_t line, const char *format, ...) {
    char text[PROBLEM_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return problem_set_line(reader->problem, STATUS_FORMAT, line, "%s", text);
}

bool node_row_add(struct sigma_reader *reader, struct node_row *row, const struct node *node) {
    if (row->count == row->capacity) {
        uint32_t capacity = row->capacity ? row->capacity * 2 : 4;
        const struct node **items = sigma_new(reader, capacity, sizeof(void *));
        if (!items)
            return false;
        if (row->count)
            memcpy(items, row->items, row->count * sizeof(void *));
        row->items = items;
        row->capacity = capacity;
    }
    row->items[row->count++] = node;
    return true;
}

const struct node *node_join(struct sigma_reader *reader, enum node_kind kind,
                             const struct node_row *row) {
    if (row->count == 1)
        return row->items[0];
    struct node *node = sigma_new(reader, 1, sizeof *node);
    if (!node)
        return NULL;
    if (!row->count)
        kind = kind == NODE_AND ? NODE_TRUE : NODE_FALSE;
    node->kind = kind;
    node->children = row->items;
    node->child_count = row->count;
    return node;
}

const struct node *node_not(struct sigma_reader *reader, const struct node *child) {
    struct node_row row = {0};
    struct node *node = sigma_new(reader, 1, sizeof *node);
    if (!node || !node_row_add(reader, &row, child))
        return NULL;
    node->kind = NODE_NOT;
    node->children = row.items;
    node->child_count = 1;
    return node;
}

struct node *node_atom(struct sigma_reader *reader, enum atom_kind kind, struct slice field) {
    if (++reader->atom_count > SIGMA_ATOMS_MAX) {
        problem_set(reader->problem, STATUS_LIMIT, "the rule has more than %d values",
                    SIGMA_ATOMS_MAX);
        return NULL;
    }
    struct node *node = sigma_new(reader, 1, sizeof *node);
    if (node) {
        node->kind = NODE_ATOM;
        node->atom.kind = kind;
        node->atom.field = field;
    }
    return node;
}
