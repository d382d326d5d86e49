// Merkle trees: roots and proofs
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_MERKLE_H
#define GUARD_MERKLE_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Trees of SHA-256 as in RFC 6962 section 2.1: a leaf is H(0x00 entry), a node H(0x01 left right),
// and a tree of n leaves splits after the largest power of two below n.
enum {
    MERKLE_HASH_SIZE = 32,
    MERKLE_PROOF_MAX = 64, // a tree of 2^64 leaves is 64 nodes deep
};

struct merkle_hash {
    uint8_t bytes[MERKLE_HASH_SIZE];
};

// Hashes of one proof, in the order of RFC 6962: from the leaves towards the root.
struct merkle_proof {
    struct merkle_hash hashes[MERKLE_PROOF_MAX];
    size_t count;
};

void merkle_leaf(struct slice entry, struct merkle_hash *ret_hash);
void merkle_node(const struct merkle_hash *left, const struct merkle_hash *right,
                 struct merkle_hash *ret_hash);
// The root of the tree without leaves: the hash of nothing.
void merkle_empty(struct merkle_hash *ret_root);
bool merkle_equal(const struct merkle_hash *a, const struct merkle_hash *b);

// Whoever holds a tree gives the hash of a complete subtree: the `index`th of 2^level leaves. It
// is asked only for subtrees that lie wholly inside the size that was named.
struct merkle_source {
    void *context;
    enum status (*read)(void *context, unsigned level, uint64_t index, struct merkle_hash *ret_hash,
                        struct problem *problem);
};

// Root of the first `size` leaves. Fails only as the source does.
enum status merkle_root(const struct merkle_source *source, uint64_t size,
                        struct merkle_hash *ret_root, struct problem *problem);

// That leaf `index` is in the tree of `size` leaves. STATUS_USAGE when index >= size.
enum status merkle_prove_inclusion(const struct merkle_source *source, uint64_t index,
                                   uint64_t size, struct merkle_proof *ret_proof,
                                   struct problem *problem);

// That the tree of `before` leaves is the beginning of the one of `size`. Empty for before = 0 and
// before = size. STATUS_USAGE when before > size.
enum status merkle_prove_consistency(const struct merkle_source *source, uint64_t before,
                                     uint64_t size, struct merkle_proof *ret_proof,
                                     struct problem *problem);

// RFC 9162 2.1.3.2. Exactly as many hashes as there must be, no more.
bool merkle_holds(const struct merkle_hash *leaf, uint64_t index, uint64_t size,
                  const struct merkle_proof *proof, const struct merkle_hash *root);

struct merkle_tree {
    uint64_t size;
    struct merkle_hash root;
};

// RFC 9162 2.1.4.2; the tree without leaves is the beginning of every tree.
bool merkle_continues(const struct merkle_tree *before, const struct merkle_tree *after,
                      const struct merkle_proof *proof);

#endif
