// Merkle trees: RFC 6962's leaves, and brute force
// SPDX-License-Identifier: Apache-2.0
#include "guard/merkle.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// The naive tree: RFC 6962 2.1 as it is written, hash by hash, nothing remembered but the leaves.
struct naive {
    struct merkle_hash *leaves;
};

static uint64_t naive_split(uint64_t size) {
    uint64_t half = 1;
    while (half * 2 < size)
        half *= 2;
    return half;
}

static struct merkle_hash naive_root(const struct merkle_hash *leaves, uint64_t size) {
    struct merkle_hash hash;
    if (size == 0)
        merkle_empty(&hash);
    else if (size == 1)
        hash = leaves[0];
    if (size < 2)
        return hash;
    uint64_t half = naive_split(size);
    struct merkle_hash left = naive_root(leaves, half);
    struct merkle_hash right = naive_root(leaves + half, size - half);
    merkle_node(&left, &right, &hash);
    return hash;
}

// PATH(m, D[n]) and PROOF(m, D[n]) of RFC 6962 2.1.1 and 2.1.2.
static void naive_path(const struct merkle_hash *leaves, uint64_t index, uint64_t size,
                       struct merkle_proof *proof) {
    if (size < 2)
        return;
    uint64_t half = naive_split(size);
    if (index < half)
        naive_path(leaves, index, half, proof);
    else
        naive_path(leaves + half, index - half, size - half, proof);
    proof->hashes[proof->count++] =
        index < half ? naive_root(leaves + half, size - half) : naive_root(leaves, half);
}

static void naive_proof(const struct merkle_hash *leaves, uint64_t before, uint64_t size,
                        bool known, struct merkle_proof *proof) {
    if (before == size) {
        if (!known)
            proof->hashes[proof->count++] = naive_root(leaves, size);
        return;
    }
    uint64_t half = naive_split(size);
    if (before <= half) {
        naive_proof(leaves, before, half, known, proof);
        proof->hashes[proof->count++] = naive_root(leaves + half, size - half);
    } else {
        naive_proof(leaves + half, before - half, size - half, false, proof);
        proof->hashes[proof->count++] = naive_root(leaves, half);
    }
}

static enum status naive_read(void *context, unsigned level, uint64_t index,
                              struct merkle_hash *ret_hash, struct problem *problem) {
    struct naive *tree = context;
    (void)problem;
    *ret_hash = naive_root(tree->leaves + (index << level), (uint64_t)1 << level);
    return STATUS_OK;
}

static struct naive naive_new(uint64_t count) {
    struct naive tree = {memory_new(count + 1, sizeof *tree.leaves)};
    for (uint64_t i = 0; i < count; i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "entry %llu", (unsigned long long)i);
        merkle_leaf(slice_of(text, (size_t)size), &tree.leaves[i]);
    }
    return tree;
}

static size_t read_hex(const char *text, uint8_t *bytes) {
    size_t size = strlen(text) / 2;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(text_hex_digit((uint8_t)text[2 * i]) << 4 |
                             text_hex_digit((uint8_t)text[2 * i + 1]));
    return size;
}

static void expect_hex(const struct merkle_hash *hash, const char *wanted) {
    char text[DIGEST_SHA256_HEX_SIZE];
    digest_hex(hash->bytes, text);
    assert_string_equal(text, wanted);
}

// The eight leaves with which logs of certificates are tested everywhere, and their roots.
static const char *const known_leaves[] = {"",
                                           "00",
                                           "10",
                                           "2021",
                                           "3031",
                                           "40414243",
                                           "5051525354555657",
                                           "606162636465666768696a6b6c6d6e6f"};
static const char *const known_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static void test_known_roots(void **state) {
    (void)state;
    struct merkle_hash leaves[ARRAY_SIZE(known_leaves)], root;
    struct naive tree = {leaves};
    struct merkle_source source = {&tree, naive_read};
    for (size_t i = 0; i < ARRAY_SIZE(known_leaves); i++) {
        uint8_t bytes[32];
        merkle_leaf(slice_of(bytes, read_hex(known_leaves[i], bytes)), &leaves[i]);
    }
    for (size_t size = 0; size < ARRAY_SIZE(known_roots); size++) {
        assert_int_equal(merkle_root(&source, size, &root, NULL), STATUS_OK);
        expect_hex(&root, known_roots[size]);
    }
}

