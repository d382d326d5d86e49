// Tiles: what was appended is read back and proved
// SPDX-License-Identifier: Apache-2.0
#include "guard/tile_store.h"

#include "guard/tile_path.h"

#include "base/durable_file.h"
#include "base/memory.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static int setup(void **state) {
    char *directory = memory_keep_text("/tmp/vedette-tiles-XXXXXX", 25);
    *state = directory;
    return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state) {
    nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    memory_free(*state);
    return 0;
}

// Roots by another way: all leaves in memory, folded as RFC 6962 2.1 says.
static struct merkle_hash fold(const struct merkle_hash *leaves, uint64_t size) {
    struct merkle_hash hash, left, right;
    if (size == 1)
        return leaves[0];
    uint64_t half = 1;
    while (half * 2 < size)
        half *= 2;
    left = fold(leaves, half);
    right = fold(leaves + half, size - half);
    merkle_node(&left, &right, &hash);
    return hash;
}

static size_t entry_text(uint64_t index, char text[64]) {
    return (size_t)snprintf(text, 64, "entry %llu of the ledger", (unsigned long long)index);
}

static void append(struct tile_store *store, uint64_t count, struct merkle_hash *leaves,
                   struct merkle_hash *root) {
    struct slice *entries = memory_new(count, sizeof *entries);
    char(*texts)[64] = memory_new(count, sizeof *texts);
    for (uint64_t i = 0; i < count; i++) {
        entries[i] = slice_of(texts[i], entry_text(store->size + i, texts[i]));
        merkle_leaf(entries[i], &leaves[store->size + i]);
    }
    assert_int_equal(tile_store_append(store, entries, count, root, NULL), STATUS_OK);
    memory_free(entries);
    memory_free(texts);
}

static void check_proofs(struct tile_store *store, const struct merkle_hash *leaves,
                         const struct merkle_hash *root, uint64_t step) {
    struct merkle_source source = tile_store_source(store);
    struct merkle_tree now = {store->size, *root};
    for (uint64_t i = 0; i < store->size; i += step) {
        struct merkle_proof proof;
        assert_int_equal(merkle_prove_inclusion(&source, i, store->size, &proof, NULL), STATUS_OK);
        assert_true(merkle_holds(&leaves[i], i, store->size, &proof, root));
        struct merkle_tree then = {i + 1, fold(leaves, i + 1)};
        assert_int_equal(merkle_prove_consistency(&source, i + 1, store->size, &proof, NULL),
                         STATUS_OK);
        assert_true(merkle_continues(&then, &now, &proof));
    }
}

static enum status count_entry(void *context, uint64_t index, struct slice entry,
                               struct problem *problem) {
    uint64_t *next = context;
    char text[64];
    (void)problem;
    assert_int_equal(index, (*next)++);
    assert_true(slice_equal(entry, slice_of(text, entry_text(index, text))));
    return STATUS_OK;
}

// Steps that leave partial tiles, fill one exactly, fill several at once, and reach level 2.
static void test_grows(void **state) {
    enum {
        TOTAL = 66000
    };
    static const uint64_t steps[] = {1, 2, 252, 1, 1, 255, 256, 700, 1, 64000};
    struct merkle_hash *leaves = memory_new(TOTAL, sizeof *leaves), root;
    struct tile_store store;
    uint64_t next = 0;
    tile_store_init(&store, *state, 0);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        append(&store, steps[i], leaves, &root);
        struct merkle_hash wanted = fold(leaves, store.size);
        assert_true(merkle_equal(&root, &wanted));
        check_proofs(&store, leaves, &root, store.size < 600 ? 1 : store.size / 7);
    }
    assert_int_equal(tile_store_each(&store, 0, count_entry, &next, NULL), STATUS_OK);
    assert_int_equal(next, store.size);
    next = 1000;
    assert_int_equal(tile_store_each(&store, 1000, count_entry, &next, NULL), STATUS_OK);
    tile_store_done(&store);
    memory_free(leaves);
}

// What a writer left who was stopped before the checkpoint is written over; the tree goes on from
// the size that counts.
static void test_left_over(void **state) {
    struct merkle_hash leaves[600], root, again;
    struct tile_store store;
    tile_store_init(&store, *state, 0);
    append(&store, 250, leaves, &root);
    struct slice other[300];
    for (size_t i = 0; i < ARRAY_SIZE(other); i++)
        other[i] = SLICE("never in a checkpoint");
    assert_int_equal(tile_store_append(&store, other, ARRAY_SIZE(other), &again, NULL), STATUS_OK);
    tile_store_done(&store);
    tile_store_init(&store, *state, 250);
    struct merkle_source source = tile_store_source(&store);
    assert_int_equal(merkle_root(&source, 250, &again, NULL), STATUS_OK);
    assert_true(merkle_equal(&root, &again));
    append(&store, 350, leaves, &root);
    check_proofs(&store, leaves, &root, 1);
    tile_store_done(&store);
}

static void test_damage(void **state) {
    struct merkle_hash leaves[300], root;
    struct tile_store store;
    char path[PATH_MAX];
    struct problem problem;
    tile_store_init(&store, *state, 0);
    append(&store, 300, leaves, &root);
    struct tile_path bundle = {TILE_LEVEL_ENTRIES, 1, 44};
    assert_int_equal(tile_path_format(*state, bundle, path, NULL), STATUS_OK);
    assert_int_equal(durable_file_write(path, SLICE("\0\5other"), 0644, NULL), STATUS_OK);
    uint64_t next = 256;
    assert_int_equal(tile_store_each(&store, 256, count_entry, &next, &problem), STATUS_FORMAT);
    struct tile_path tile = {0, 1, 44};
    assert_int_equal(tile_path_format(*state, tile, path, NULL), STATUS_OK);
    assert_int_equal(durable_file_write(path, SLICE("short"), 0644, NULL), STATUS_OK);
    tile_store_done(&store);
    tile_store_init(&store, *state, 300);
    struct merkle_source source = tile_store_source(&store);
    assert_int_equal(merkle_root(&source, 300, &root, &problem), STATUS_FORMAT);
    unlink(path);
    assert_int_equal(merkle_root(&source, 300, &root, &problem), STATUS_NOT_FOUND);
    tile_store_done(&store);
}

static void expect_path(struct tile_path tile, const char *wanted) {
    char path[PATH_MAX];
    assert_int_equal(tile_path_format("d", tile, path, NULL), STATUS_OK);
    assert_string_equal(path, wanted);
}

static void test_paths(void **state) {
    (void)state;
    expect_path((struct tile_path){0, 0, 256}, "d/tile/0/000");
    expect_path((struct tile_path){1, 1234067, 256}, "d/tile/1/x001/x234/067");
    expect_path((struct tile_path){0, 273, 112}, "d/tile/0/273.p/112");
    expect_path((struct tile_path){TILE_LEVEL_ENTRIES, 1000, 1}, "d/tile/entries/x001/000.p/1");
    expect_path((struct tile_path){7, UINT64_MAX, 255},
                "d/tile/7/x018/x446/x744/x073/x709/x551/615.p/255");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_grows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
