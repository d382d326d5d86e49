// A ledger as static tiles in a directory
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_TILE_STORE_H
#define GUARD_TILE_STORE_H

#include "guard/merkle.h"
#include "guard/tile_path.h"

#include "base/buffer.h"
#include "base/slice.h"
#include "base/status.h"

#include <stdint.h>

// The tree's hashes and entries in files that any web server can serve (C2SP tlog-tiles):
//
//     DIRECTORY/tile/0/x001/067       256 leaf hashes: entries 1067 * 256 onwards
//     DIRECTORY/tile/1/004            256 hashes of full tiles of level 0
//     DIRECTORY/tile/1/005.p/12       the rightmost tile so far, 12 hashes wide
//     DIRECTORY/tile/entries/...      the entries themselves, each after its length (u16, big end)
//
// Full tiles never change; a wider partial tile is a new file. So writing for a larger tree touches
// nothing that a smaller one needs, and the checkpoint, written last, says which tree holds.
enum {
    TILE_LEVELS = 8,
    TILE_ENTRY_BYTES_MAX = 65535,
    TILE_CACHE = 16, // tiles kept in memory: an inclusion proof needs at most one a level
};

struct tile {
    unsigned level;
    uint64_t index;
    unsigned width; // 0: no tile kept here
    struct merkle_hash hashes[TILE_WIDTH];
};

// Where tiles come from when it is no directory: `path` is relative ("tile/0/x001/067"). Appends at
// most `size_max` bytes; STATUS_NOT_FOUND when there is no such file.
typedef enum status tile_fetch(void *context, const char *path, size_t size_max,
                               struct buffer *ret_bytes, struct problem *problem);

// Reads the tree of `size` entries. Not thread-safe.
struct tile_store {
    const char *directory; // the caller's
    uint64_t size;
    tile_fetch *fetch; // NULL: files below `directory`
    void *fetch_context;
    struct tile *cache;
    unsigned next; // the place in the cache that is taken next
};

// Nothing is read yet. `directory` lives as long as the store.
void tile_store_init(struct tile_store *store, const char *directory, uint64_t size);
void tile_store_done(struct tile_store *store);

// For roots and proofs. STATUS_NOT_FOUND or STATUS_FORMAT when a tile is missing or has the wrong
// size; that its hashes are right shows when the proof is held against the checkpoint.
struct merkle_source tile_store_source(struct tile_store *store);

// One entry is appended to `ret_entry`.
enum status tile_store_entry(struct tile_store *store, uint64_t index, struct buffer *ret_entry,
                             struct problem *problem);

// Every entry from `first` on; stops when `take` fails. The slice lives for the call.
typedef enum status tile_take(void *context, uint64_t index, struct slice entry,
                              struct problem *problem);
enum status tile_store_each(struct tile_store *store, uint64_t first, tile_take *take,
                            void *context, struct problem *problem);

// Writes the tiles of the tree with these entries added and gives its root; store->size becomes
// its size. When it returns everything is on the disk; no file of the smaller tree was touched.
// The caller holds the directory's lock, and writes the checkpoint. STATUS_LIMIT when an entry is
// longer than TILE_ENTRY_BYTES_MAX (nothing was written).
enum status tile_store_append(struct tile_store *store, const struct slice *entries, size_t count,
                              struct merkle_hash *ret_root, struct problem *problem);

#endif
