// The ledger of releases
// SPDX-License-Identifier: Apache-2.0
#include "guard/ledger.h"

#include "guard/proof.h"

#include "base/durable_file.h"
#include "base/memory.h"
#include "base/table.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Invariants:
// 1. leaves[0..tree.size) are the leaves of the checkpoint's tree: they were folded to its root.
// 2. The checkpoint on the disk is `note`; tiles beyond its tree do not count.

enum {
    LEDGER_ENTRIES_MAX = 16 * 1024 * 1024, // 512 MiB of hashes
};

struct ledger {
    struct note_verifier verifier;
    char *directory;
    struct tile_store store;
    struct merkle_tree tree;
    struct merkle_hash *leaves;
    struct table places; // by the first 8 bytes of a leaf's hash
    struct buffer note;
    int lock; // or -1
};

static enum status ledger_refuse(const struct problem *problem, struct refusal *refusal) {
    if (problem->status == STATUS_SYSTEM)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, problem);
    return refusal_wrap(
        refusal, problem->status == STATUS_NOT_FOUND ? REFUSAL_MISSING : REFUSAL_FORMAT, problem);
}

static enum status ledger_read_note(const struct ledger_options *options, struct ledger *ledger,
                                    struct problem *problem) {
    char path[PATH_MAX];
    if (options->fetch)
        return options->fetch(options->fetch_context, "checkpoint", NOTE_BYTES_MAX, &ledger->note,
                              problem);
    int size = snprintf(path, sizeof path, "%s/checkpoint", options->directory);
    if (size < 0 || size >= PATH_MAX)
        return problem_set(problem, STATUS_LIMIT, "%s: name too long", options->directory);
    return durable_file_read(path, NOTE_BYTES_MAX, &ledger->note, problem);
}

static uint64_t leaf_key(const struct merkle_hash *leaf) {
    uint64_t key;
    memcpy(&key, leaf->bytes, sizeof key);
    return key;
}

static void ledger_index(struct ledger *ledger, uint64_t from) {
    for (uint64_t i = from; i < ledger->tree.size; i++)
        table_add(&ledger->places, leaf_key(&ledger->leaves[i]), (uint32_t)i);
}

// The hash of a complete subtree out of the leaves in memory: folded in place, level by level.
static void ledger_fold(const struct merkle_hash *leaves, uint64_t size,
                        struct merkle_hash *ret_root) {
    struct merkle_hash peaks[64];
    unsigned count = 0;
    for (uint64_t i = 0; i < size; i++) {
        struct merkle_hash hash = leaves[i];
        for (uint64_t full = i + 1; !(full & 1); full >>= 1)
            merkle_node(&peaks[--count], &hash, &hash);
        peaks[count++] = hash;
    }
    if (count == 0) {
        merkle_empty(ret_root);
        return;
    }
    *ret_root = peaks[--count];
    while (count)
        merkle_node(&peaks[--count], ret_root, ret_root);
}

static enum status ledger_read_leaves(struct ledger *ledger, struct problem *problem) {
    struct merkle_source source = tile_store_source(&ledger->store);
    struct merkle_hash root;
    enum status status = STATUS_OK;
    if (ledger->tree.size > LEDGER_ENTRIES_MAX)
        return problem_set(problem, STATUS_LIMIT, "%s: %llu entries; the most that is read is %d",
                           ledger->directory, (unsigned long long)ledger->tree.size,
                           LEDGER_ENTRIES_MAX);
    ledger->leaves = memory_new(ledger->tree.size + 1, sizeof *ledger->leaves);
    for (uint64_t i = 0; status == STATUS_OK && i < ledger->tree.size; i++)
        status = source.read(source.context, 0, i, &ledger->leaves[i], problem);
    if (status != STATUS_OK)
        return status;
    ledger_fold(ledger->leaves, ledger->tree.size, &root);
    if (!merkle_equal(&root, &ledger->tree.root))
        return problem_set(problem, STATUS_FORMAT, "%s: the tiles are not those of the checkpoint",
                           ledger->directory);
    ledger_index(ledger, 0);
    return STATUS_OK;
}

static enum status ledger_prove_memory(void *context, uint64_t before, uint64_t size,
                                       struct merkle_proof *ret_proof, struct problem *problem) {
    struct ledger *ledger = context;
    struct merkle_source source = tile_store_source(&ledger->store);
    return merkle_prove_consistency(&source, before, size, ret_proof, problem);
}

static enum status ledger_believe(const struct ledger_options *options, struct ledger *ledger,
                                  struct refusal *refusal) {
    struct problem problem;
    struct checkpoint checkpoint;
    struct ledger_memory memory = {options->memory, options->verifier};
    struct ledger_prover prover = {ledger, ledger_prove_memory};
    enum status status = ledger_read_note(options, ledger, &problem);
    if (status == STATUS_OK)
        status =
            checkpoint_open(buffer_slice(&ledger->note), options->verifier, &checkpoint, &problem);
    if (status != STATUS_OK)
        return ledger_refuse(&problem, refusal);
    ledger->tree = checkpoint.tree;
    tile_store_init(&ledger->store, ledger->directory, ledger->tree.size);
    ledger->store.fetch = options->fetch;
    ledger->store.fetch_context = options->fetch_context;
    // First whether it continues: two checkpoints are evidence even when tiles are missing.
    status =
        ledger_memory_check(&memory, buffer_slice(&ledger->note), &checkpoint, &prover, refusal);
    if (status != STATUS_OK)
        return status;
    status = ledger_read_leaves(ledger, &problem);
    return status == STATUS_OK ? status : ledger_refuse(&problem, refusal);
}

