// Merkle trees: roots and proofs
// SPDX-License-Identifier: Apache-2.0
#include "guard/merkle.h"

#include "base/digest.h"

#include <assert.h>
#include <string.h>

enum {
    MERKLE_STACK_BYTES = 1024 // entries up to here are hashed without a pass of their own
};

void merkle_leaf(struct slice entry, struct merkle_hash *ret_hash) {
    if (entry.size < MERKLE_STACK_BYTES) {
        uint8_t bytes[MERKLE_STACK_BYTES] = {0x00};
        if (entry.size)
            memcpy(bytes + 1, entry.data, entry.size);
        digest_sha256(slice_of(bytes, entry.size + 1), ret_hash->bytes);
        return;
    }
    uint8_t digest[DIGEST_SIZE_MAX];
    struct digest_pass *pass = digest_pass_new();
    digest_pass_begin(pass, 1u << DIGEST_SHA256);
    digest_pass_add(pass, SLICE("\0"));
    digest_pass_add(pass, entry);
    digest_pass_end(pass, DIGEST_SHA256, digest);
    digest_pass_free(pass);
    memcpy(ret_hash->bytes, digest, MERKLE_HASH_SIZE);
}

void merkle_node(const struct merkle_hash *left, const struct merkle_hash *right,
                 struct merkle_hash *ret_hash) {
    uint8_t bytes[1 + 2 * MERKLE_HASH_SIZE] = {0x01};
    memcpy(bytes + 1, left->bytes, MERKLE_HASH_SIZE);
    memcpy(bytes + 1 + MERKLE_HASH_SIZE, right->bytes, MERKLE_HASH_SIZE);
    digest_sha256(slice_of(bytes, sizeof bytes), ret_hash->bytes);
}

void merkle_empty(struct merkle_hash *ret_root) {
    digest_sha256((struct slice){NULL, 0}, ret_root->bytes);
}

bool merkle_equal(const struct merkle_hash *a, const struct merkle_hash *b) {
    return memcmp(a->bytes, b->bytes, MERKLE_HASH_SIZE) == 0;
}

static unsigned merkle_log2(uint64_t number) {
    assert(number);
    return 63 - (unsigned)__builtin_clzll(number);
}

// The largest power of two below `number`, which is at least 2.
static uint64_t merkle_split(uint64_t number) {
    return (uint64_t)1 << merkle_log2(number - 1);
}

// Hash of leaves [start, end), where a tree's splits led to them: complete subtrees from left to
// right, ever smaller, folded from the right.
static enum status merkle_range(const struct merkle_source *source, uint64_t start, uint64_t end,
                                struct merkle_hash *ret_hash, struct problem *problem) {
    struct merkle_hash peaks[MERKLE_PROOF_MAX];
    size_t count = 0;
    assert(start < end);
    while (start < end) {
        unsigned level = merkle_log2(end - start);
        enum status status =
            source->read(source->context, level, start >> level, &peaks[count++], problem);
        if (status != STATUS_OK)
            return status;
        start += (uint64_t)1 << level;
    }
    *ret_hash = peaks[--count];
    while (count--)
        merkle_node(&peaks[count], ret_hash, ret_hash);
    return STATUS_OK;
}

enum status merkle_root(const struct merkle_source *source, uint64_t size,
                        struct merkle_hash *ret_root, struct problem *problem) {
    if (size)
        return merkle_range(source, 0, size, ret_root, problem);
    merkle_empty(ret_root);
    return STATUS_OK;
}

static void merkle_reverse(struct merkle_proof *proof) {
    for (size_t i = 0; i < proof->count / 2; i++) {
        struct merkle_hash kept = proof->hashes[i];
        proof->hashes[i] = proof->hashes[proof->count - 1 - i];
        proof->hashes[proof->count - 1 - i] = kept;
    }
}

// The leaves that a walk down from the root has reached.
struct merkle_walk {
    const struct merkle_source *source;
    struct merkle_proof *proof;
    uint64_t start, end;
};

// One step down, to the side where leaf `at` is; the other side's hash joins the proof.
static enum status merkle_step(struct merkle_walk *walk, uint64_t at, struct problem *problem) {
    uint64_t middle = walk->start + merkle_split(walk->end - walk->start);
    bool left = at < middle;
    assert(walk->proof->count < MERKLE_PROOF_MAX);
    enum status status =
        merkle_range(walk->source, left ? middle : walk->start, left ? walk->end : middle,
                     &walk->proof->hashes[walk->proof->count++], problem);
    *(left ? &walk->end : &walk->start) = middle;
    return status;
}

