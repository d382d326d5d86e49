// A ledger's tiles, read
// SPDX-License-Identifier: Apache-2.0
#include "guard/tile_store.h"

#include "base/durable_file.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

// Invariants:
// 1. A tile of the cache has the width that the tree of store->size gives it, so a larger size
//    empties the cache.
// 2. Of a tile at level L, hash i covers 256^L leaves; the levels between are hashed on the way.

enum {
    BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + TILE_ENTRY_BYTES_MAX),
    TILE_BYTES_MAX = TILE_WIDTH * MERKLE_HASH_SIZE,
};

void tile_store_init(struct tile_store *store, const char *directory, uint64_t size) {
    *store = (struct tile_store){.directory = directory, .size = size};
    store->cache = memory_new(TILE_CACHE, sizeof *store->cache);
}

void tile_store_done(struct tile_store *store) {
    memory_free(store->cache);
    *store = (struct tile_store){0};
}

// How wide the tree makes a tile: complete subtrees of its level, less those of tiles before it.
static unsigned tile_width(uint64_t size, unsigned level, uint64_t index) {
    uint64_t hashes = level < TILE_LEVELS ? size >> (8 * level) : 0;
    if (index >= hashes / TILE_WIDTH + (hashes % TILE_WIDTH != 0))
        return 0;
    uint64_t width = hashes - index * TILE_WIDTH;
    return width < TILE_WIDTH ? (unsigned)width : TILE_WIDTH;
}

static enum status tile_read_exact(const struct tile_store *store, struct tile_path where,
                                   struct buffer *bytes, struct problem *problem) {
    char path[PATH_MAX];
    size_t size_max = where.level < 0 ? BUNDLE_BYTES_MAX : TILE_BYTES_MAX;
    enum status status =
        tile_path_format(store->fetch ? "" : store->directory, where, path, problem);
    if (status != STATUS_OK)
        return status;
    if (store->fetch)
        return store->fetch(store->fetch_context, path + 1, size_max, bytes, problem);
    return durable_file_read(path, size_max, bytes, problem);
}

// A partial tile may have been cleared away once the full one was there (tlog-tiles).
static enum status tile_read_file(const struct tile_store *store, struct tile_path where,
                                  struct buffer *bytes, struct problem *problem) {
    struct tile_path full = {where.level, where.index, TILE_WIDTH};
    enum status status = tile_read_exact(store, where, bytes, problem);
    if (status == STATUS_NOT_FOUND && where.width < TILE_WIDTH &&
        tile_read_exact(store, full, bytes, NULL) == STATUS_OK)
        status = STATUS_OK;
    return status;
}