enum status ledger_open(const struct ledger_options *options, struct ledger **ret_ledger,
                        struct refusal *refusal) {
    struct problem problem;
    struct ledger *ledger = memory_new(1, sizeof *ledger);
    enum status status = STATUS_OK;
    assert(!options->write || !options->fetch);
    ledger->verifier = *options->verifier;
    ledger->directory = memory_keep_text(options->directory, strlen(options->directory));
    ledger->lock = -1;
    table_init(&ledger->places);
    buffer_init(&ledger->note, NOTE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    if (options->write) {
        status = durable_lock(options->directory, true, &ledger->lock, &problem);
        if (status != STATUS_OK)
            status = ledger_refuse(&problem, refusal);
    }
    if (status == STATUS_OK)
        status = ledger_believe(options, ledger, refusal);
    if (status == STATUS_OK)
        *ret_ledger = ledger;
    else
        ledger_free(ledger);
    return status;
}

void ledger_free(struct ledger *ledger) {
    if (!ledger)
        return;
    tile_store_done(&ledger->store);
    table_done(&ledger->places);
    buffer_done(&ledger->note);
    memory_free(ledger->leaves);
    memory_free(ledger->directory);
    if (ledger->lock >= 0)
        close(ledger->lock);
    memory_free(ledger);
}

uint64_t ledger_size(const struct ledger *ledger) {
    return ledger->tree.size;
}

struct slice ledger_checkpoint(const struct ledger *ledger) {
    return buffer_slice(&ledger->note);
}

static bool leaf_is(const void *context, uint32_t number, const void *key) {
    const struct ledger *ledger = context;
    return merkle_equal(&ledger->leaves[number], key);
}

enum status ledger_find(const struct ledger *ledger, struct slice entry, uint64_t *ret_index,
                        struct refusal *refusal) {
    struct merkle_hash leaf;
    merkle_leaf(entry, &leaf);
    uint32_t place = table_find(&ledger->places, leaf_key(&leaf), leaf_is, ledger, &leaf);
    if (place == TABLE_NONE)
        return refusal_set(refusal, REFUSAL_NOT_LOGGED, "it is not in the ledger %s",
                           ledger->verifier.name);
    *ret_index = place;
    return STATUS_OK;
}

struct ledger_searching {
    struct slice part;
    uint64_t index; // UINT64_MAX: none yet
};

static enum status search_entry(void *context, uint64_t index, struct slice entry,
                                struct problem *problem) {
    struct ledger_searching *searching = context;
    (void)problem;
    if (memmem(entry.data, entry.size, searching->part.data, searching->part.size))
        searching->index = index;
    return STATUS_OK;
}

enum status ledger_search(struct ledger *ledger, struct slice part, uint64_t *ret_index,
                          struct refusal *refusal) {
    struct problem problem;
    struct ledger_searching searching = {part, UINT64_MAX};
    if (tile_store_each(&ledger->store, 0, search_entry, &searching, &problem) != STATUS_OK)
        return ledger_refuse(&problem, refusal);
    if (searching.index == UINT64_MAX)
        return refusal_set(refusal, REFUSAL_NOT_LOGGED, "it is not in the ledger %s",
                           ledger->verifier.name);
    *ret_index = searching.index;
    return STATUS_OK;
}

enum status ledger_entry(struct ledger *ledger, uint64_t index, struct buffer *ret_entry,
                         struct refusal *refusal) {
    struct problem problem;
    enum status status = tile_store_entry(&ledger->store, index, ret_entry, &problem);
    return status == STATUS_OK ? status : ledger_refuse(&problem, refusal);
}

enum status ledger_prove(struct ledger *ledger, uint64_t index, struct buffer *to,
                         struct refusal *refusal) {
    struct problem problem;
    struct proof proof;
    struct merkle_source source = tile_store_source(&ledger->store);
    proof_init(&proof);
    proof.index = index;
    proof.note = buffer_slice(&ledger->note);
    enum status status =
        merkle_prove_inclusion(&source, index, ledger->tree.size, &proof.path, &problem);
    if (status == STATUS_OK)
        status = tile_store_entry(&ledger->store, index, &proof.extra, &problem);
    if (status == STATUS_OK)
        proof_format(&proof, to);
    proof_done(&proof);
    return status == STATUS_OK ? status : ledger_refuse(&problem, refusal);
}

enum status ledger_prove_growth(struct ledger *ledger, uint64_t before,
                                struct merkle_proof *ret_proof, struct refusal *refusal) {
    struct problem problem;
    enum status status =
        ledger_prove_memory(ledger, before, ledger->tree.size, ret_proof, &problem);
    return status == STATUS_OK ? status : ledger_refuse(&problem, refusal);
}

static enum status ledger_write_note(const char *directory, const struct note_verifier *verifier,
                                     const struct secret_key *key, const struct merkle_tree *tree,
                                     struct buffer *ret_note, struct problem *problem) {
    struct buffer text, signature;
    char path[PATH_MAX];
    buffer_init(&text, NOTE_BYTES_MAX);
    buffer_init(&signature, KEY_SIGNATURE_BYTES_MAX);
    checkpoint_format_text(verifier->name, tree, &text);
    int size = snprintf(path, sizeof path, "%s/checkpoint", directory);
    enum status status = STATUS_OK;
    if (size < 0 || size >= PATH_MAX)
        status = problem_set(problem, STATUS_LIMIT, "%s: name too long", directory);
    if (status == STATUS_OK)
        status = secret_key_sign(key, buffer_slice(&text), &signature, problem);
    if (status == STATUS_OK) {
        assert(signature.size == 64);
        note_format(buffer_slice(&text), verifier, signature.data, ret_note);
        status = durable_file_write(path, buffer_slice(ret_note), 0644, problem);
    }
    buffer_done(&text);
    buffer_done(&signature);
    return status;
}

// The key is the verifier's other half.
static enum status ledger_check_key(const struct note_verifier *verifier,
                                    const struct secret_key *key, struct problem *problem) {
    uint8_t public[32];
    enum status status = secret_key_public_ed25519(key, public, problem);
    if (status == STATUS_OK && memcmp(public, verifier->public, sizeof public) != 0)
        status = problem_set(problem, STATUS_USAGE, "the key is not that of the ledger %s",
                             verifier->name);
    return status;
}

enum status ledger_create(const char *directory, const struct note_verifier *verifier,
                          const struct secret_key *key, struct refusal *refusal) {
    struct problem problem;
    struct merkle_tree empty = {.size = 0};
    struct buffer note;
    char path[PATH_MAX];
    merkle_empty(&empty.root);
    buffer_init(&note, NOTE_BYTES_MAX);
    enum status status = ledger_check_key(verifier, key, &problem);
    if (status == STATUS_OK)
        status = durable_directory_make(directory, 0755, &problem);
    snprintf(path, sizeof path, "%s/checkpoint", directory);
    if (status == STATUS_OK && access(path, F_OK) == 0)
        status = problem_set(&problem, STATUS_USAGE, "%s: there is a ledger already", directory);
    if (status == STATUS_OK)
        status = ledger_write_note(directory, verifier, key, &empty, &note, &problem);
    buffer_done(&note);
    return status == STATUS_OK ? status : ledger_refuse(&problem, refusal);
}

// The tiles of a larger tree are on the disk: sign for it if it continues this one.
static enum status ledger_advance(struct ledger *ledger, const struct secret_key *key,
                                  const struct merkle_tree *next, struct problem *problem) {
    struct merkle_source source = tile_store_source(&ledger->store);
    struct merkle_proof proof;
    enum status status =
        merkle_prove_consistency(&source, ledger->tree.size, next->size, &proof, problem);
    if (status == STATUS_OK && !merkle_continues(&ledger->tree, next, &proof))
        status = problem_set(problem, STATUS_FORMAT, "%s: the tiles changed while it was written",
                             ledger->directory);
    struct buffer note;
    buffer_init(&note, NOTE_BYTES_MAX);
    if (status == STATUS_OK)
        status = ledger_write_note(ledger->directory, &ledger->verifier, key, next, &note, problem);
    if (status == STATUS_OK) {
        buffer_reset(&ledger->note);
        buffer_append_slice(&ledger->note, buffer_slice(&note));
    }
    buffer_done(&note);
    return status;
}

enum status ledger_append(struct ledger *ledger, const struct secret_key *key,
                          const struct slice *entries, size_t count, struct refusal *refusal) {
    struct problem problem;
    struct merkle_tree next = {.size = ledger->tree.size + count};
    uint64_t before = ledger->tree.size;
    assert(ledger->lock >= 0);
    if (count == 0)
        return STATUS_OK;
    if (count > LEDGER_ENTRIES_MAX - before)
        return refusal_set(refusal, REFUSAL_LENGTH, "the ledger would have more than %d entries",
                           LEDGER_ENTRIES_MAX);
    enum status status = ledger_check_key(&ledger->verifier, key, &problem);
    if (status == STATUS_OK)
        status = tile_store_append(&ledger->store, entries, count, &next.root, &problem);
    if (status == STATUS_OK)
        status = ledger_advance(ledger, key, &next, &problem);
    if (status != STATUS_OK) {
        tile_store_done(&ledger->store);
        tile_store_init(&ledger->store, ledger->directory, before);
        return ledger_refuse(&problem, refusal);
    }
    ledger->leaves = memory_resize(ledger->leaves, next.size, sizeof *ledger->leaves);
    for (size_t i = 0; i < count; i++)
        merkle_leaf(entries[i], &ledger->leaves[before + i]);
    ledger->tree = next;
    ledger_index(ledger, before);
    return STATUS_OK;
}
