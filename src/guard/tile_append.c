// A ledger's tiles, written
// SPDX-License-Identifier: Apache-2.0
#include "guard/tile_store.h"

#include "base/durable_file.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

// The right edge of the tree: on each level the tile that is not full yet.
struct tile_edge {
    const char *directory;
    uint64_t size;
    unsigned levels; // those that changed
    struct tile tiles[TILE_LEVELS];
    struct buffer bundle;
};

// Parent directories are made when the first file of one is written.
static enum status tile_write(const char *directory, struct tile_path where, struct slice bytes,
                              struct problem *problem) {
    char path[PATH_MAX], parent[PATH_MAX];
    enum status status = tile_path_format(directory, where, path, problem);
    if (status != STATUS_OK)
        return status;
    memcpy(parent, path, sizeof parent);
    *strrchr(parent, '/') = '\0';
    status = durable_directory_make(parent, 0755, problem);
    return status == STATUS_OK ? durable_file_place(path, bytes, 0644, problem) : status;
}

static enum status edge_write(struct tile_edge *edge, unsigned level, struct problem *problem) {
    struct tile *tile = &edge->tiles[level];
    struct tile_path where = {(int)level, tile->index, tile->width};
    enum status status = tile_write(
        edge->directory, where, slice_of(tile->hashes, tile->width * MERKLE_HASH_SIZE), problem);
    if (status != STATUS_OK || level)
        return status;
    where.level = TILE_LEVEL_ENTRIES;
    return tile_write(edge->directory, where, buffer_slice(&edge->bundle), problem);
}

static void tile_fold(const struct tile *tile, struct merkle_hash *ret_hash) {
    struct merkle_hash hashes[TILE_WIDTH];
    memcpy(hashes, tile->hashes, sizeof hashes);
    for (unsigned count = TILE_WIDTH; count > 1; count /= 2)
        for (unsigned i = 0; i < count / 2; i++)
            merkle_node(&hashes[2 * i], &hashes[2 * i + 1], &hashes[i]);
    *ret_hash = hashes[0];
}

// A hash joins a level; a tile that it fills is written and its own hash joins the next one.
static enum status edge_add(struct tile_edge *edge, struct merkle_hash hash,
                            struct problem *problem) {
    enum status status = STATUS_OK;
    for (unsigned level = 0; status == STATUS_OK; level++) {
        if (level == TILE_LEVELS)
            return problem_set(problem, STATUS_LIMIT, "the ledger is full");
        struct tile *tile = &edge->tiles[level];
        tile->hashes[tile->width++] = hash;
        edge->levels = level + 1 > edge->levels ? level + 1 : edge->levels;
        if (tile->width < TILE_WIDTH)
            break;
        status = edge_write(edge, level, problem);
        tile_fold(tile, &hash);
        tile->index++;
        tile->width = 0;
        if (level == 0)
            buffer_reset(&edge->bundle);
    }
    return status;
}

static enum status edge_take_entry(void *context, uint64_t index, struct slice entry,
                                   struct problem *problem) {
    struct buffer *bundle = context;
    (void)index;
    (void)problem;
    buffer_append_byte(bundle, (uint8_t)(entry.size >> 8));
    buffer_append_byte(bundle, (uint8_t)entry.size);
    buffer_append_slice(bundle, entry);
    return STATUS_OK;
}

static enum status edge_load(struct tile_edge *edge, struct tile_store *store,
                             struct problem *problem) {
    struct merkle_source source = tile_store_source(store);
    enum status status = STATUS_OK;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        struct tile *tile = &edge->tiles[level];
        uint64_t hashes = store->size >> (8 * level);
        tile->index = hashes / TILE_WIDTH;
        for (unsigned i = 0; status == STATUS_OK && i < hashes % TILE_WIDTH; i++, tile->width++)
            status = source.read(source.context, 8 * level, tile->index * TILE_WIDTH + i,
                                 &tile->hashes[i], problem);
    }
    if (status == STATUS_OK && store->size % TILE_WIDTH)
        status = tile_store_each(store, store->size / TILE_WIDTH * TILE_WIDTH, edge_take_entry,
                                 &edge->bundle, problem);
    return status;
}

static enum status edge_append(struct tile_edge *edge, const struct slice *entries, size_t count,
                               struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct merkle_hash hash;
        merkle_leaf(entries[i], &hash);
        edge_take_entry(&edge->bundle, 0, entries[i], NULL);
        assert(!edge->bundle.failed);
        status = edge_add(edge, hash, problem);
    }
    for (unsigned level = 0; status == STATUS_OK && level < edge->levels; level++)
        if (edge->tiles[level].width)
            status = edge_write(edge, level, problem);
    return status == STATUS_OK ? durable_sync(edge->directory, problem) : status;
}

static enum status tile_check_entries(const struct slice *entries, size_t count,
                                      struct problem *problem) {
    for (size_t i = 0; i < count; i++)
        if (entries[i].size > TILE_ENTRY_BYTES_MAX)
            return problem_set(problem, STATUS_LIMIT, "an entry of %zu bytes; the most is %d",
                               entries[i].size, TILE_ENTRY_BYTES_MAX);
    return STATUS_OK;
}

enum status tile_store_append(struct tile_store *store, const struct slice *entries, size_t count,
                              struct merkle_hash *ret_root, struct problem *problem) {
    enum status status = tile_check_entries(entries, count, problem);
    if (status != STATUS_OK)
        return status;
    struct tile_edge *edge = memory_new(1, sizeof *edge);
    edge->directory = store->directory;
    buffer_init(&edge->bundle, (size_t)TILE_WIDTH * (2 + TILE_ENTRY_BYTES_MAX));
    status = edge_load(edge, store, problem);
    if (status == STATUS_OK)
        status = edge_append(edge, entries, count, problem);
    if (status == STATUS_OK) {
        const char *directory = store->directory;
        uint64_t size = store->size + count;
        tile_store_done(store);
        tile_store_init(store, directory, size);
        struct merkle_source source = tile_store_source(store);
        status = merkle_root(&source, size, ret_root, problem);
    }
    buffer_done(&edge->bundle);
    memory_free(edge);
    return status;
}