static void expect_same(const struct merkle_proof *a, const struct merkle_proof *b) {
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->hashes, b->hashes, a->count * sizeof *a->hashes);
}

static void test_proofs_as_written(void **state) {
    (void)state;
    enum {
        SIZE_MAX_HERE = 70
    };
    struct naive tree = naive_new(SIZE_MAX_HERE);
    struct merkle_source source = {&tree, naive_read};
    for (uint64_t size = 1; size <= SIZE_MAX_HERE; size++) {
        struct merkle_tree now = {size, naive_root(tree.leaves, size)};
        for (uint64_t i = 0; i < size; i++) {
            struct merkle_proof proof, naive = {.count = 0};
            naive_path(tree.leaves, i, size, &naive);
            assert_int_equal(merkle_prove_inclusion(&source, i, size, &proof, NULL), STATUS_OK);
            expect_same(&proof, &naive);
            assert_true(merkle_holds(&tree.leaves[i], i, size, &proof, &now.root));
        }
        for (uint64_t before = 1; before <= size; before++) {
            struct merkle_proof proof, naive = {.count = 0};
            struct merkle_tree then = {before, naive_root(tree.leaves, before)};
            naive_proof(tree.leaves, before, size, true, &naive);
            assert_int_equal(merkle_prove_consistency(&source, before, size, &proof, NULL),
                             STATUS_OK);
            expect_same(&proof, &naive);
            assert_true(merkle_continues(&then, &now, &proof));
        }
    }
    memory_free(tree.leaves);
}

// Every size up to a ceiling (VEDETTE_MERKLE_LEAVES), some places in each.
static void test_brute_force(void **state) {
    (void)state;
    const char *wanted = getenv("VEDETTE_MERKLE_LEAVES");
    uint64_t size_max = wanted ? strtoull(wanted, NULL, 10) : 300, checked = 0;
    struct naive tree = naive_new(size_max);
    struct merkle_source source = {&tree, naive_read};
    for (uint64_t size = 1; size <= size_max; size++) {
        struct merkle_tree now = {size, naive_root(tree.leaves, size)};
        const uint64_t places[] = {0, size - 1, size / 2, size * 2654435761u % size};
        for (size_t i = 0; i < ARRAY_SIZE(places); i++, checked += 2) {
            struct merkle_proof proof, naive = {.count = 0};
            naive_path(tree.leaves, places[i], size, &naive);
            assert_int_equal(merkle_prove_inclusion(&source, places[i], size, &proof, NULL),
                             STATUS_OK);
            expect_same(&proof, &naive);
            assert_true(merkle_holds(&tree.leaves[places[i]], places[i], size, &proof, &now.root));
            struct merkle_tree then = {places[i] + 1, naive_root(tree.leaves, places[i] + 1)};
            naive.count = 0;
            naive_proof(tree.leaves, then.size, size, true, &naive);
            assert_int_equal(merkle_prove_consistency(&source, then.size, size, &proof, NULL),
                             STATUS_OK);
            expect_same(&proof, &naive);
            assert_true(merkle_continues(&then, &now, &proof));
        }
    }
    memory_free(tree.leaves);
    printf("%llu proofs over 1 to %llu leaves as by brute force\n", (unsigned long long)checked,
           (unsigned long long)size_max);
}

// Every other place, every cut, every flipped hash, one too many: refused.
static void test_forged_inclusion(void **state) {
    (void)state;
    enum {
        SIZE = 37
    };
    struct naive tree = naive_new(SIZE);
    struct merkle_source source = {&tree, naive_read};
    struct merkle_hash root = naive_root(tree.leaves, SIZE);
    for (uint64_t i = 0; i < SIZE; i++) {
        struct merkle_proof proof, forged;
        assert_int_equal(merkle_prove_inclusion(&source, i, SIZE, &proof, NULL), STATUS_OK);
        for (uint64_t other = 0; other < SIZE + 3; other++)
            if (other != i)
                assert_false(merkle_holds(&tree.leaves[i], other, SIZE, &proof, &root));
        for (size_t cut = 0; cut < proof.count; cut++) {
            forged = proof;
            forged.count = cut;
            assert_false(merkle_holds(&tree.leaves[i], i, SIZE, &forged, &root));
            forged = proof;
            forged.hashes[cut].bytes[5] ^= 1;
            assert_false(merkle_holds(&tree.leaves[i], i, SIZE, &forged, &root));
        }
        forged = proof;
        forged.hashes[forged.count++] = root;
        assert_false(merkle_holds(&tree.leaves[i], i, SIZE, &forged, &root));
        assert_false(merkle_holds(&tree.leaves[(i + 1) % SIZE], i, SIZE, &proof, &root));
        assert_false(merkle_holds(&tree.leaves[i], i, 0, &proof, &root));
        assert_false(merkle_holds(&tree.leaves[i], i, 1, &proof, &root));
    }
    memory_free(tree.leaves);
}

