// What an upgrade server once served, and to whom
// SPDX-License-Identifier: Apache-2.0
#include "guard/serving_book.h"

#include "base/digest.h"
#include "base/memory.h"

#include <stdlib.h>

enum {
    HEAD_BYTES_MAX = 1024
};

void serving_book_init(struct serving_book *book) {
    *book = (struct serving_book){0};
    intern_init(&book->paths, SERVING_TEXTS_MAX, SERVING_TEXT_BYTES_MAX);
    intern_init(&book->clients, SERVING_TEXTS_MAX, SERVING_TEXT_BYTES_MAX);
    table_init(&book->table);
    table_init(&book->by_name);
}

void serving_book_done(struct serving_book *book) {
    intern_done(&book->paths);
    intern_done(&book->clients);
    table_done(&book->table);
    table_done(&book->by_name);
    memory_free(book->rows);
    memory_free(book->groups);
    *book = (struct serving_book){0};
}

static bool row_equal(const void *context, uint32_t number, const void *key) {
    const struct serving_row *row = (const struct serving_row *)context + number, *other = key;
    return row->path == other->path && row->client == other->client &&
           row->size_bytes == other->size_bytes && row->with_head == other->with_head;
}

void serving_book_add(struct serving_book *book, const struct serving *serving) {
    struct serving_row row = {
        .path = intern_add(&book->paths, serving->path),
        .client = intern_add(&book->clients, serving->client),
        .size_bytes = serving->size_bytes,
        .with_head = serving->with_head,
        .count = 1,
        .first_ns = serving->time_ns,
        .last_ns = serving->time_ns,
    };
    uint64_t hash = digest_mix64(digest_mix64(row.path, row.client), row.size_bytes);
    uint32_t number = table_find(&book->table, hash, row_equal, book->rows, &row);
    if (number != TABLE_NONE) {
        struct serving_row *found = &book->rows[number];
        found->count++;
        found->first_ns = row.first_ns < found->first_ns ? row.first_ns : found->first_ns;
        found->last_ns = row.last_ns > found->last_ns ? row.last_ns : found->last_ns;
        return;
    }
    if (row.path == INTERN_FULL || row.client == INTERN_FULL || book->count == SERVING_ROWS_MAX) {
        book->left_out++;
        return;
    }
    if (book->count == book->capacity) {
        book->capacity = book->capacity ? 2 * book->capacity : 256;
        book->rows = memory_resize(book->rows, book->capacity, sizeof *book->rows);
    }
    table_add(&book->table, hash, book->count);
    book->rows[book->count++] = row;
}

static int row_compare(const void *a, const void *b, void *context) {
    const struct serving_book *book = context;
    const struct serving_row *first = a, *second = b;
    int order = first->path == second->path
                    ? 0
                    : slice_compare(intern_text(&book->paths, first->path),
                                    intern_text(&book->paths, second->path));
    if (order)
        return order;
    if (first->size_bytes != second->size_bytes)
        return first->size_bytes < second->size_bytes ? -1 : 1;
    if (first->with_head != second->with_head)
        return first->with_head ? 1 : -1;
    return slice_compare(intern_text(&book->clients, first->client),
                         intern_text(&book->clients, second->client));
}

static uint64_t name_hash(struct slice path) {
    return digest_hash64(slice_behind_last(path, "/"));
}

void serving_book_sort(struct serving_book *book) {
    if (book->count)
        qsort_r(book->rows, book->count, sizeof *book->rows, row_compare, book);
    book->groups = memory_new(book->paths.count, sizeof *book->groups);
    for (uint32_t i = 0; i < book->count; i++) {
        struct serving_group *last = &book->groups[book->group_count];
        if (i && book->rows[i].path == book->rows[i - 1].path) {
            last[-1].row_count++;
            continue;
        }
        *last = (struct serving_group){intern_text(&book->paths, book->rows[i].path), i, 1};
        table_add(&book->by_name, name_hash(last->path), book->group_count++);
    }
}

// What a look through all groups of a name has found so far.
struct group_search {
    struct slice path;
    struct group_best {
        const struct serving_group *group;
        size_t agrees;
    } * best;
};

// Says no to each, so that all are seen.
static bool group_look(const void *context, uint32_t number, const void *key) {
    const struct serving_group *group = (const struct serving_group *)context + number;
    const struct group_search *search = key;
    size_t agrees = serving_path_agrees(group->path, search->path);
    if (agrees > search->best->agrees)
        *search->best = (struct group_best){group, agrees};
    return false;
}

const struct serving_group *serving_book_find(const struct serving_book *book,
                                              struct slice file_path) {
    struct group_best best = {NULL, 0};
    struct group_search search = {file_path, &best};
    table_find(&book->by_name, name_hash(file_path), group_look, book->groups, &search);
    return best.group;
}

size_t serving_path_agrees(struct slice url_path, struct slice file_path) {
    struct slice longer = url_path.size > file_path.size ? url_path : file_path;
    struct slice shorter = url_path.size > file_path.size ? file_path : url_path;
    if (shorter.size == 0 || !slice_ends(longer, shorter))
        return 0;
    size_t before = longer.size - shorter.size;
    return before == 0 || longer.data[before - 1] == '/' ? shorter.size : 0;
}

bool serving_size_agrees(const struct serving_row *row, uint64_t file_bytes) {
    if (!row->with_head)
        return row->size_bytes == file_bytes;
    return row->size_bytes > file_bytes && row->size_bytes - file_bytes <= HEAD_BYTES_MAX;
}
