// Runs, sources and what they are called
// SPDX-License-Identifier: Apache-2.0
#include "store/connection.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

// Rows are added at the end; grown by doubling.
static void *row_grow(void *rows, size_t count, size_t size) {
    return count & (count - 1) ? rows : memory_resize(rows, count ? count * 2 : 1, size);
}

enum status store_put_directory(struct store *store, struct slice directory,
                                struct problem *problem) {
    const struct backend_value values[] = {value_text(directory)};
    return store_do(store, STATEMENT_PUT_DIRECTORY, values, ARRAY_SIZE(values), problem);
}

enum status store_directories(struct store *store, struct arena *arena, struct slice **ret_rows,
                              size_t *ret_count, struct problem *problem) {
    struct slice *rows = NULL;
    size_t count = 0;
    bool row = true;
    enum status status = store_start(store, STATEMENT_DIRECTORIES, NULL, 0, problem);
    while (status == STATUS_OK) {
        status = store_row(store, STATEMENT_DIRECTORIES, &row, problem);
        if (status != STATUS_OK || !row)
            break;
        rows = row_grow(rows, count, sizeof *rows);
        status = store_keep(store, STATEMENT_DIRECTORIES, 0, arena, &rows[count++], problem);
    }
    if (status != STATUS_OK) {
        memory_free(rows);
        return status;
    }
    *ret_rows = rows;
    *ret_count = count;
    return STATUS_OK;
}

enum status store_add_run(struct store *store, const char *version, int64_t *ret_run,
                          struct problem *problem) {
    const struct backend_value values[] = {value_text(slice_of_string(version))};
    enum status status = store_do(store, STATEMENT_ADD_RUN, values, ARRAY_SIZE(values), problem);
    if (status == STATUS_OK)
        *ret_run = store->backend->last_row(store->database);
    return status;
}

enum status store_put_source(struct store *store, const struct store_source *source,
                             int64_t *ret_id, struct problem *problem) {
    const struct backend_value values[] = {
        value_text(source->identity),
        value_number(source->sequence),
        value_text(source->path),
        value_text(source->directory),
        value_number(source->path_gb18030),
        value_number(source->rank),
        value_number((int64_t)source->size),
        value_number(source->modified_ns),
        value_text(source->format),
        value_number(source->evidence),
        value_number(source->complete),
        source->has_sha256 ? value_bytes(slice_of(source->sha256, DIGEST_SHA256_SIZE))
                           : (struct backend_value){.kind = BACKEND_NULL},
    };
    bool row = false;
    // Mostly it is not there, and what has rows to return costs several times as much.
    enum status status =
        source->id ? STATUS_OK
                   : store_do(store, STATEMENT_ADD_SOURCE, values, ARRAY_SIZE(values), problem);
    if (status != STATUS_OK)
        return status;
    if (!source->id && store->backend->changed(store->database)) {
        *ret_id = store->backend->last_row(store->database);
        return STATUS_OK;
    }
    status = store_start(store, STATEMENT_PUT_SOURCE, values, ARRAY_SIZE(values), problem);
    if (status == STATUS_OK)
        status = store_row(store, STATEMENT_PUT_SOURCE, &row, problem);
    if (status == STATUS_OK && row)
        *ret_id = store_number(store, STATEMENT_PUT_SOURCE, 0);
    while (row && status == STATUS_OK)
        status = store_row(store, STATEMENT_PUT_SOURCE, &row, problem);
    return status;
}

enum status store_put_custody(struct store *store, int64_t source,
                              const uint8_t sha256[DIGEST_SHA256_SIZE], struct problem *problem) {
    const struct backend_value values[] = {value_bytes(slice_of(sha256, DIGEST_SHA256_SIZE)),
                                           value_number(source)};
    return store_do(store, STATEMENT_PUT_CUSTODY, values, ARRAY_SIZE(values), problem);
}

enum status store_put_reading(struct store *store, int64_t run, uint32_t number, int64_t source,
                              struct problem *problem) {
    const struct backend_value values[] = {value_number(run), value_number(number),
                                           value_number(source)};
    return store_do(store, STATEMENT_PUT_READING, values, ARRAY_SIZE(values), problem);
}