enum status merkle_prove_inclusion(const struct merkle_source *source, uint64_t index,
                                   uint64_t size, struct merkle_proof *ret_proof,
                                   struct problem *problem) {
    if (index >= size)
        return problem_set(problem, STATUS_USAGE, "entry %llu: the tree has %llu",
                           (unsigned long long)index, (unsigned long long)size);
    struct merkle_walk walk = {source, ret_proof, 0, size};
    enum status status = STATUS_OK;
    ret_proof->count = 0;
    while (status == STATUS_OK && walk.end - walk.start > 1)
        status = merkle_step(&walk, index, problem);
    merkle_reverse(ret_proof);
    return status;
}

enum status merkle_prove_consistency(const struct merkle_source *source, uint64_t before,
                                     uint64_t size, struct merkle_proof *ret_proof,
                                     struct problem *problem) {
    if (before > size)
        return problem_set(problem, STATUS_USAGE, "size %llu: the tree has %llu",
                           (unsigned long long)before, (unsigned long long)size);
    struct merkle_walk walk = {source, ret_proof, 0, size};
    enum status status = STATUS_OK;
    ret_proof->count = 0;
    if (before == 0 || before == size)
        return STATUS_OK;
    while (status == STATUS_OK && before < walk.end)
        status = merkle_step(&walk, before - 1, problem);
    // What is left is a complete subtree of the old tree; only if it is all of it is it known.
    if (status == STATUS_OK && walk.start)
        status = merkle_range(source, walk.start, walk.end, &ret_proof->hashes[ret_proof->count++],
                              problem);
    merkle_reverse(ret_proof);
    return status;
}

bool merkle_holds(const struct merkle_hash *leaf, uint64_t index, uint64_t size,
                  const struct merkle_proof *proof, const struct merkle_hash *root) {
    if (index >= size)
        return false;
    uint64_t at = index, last = size - 1;
    struct merkle_hash hash = *leaf;
    for (size_t i = 0; i < proof->count; i++) {
        if (last == 0)
            return false;
        if ((at & 1) || at == last) {
            merkle_node(&proof->hashes[i], &hash, &hash);
            for (; at && !(at & 1); at >>= 1)
                last >>= 1;
        } else {
            merkle_node(&hash, &proof->hashes[i], &hash);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && merkle_equal(&hash, root);
}

// Both roots grow from the same hashes: `old` takes those to its left, `new` takes all.
static bool merkle_grow(const struct merkle_tree *before, const struct merkle_tree *after,
                        const struct merkle_hash *hashes, size_t count) {
    uint64_t at = before->size - 1, last = after->size - 1;
    for (; at & 1; at >>= 1)
        last >>= 1;
    struct merkle_hash old = hashes[0], new = hashes[0];
    for (size_t i = 1; i < count; i++) {
        if (last == 0)
            return false;
        if ((at & 1) || at == last) {
            merkle_node(&hashes[i], &old, &old);
            merkle_node(&hashes[i], &new, &new);
            for (; at && !(at & 1); at >>= 1)
                last >>= 1;
        } else {
            merkle_node(&new, &hashes[i], &new);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && merkle_equal(&old, &before->root) && merkle_equal(&new, &after->root);
}

bool merkle_continues(const struct merkle_tree *before, const struct merkle_tree *after,
                      const struct merkle_proof *proof) {
    if (before->size > after->size)
        return false;
    if (before->size == after->size)
        return proof->count == 0 && merkle_equal(&before->root, &after->root);
    if (before->size == 0) {
        struct merkle_hash empty;
        merkle_empty(&empty);
        return proof->count == 0 && merkle_equal(&before->root, &empty);
    }
    if (proof->count == 0)
        return false;
    struct merkle_hash hashes[MERKLE_PROOF_MAX + 1];
    bool whole = (before->size & (before->size - 1)) == 0;
    hashes[0] = before->root; // a complete tree is its own first hash
    memcpy(hashes + whole, proof->hashes, proof->count * sizeof *hashes);
    return merkle_grow(before, after, hashes, proof->count + whole);
}
