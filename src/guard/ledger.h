// The ledger of releases
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_LEDGER_H
#define GUARD_LEDGER_H

#include "guard/checkpoint.h"
#include "guard/ledger_memory.h"
#include "guard/refusal.h"
#include "guard/secret_key.h"
#include "guard/tile_store.h"

#include <stdbool.h>
#include <stdint.h>

// An append-only row of entries that anyone can check: DIRECTORY/checkpoint and the tiles beside
// it. Each release and each withdrawal is one entry (release_entry.h).
struct ledger;

struct ledger_options {
    // Where it lies. With `fetch` NULL a directory; else `directory` is only named in texts.
    const char *directory;
    tile_fetch *fetch;
    void *fetch_context;
    const struct note_verifier *verifier; // whose signature counts
    const char *memory; // file that keeps the last checkpoint believed; NULL: none
    bool write;         // hold the directory alone, to append
};

// Read the checkpoint and every leaf's hash, and believe them: the ledger's key signed it, the
// leaves give its root, and it continues what was seen before. Refusals: REFUSAL_MISSING,
// REFUSAL_FORMAT (no such signature, other tiles), REFUSAL_LOG_FORK, REFUSAL_ROLLBACK.
// About 40 bytes of memory and 0.3 us an entry.
enum status ledger_open(const struct ledger_options *options, struct ledger **ret_ledger,
                        struct refusal *refusal);
void ledger_free(struct ledger *ledger);

uint64_t ledger_size(const struct ledger *ledger);
// The signed note as it was read or written last; lives until the next append.
struct slice ledger_checkpoint(const struct ledger *ledger);

// Where an entry is; REFUSAL_NOT_LOGGED when it is not there.
enum status ledger_find(const struct ledger *ledger, struct slice entry, uint64_t *ret_index,
                        struct refusal *refusal);

// The newest entry that has these bytes in it (a file's hash): REFUSAL_NOT_LOGGED when there is
// none. Reads all entries.
enum status ledger_search(struct ledger *ledger, struct slice part, uint64_t *ret_index,
                          struct refusal *refusal);

// The bytes of an entry, appended.
enum status ledger_entry(struct ledger *ledger, uint64_t index, struct buffer *ret_entry,
                         struct refusal *refusal);

// A tlog-proof file for an entry, with the entry as its extra data, appended to `to`.
enum status ledger_prove(struct ledger *ledger, uint64_t index, struct buffer *to,
                         struct refusal *refusal);
// REFUSAL_FORMAT when `before` is more than the size.
enum status ledger_prove_growth(struct ledger *ledger, uint64_t before,
                                struct merkle_proof *ret_proof, struct refusal *refusal);

// A new ledger without entries in `directory`, which is made. Refused where there is one.
enum status ledger_create(const char *directory, const struct note_verifier *verifier,
                          const struct secret_key *key, struct refusal *refusal);

// All entries or none: they count once the new checkpoint is on the disk. Opened with `write`.
enum status ledger_append(struct ledger *ledger, const struct secret_key *key,
                          const struct slice *entries, size_t count, struct refusal *refusal);

#endif