static enum status source_read(struct store *store, struct arena *arena,
                               struct store_source *source, struct problem *problem) {
    enum store_statement which = STATEMENT_SOURCES;
    int64_t sequence = store_number(store, which, 2);
    *source = (struct store_source){
        .id = store_number(store, which, 0),
        .sequence = (uint32_t)sequence,
        .rank = store_number(store, which, 5),
        .size = (uint64_t)store_number(store, which, 6),
        .modified_ns = store_number(store, which, 7),
        .evidence = store_number(store, which, 9) != 0,
        .complete = store_number(store, which, 10) != 0,
        .path_gb18030 = store_number(store, which, 12) != 0,
    };
    source->has_sha256 = store_digest(store, which, 11, source->sha256);
    struct slice *const texts[] = {&source->identity, &source->path, &source->directory,
                                   &source->format};
    static const size_t COLUMNS[] = {1, 3, 4, 8};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        enum status status = store_keep(store, which, COLUMNS[i], arena, texts[i], problem);
        if (status != STATUS_OK)
            return status;
    }
    if (sequence < 0 || sequence > UINT32_MAX || source->id <= 0)
        return problem_set(problem, STATUS_FORMAT, "the case's list of sources is damaged");
    return STATUS_OK;
}

// An entry stands behind all found files, by its own found file's place.
struct source_place {
    struct store_source source;
    const struct store_source *top;
};

static int place_compare(const void *left, const void *right) {
    const struct source_place *a = left, *b = right;
    if (!a->source.sequence != !b->source.sequence)
        return a->source.sequence ? 1 : -1;
    if (a->top->rank != b->top->rank)
        return a->top->rank < b->top->rank ? -1 : 1;
    int order = slice_compare(a->top->path, b->top->path);
    if (order == 0)
        order = slice_compare(a->top->identity, b->top->identity);
    if (order == 0)
        order =
            (a->source.sequence > b->source.sequence) - (a->source.sequence < b->source.sequence);
    return order;
}

// Rows come by (identity, sequence): a found file just before its entries.
static enum status sources_order(struct store_source *rows, size_t count, struct problem *problem) {
    struct source_place *places = memory_new(count ? count : 1, sizeof *places);
    struct store_source *kept = memory_new(count ? count : 1, sizeof *kept);
    enum status status = STATUS_OK;
    if (count)
        memcpy(kept, rows, count * sizeof *rows);
    size_t top = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept[i].sequence == 0)
            top = i;
        else if (!slice_equal(kept[i].identity, kept[top].identity) || kept[top].sequence)
            status = problem_set(problem, STATUS_FORMAT,
                                 "the case lists an archive's entry without its archive");
        places[i] = (struct source_place){kept[i], &kept[top]};
    }
    if (count)
        qsort(places, count, sizeof *places, place_compare);
    for (size_t i = 0; i < count; i++)
        rows[i] = places[i].source;
    memory_free(places);
    memory_free(kept);
    return status;
}

enum status store_sources(struct store *store, struct arena *arena, struct store_source **ret_rows,
                          size_t *ret_count, struct problem *problem) {
    struct store_source *rows = NULL;
    size_t count = 0;
    bool row = true;
    enum status status = store_start(store, STATEMENT_SOURCES, NULL, 0, problem);
    while (status == STATUS_OK) {
        status = store_row(store, STATEMENT_SOURCES, &row, problem);
        if (status != STATUS_OK || !row)
            break;
        rows = row_grow(rows, count, sizeof *rows);
        status = source_read(store, arena, &rows[count++], problem);
    }
    if (status == STATUS_OK)
        status = sources_order(rows, count, problem);
    if (status != STATUS_OK) {
        memory_free(rows);
        return status;
    }
    *ret_rows = rows;
    *ret_count = count;
    return STATUS_OK;
}

enum status store_readings(struct store *store, struct store_reading **ret_rows, size_t *ret_count,
                           struct problem *problem) {
    struct store_reading *rows = NULL;
    size_t count = 0;
    bool row = true;
    enum store_statement which = STATEMENT_READINGS;
    enum status status = store_start(store, which, NULL, 0, problem);
    while (status == STATUS_OK) {
        status = store_row(store, which, &row, problem);
        if (status != STATUS_OK || !row)
            break;
        int64_t number = store_number(store, which, 1);
        if (number < 0 || number >= UINT32_MAX) {
            status = problem_set(problem, STATUS_FORMAT, "the case's list of readings is damaged");
            break;
        }
        rows = row_grow(rows, count, sizeof *rows);
        rows[count++] = (struct store_reading){.run = store_number(store, which, 0),
                                               .number = (uint32_t)number,
                                               .source = store_number(store, which, 2)};
    }
    if (status != STATUS_OK) {
        memory_free(rows);
        return status;
    }
    *ret_rows = rows;
    *ret_count = count;
    return STATUS_OK;
}