static void test_small_trees(void **state) {
    (void)state;
    struct naive tree = naive_new(2);
    struct merkle_proof none = {.count = 0}, one = {.count = 1, .hashes = {tree.leaves[1]}};
    struct merkle_hash empty, root;
    merkle_empty(&empty);
    merkle_node(&tree.leaves[0], &tree.leaves[1], &root);
    assert_true(merkle_holds(&tree.leaves[0], 0, 1, &none, &tree.leaves[0]));
    assert_false(merkle_holds(&tree.leaves[0], 0, 0, &none, &empty));
    assert_false(merkle_holds(&tree.leaves[0], 0, 1, &one, &root));
    assert_true(merkle_holds(&tree.leaves[0], 0, 2, &one, &root));
    assert_false(merkle_holds(&tree.leaves[0], UINT64_MAX, 2, &one, &root));
    assert_false(merkle_holds(&tree.leaves[0], 1, 1, &none, &tree.leaves[0]));
    struct merkle_tree nothing = {0, empty}, first = {1, tree.leaves[0]}, both = {2, root};
    assert_true(merkle_continues(&nothing, &both, &none));
    assert_false(merkle_continues(&nothing, &both, &one));
    assert_true(merkle_continues(&first, &both, &one));
    assert_false(merkle_continues(&first, &both, &none));
    assert_false(merkle_continues(&both, &first, &none));
    assert_true(merkle_continues(&both, &both, &none));
    memory_free(tree.leaves);
}

// Another history of the same length, or one that is no beginning of the tree, is refused.
static void test_fork(void **state) {
    (void)state;
    enum {
        SIZE = 45
    };
    struct naive tree = naive_new(SIZE);
    struct merkle_source source = {&tree, naive_read};
    struct merkle_tree now = {SIZE, naive_root(tree.leaves, SIZE)};
    struct merkle_hash kept = tree.leaves[3];
    for (uint64_t before = 4; before <= SIZE; before++) {
        struct merkle_proof proof;
        tree.leaves[3] = kept;
        assert_int_equal(merkle_prove_consistency(&source, before, SIZE, &proof, NULL), STATUS_OK);
        struct merkle_tree then = {before, naive_root(tree.leaves, before)};
        assert_true(merkle_continues(&then, &now, &proof));
        tree.leaves[3] = tree.leaves[4];
        struct merkle_tree forked = {before, naive_root(tree.leaves, before)};
        assert_false(merkle_continues(&forked, &now, &proof));
        for (size_t cut = 0; cut < proof.count; cut++) {
            struct merkle_proof forged = proof;
            forged.count = cut;
            assert_false(merkle_continues(&then, &now, &forged));
        }
    }
    memory_free(tree.leaves);
}

static void test_long_entries(void **state) {
    (void)state;
    uint8_t bytes[3000] = {0}, whole[3001] = {0};
    struct merkle_hash hash, wanted;
    memset(bytes, 'x', sizeof bytes);
    memset(whole + 1, 'x', sizeof bytes);
    for (size_t size = 1020; size < 1030; size++) {
        merkle_leaf(slice_of(bytes, size), &hash);
        digest_sha256(slice_of(whole, size + 1), wanted.bytes);
        assert_true(merkle_equal(&hash, &wanted));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_roots),
        cmocka_unit_test(test_proofs_as_written),
        cmocka_unit_test(test_forged_inclusion),
        cmocka_unit_test(test_small_trees),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_brute_force),
        cmocka_unit_test(test_long_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
