// Any bytes as the tiles of a ledger
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/merkle.h"
#include "guard/tile_store.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The input: entries in the tree (u64), bytes of hashes (u16), these, then the bundle of entries.
// Every tile is the beginning of the hashes, every bundle the rest.
enum {
    HEAD_BYTES = 10
};

struct served {
    struct slice hashes, bundle;
};

static enum status serve(void *context, const char *path, size_t size_max, struct buffer *ret_bytes,
                         struct problem *problem) {
    const struct served *served = context;
    bool entries = strncmp(path, "tile/entries/", 13) == 0;
    struct slice bytes = entries ? served->bundle : served->hashes;
    assert(strncmp(path, "tile/", 5) == 0 && size_max >= MERKLE_HASH_SIZE);
    if (bytes.size == 0)
        return problem_set(problem, STATUS_NOT_FOUND, "no %s", path);
    buffer_append_slice(ret_bytes, slice_part(bytes, 0, size_max));
    return STATUS_OK;
}

static enum status entry_take(void *context, uint64_t index, struct slice entry,
                              struct problem *problem) {
    (void)problem;
    uint64_t *next = context;
    assert(index == *next && entry.size <= TILE_ENTRY_BYTES_MAX);
    ++*next;
    return STATUS_OK;
}

// What the tiles prove holds against the root that they give.
static void prove(struct tile_store *store, uint64_t index) {
    struct merkle_source source = tile_store_source(store);
    struct merkle_proof inclusion, growth;
    struct merkle_hash leaf;
    struct merkle_tree whole = {.size = store->size}, before = {.size = index};
    if (merkle_root(&source, store->size, &whole.root, NULL) != STATUS_OK)
        return;
    if (merkle_prove_inclusion(&source, index, store->size, &inclusion, NULL) == STATUS_OK &&
        source.read(source.context, 0, index, &leaf, NULL) == STATUS_OK && store->size < TILE_WIDTH)
        assert(merkle_holds(&leaf, index, store->size, &inclusion, &whole.root));
    if (merkle_root(&source, index, &before.root, NULL) == STATUS_OK &&
        merkle_prove_consistency(&source, index, store->size, &growth, NULL) == STATUS_OK &&
        store->size < TILE_WIDTH)
        assert(merkle_continues(&before, &whole, &growth));
}

// A proof out of nowhere proves nothing, whatever its numbers.
static void believe_nothing(struct slice hashes, uint64_t size) {
    struct merkle_proof proof = {0};
    struct merkle_tree before = {.size = size / 2 + 1}, after = {.size = size};
    for (; proof.count < MERKLE_PROOF_MAX && hashes.size >= MERKLE_HASH_SIZE; proof.count++) {
        memcpy(&proof.hashes[proof.count], hashes.data, MERKLE_HASH_SIZE);
        hashes = slice_part(hashes, MERKLE_HASH_SIZE, hashes.size);
    }
    memset(&before.root, 1, sizeof before.root);
    memset(&after.root, 2, sizeof after.root);
    assert(size < 2 || !merkle_continues(&before, &after, &proof));
    assert(!merkle_holds(&before.root, size / 3, size, &proof, &after.root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t entries, next;
    uint16_t hash_bytes;
    if (size < HEAD_BYTES)
        return 0;
    memcpy(&entries, data, sizeof entries);
    memcpy(&hash_bytes, data + sizeof entries, sizeof hash_bytes);
    struct slice rest = slice_of(data + HEAD_BYTES, size - HEAD_BYTES);
    struct served served = {.hashes = slice_part(rest, 0, hash_bytes),
                            .bundle = slice_part(rest, hash_bytes, rest.size)};
    struct tile_store store;
    struct buffer entry;
    believe_nothing(served.hashes, entries);
    tile_store_init(&store, "fuzz", entries);
    store.fetch = serve;
    store.fetch_context = &served;
    buffer_init(&entry, 2 * TILE_ENTRY_BYTES_MAX);
    next = entries > TILE_WIDTH ? entries - TILE_WIDTH / 2 : 0;
    if (entries && tile_store_each(&store, next, entry_take, &next, NULL) == STATUS_OK)
        fuzz_understood();
    if (entries) {
        tile_store_entry(&store, entries - 1, &entry, NULL);
        prove(&store, entries / 2);
    }
    buffer_done(&entry);
    tile_store_done(&store);
    return 0;
}