static enum status tile_load(struct tile_store *store, unsigned level, uint64_t index,
                             const struct tile **ret_tile, struct problem *problem) {
    unsigned width = tile_width(store->size, level, index);
    assert(width);
    for (unsigned i = 0; i < TILE_CACHE; i++)
        if (store->cache[i].width && store->cache[i].level == level &&
            store->cache[i].index == index) {
            *ret_tile = &store->cache[i];
            return STATUS_OK;
        }
    struct buffer bytes;
    buffer_init(&bytes, TILE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status =
        tile_read_file(store, (struct tile_path){(int)level, index, width}, &bytes, problem);
    if (status == STATUS_OK && bytes.size != width * MERKLE_HASH_SIZE &&
        bytes.size != TILE_BYTES_MAX)
        status = problem_set(problem, STATUS_FORMAT, "%s: tile %u/%llu has %zu bytes, not %u",
                             store->directory, level, (unsigned long long)index, bytes.size,
                             width * MERKLE_HASH_SIZE);
    if (status == STATUS_OK) {
        struct tile *tile = &store->cache[store->next++ % TILE_CACHE];
        *tile = (struct tile){.level = level, .index = index, .width = width};
        memcpy(tile->hashes, bytes.data, width * MERKLE_HASH_SIZE);
        *ret_tile = tile;
    }
    buffer_done(&bytes);
    return status;
}

static enum status tile_store_read(void *context, unsigned level, uint64_t index,
                                   struct merkle_hash *ret_hash, struct problem *problem) {
    struct tile_store *store = context;
    unsigned inner = level % 8;
    uint64_t first = index << inner; // among the hashes of the tile's level
    const struct tile *tile;
    enum status status = tile_load(store, level / 8, first / TILE_WIDTH, &tile, problem);
    if (status != STATUS_OK)
        return status;
    struct merkle_hash hashes[TILE_WIDTH / 2];
    const struct merkle_hash *from = &tile->hashes[first % TILE_WIDTH];
    assert(first % TILE_WIDTH + ((uint64_t)1 << inner) <= tile->width);
    for (unsigned count = 1u << inner; count > 1; count /= 2, from = hashes)
        for (unsigned i = 0; i < count / 2; i++)
            merkle_node(&from[2 * i], &from[2 * i + 1], &hashes[i]);
    *ret_hash = *from;
    return STATUS_OK;
}

struct merkle_source tile_store_source(struct tile_store *store) {
    return (struct merkle_source){store, tile_store_read};
}

// The next entry of a bundle; false at its end or when it is cut off.
static bool bundle_next(struct slice bundle, size_t *at, struct slice *ret_entry) {
    if (bundle.size - *at < 2)
        return false;
    size_t size = (size_t)bundle.data[*at] << 8 | bundle.data[*at + 1];
    if (bundle.size - *at - 2 < size)
        return false;
    *ret_entry = slice_part(bundle, *at + 2, size);
    *at += 2 + size;
    return true;
}

// The entry hashes to what the tree says of it.
static enum status bundle_check(struct tile_store *store, uint64_t number, struct slice entry,
                                struct problem *problem) {
    struct merkle_hash listed, hash;
    enum status status = tile_store_read(store, 0, number, &listed, problem);
    if (status != STATUS_OK)
        return status;
    merkle_leaf(entry, &hash);
    if (!merkle_equal(&hash, &listed))
        return problem_set(problem, STATUS_FORMAT, "%s: entry %llu is not the one in the tree",
                           store->directory, (unsigned long long)number);
    return STATUS_OK;
}

static enum status bundle_each(struct tile_store *store, uint64_t index, uint64_t first,
                               tile_take *take, void *context, struct problem *problem) {
    struct buffer bytes;
    unsigned width = tile_width(store->size, 0, index);
    buffer_init(&bytes, BUNDLE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status = tile_read_file(store, (struct tile_path){TILE_LEVEL_ENTRIES, index, width},
                                        &bytes, problem);
    size_t at = 0;
    for (unsigned i = 0; status == STATUS_OK && i < width; i++) {
        struct slice entry;
        uint64_t number = index * TILE_WIDTH + i;
        if (!bundle_next(buffer_slice(&bytes), &at, &entry))
            status = problem_set(problem, STATUS_FORMAT, "%s: bundle %llu ends after %u entries",
                                 store->directory, (unsigned long long)index, i);
        else if (number >= first)
            status = bundle_check(store, number, entry, problem);
        if (status == STATUS_OK && number >= first)
            status = take(context, number, entry, problem);
    }
    buffer_done(&bytes);
    return status;
}

enum status tile_store_each(struct tile_store *store, uint64_t first, tile_take *take,
                            void *context, struct problem *problem) {
    enum status status = STATUS_OK;
    if (first >= store->size)
        return STATUS_OK;
    uint64_t last = (store->size - 1) / TILE_WIDTH;
    for (uint64_t index = first / TILE_WIDTH; status == STATUS_OK && index <= last; index++)
        status = bundle_each(store, index, first, take, context, problem);
    return status;
}

struct one_entry {
    uint64_t index;
    struct buffer *entry;
};

static enum status one_entry_take(void *context, uint64_t index, struct slice entry,
                                  struct problem *problem) {
    struct one_entry *one = context;
    (void)problem;
    if (index == one->index)
        buffer_append_slice(one->entry, entry);
    return STATUS_OK;
}

enum status tile_store_entry(struct tile_store *store, uint64_t index, struct buffer *ret_entry,
                             struct problem *problem) {
    struct one_entry one = {index, ret_entry};
    if (index >= store->size)
        return problem_set(problem, STATUS_USAGE, "entry %llu: the ledger has %llu",
                           (unsigned long long)index, (unsigned long long)store->size);
    return bundle_each(store, index / TILE_WIDTH, index, one_entry_take, &one, problem);
}
