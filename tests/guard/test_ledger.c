// The ledger: appended, proved, remembered; forks caught
// SPDX-License-Identifier: Apache-2.0
#include "guard/ledger.h"

#include "guard/proof.h"

#include "base/durable_file.h"
#include "base/memory.h"

#include <ftw.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char directory[64];
    struct secret_key key;
    struct note_verifier verifier;
};

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static int setup(void **state) {
    struct world *world = memory_new(1, sizeof *world);
    uint8_t public[32];
    snprintf(world->directory, sizeof world->directory, "/tmp/vedette-ledger-XXXXXX");
    *state = world;
    return mkdtemp(world->directory) && chdir(world->directory) == 0 &&
                   secret_key_make(KEY_ED25519, &world->key, NULL) == STATUS_OK &&
                   secret_key_public_ed25519(&world->key, public, NULL) == STATUS_OK &&
                   note_verifier_make("example.com/updates", public, &world->verifier, NULL) ==
                       STATUS_OK
               ? 0
               : -1;
}

static int teardown(void **state) {
    struct world *world = *state;
    nftw(world->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    secret_key_done(&world->key);
    memory_free(world);
    return 0;
}

// Append entries "<word> <number>".
static void append(const struct world *world, const char *directory, const char *word,
                   size_t count) {
    struct ledger_options options = {
        .directory = directory, .verifier = &world->verifier, .write = true};
    struct ledger *ledger;
    struct slice entries[400];
    char texts[400][32];
    for (size_t i = 0; i < count; i++)
        entries[i] =
            slice_of(texts[i], (size_t)snprintf(texts[i], sizeof texts[i], "%s %zu", word, i));
    assert_int_equal(ledger_open(&options, &ledger, NULL), STATUS_OK);
    uint64_t before = ledger_size(ledger), place;
    assert_int_equal(ledger_append(ledger, &world->key, entries, count, NULL), STATUS_OK);
    assert_int_equal(ledger_size(ledger), before + count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(ledger_find(ledger, entries[i], &place, NULL), STATUS_OK);
        assert_int_equal(place, before + i);
    }
    ledger_free(ledger);
}

static enum refusal_reason look(const struct world *world, const char *directory,
                                const char *memory) {
    struct ledger_options options = {
        .directory = directory, .verifier = &world->verifier, .memory = memory};
    struct ledger *ledger;
    struct refusal refusal = {.reason = REFUSAL_COUNT};
    if (ledger_open(&options, &ledger, &refusal) == STATUS_OK)
        ledger_free(ledger);
    return refusal.reason;
}

enum {
    FINE = REFUSAL_COUNT
};

static void test_appends_and_proves(void **state) {
    struct world *world = *state;
    struct ledger_options options = {.directory = "a", .verifier = &world->verifier};
    struct ledger *ledger;
    struct buffer file;
    struct proof proof;
    struct checkpoint checkpoint;
    struct refusal refusal;
    uint64_t place;
    assert_int_equal(ledger_create("a", &world->verifier, &world->key, NULL), STATUS_OK);
    assert_int_equal(ledger_create("a", &world->verifier, &world->key, &refusal), STATUS_USAGE);
    append(world, "a", "first", 3);
    append(world, "a", "second", 300);
    assert_int_equal(ledger_open(&options, &ledger, NULL), STATUS_OK);
    assert_int_equal(ledger_size(ledger), 303);
    assert_int_equal(ledger_find(ledger, SLICE("second 7"), &place, NULL), STATUS_OK);
    assert_int_equal(place, 10);
    assert_int_equal(ledger_find(ledger, SLICE("never"), &place, &refusal), STATUS_FORMAT);
    assert_int_equal(refusal.reason, REFUSAL_NOT_LOGGED);
    buffer_init(&file, PROOF_BYTES_MAX);
    proof_init(&proof);
    assert_int_equal(ledger_prove(ledger, 10, &file, NULL), STATUS_OK);
    assert_int_equal(proof_read(buffer_slice(&file), &proof, NULL), STATUS_OK);
    assert_true(slice_equal_string(buffer_slice(&proof.extra), "second 7"));
    assert_int_equal(proof_verify(&proof, &world->verifier, SLICE("second 7"), &checkpoint, NULL),
                     STATUS_OK);
    assert_int_equal(ledger_prove(ledger, 303, &file, &refusal), STATUS_USAGE);
    proof_done(&proof);
    buffer_done(&file);
    ledger_free(ledger);
}

static size_t count_evidence(void) {
    glob_t found;
    size_t count = glob("seen.fork-*", 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    if (count)
        globfree(&found);
    return count;
}

// One key, two histories: what a client has seen decides, and both notes are kept.
static void test_fork_is_caught(void **state) {
    struct world *world = *state;
    ledger_create("a", &world->verifier, &world->key, NULL);
    ledger_create("b", &world->verifier, &world->key, NULL);
    append(world, "a", "common", 5);
    append(world, "b", "common", 5);
    assert_int_equal(look(world, "a", "seen"), FINE);
    assert_int_equal(look(world, "b", "seen"), FINE);
    append(world, "a", "for the auditors", 4);
    append(world, "b", "for the victim", 4);
    assert_int_equal(look(world, "a", "seen"), FINE);
    assert_int_equal(look(world, "b", "seen"), REFUSAL_LOG_FORK); // one size, two roots
    assert_int_equal(count_evidence(), 1);
    append(world, "b", "more", 9);
    assert_int_equal(look(world, "b", "seen"), REFUSAL_LOG_FORK); // longer, no continuation
    assert_int_equal(count_evidence(), 2);
    assert_int_equal(look(world, "b", "seen"), REFUSAL_LOG_FORK); // and again: nothing new to keep
    assert_int_equal(count_evidence(), 2);
    append(world, "a", "later", 1);
    assert_int_equal(look(world, "a", "seen"), FINE); // the true one still is
    assert_int_equal(look(world, "b", NULL), FINE);   // who remembers nothing sees nothing
}

static void test_shorter_ledger(void **state) {
    struct world *world = *state;
    struct buffer old;
    buffer_init(&old, NOTE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    ledger_create("a", &world->verifier, &world->key, NULL);
    append(world, "a", "one", 5);
    durable_file_read("a/checkpoint", NOTE_BYTES_MAX, &old, NULL);
    append(world, "a", "two", 5);
    assert_int_equal(look(world, "a", "seen"), FINE);
    durable_file_write("a/checkpoint", buffer_slice(&old), 0644, NULL);
    assert_int_equal(look(world, "a", "seen"), REFUSAL_ROLLBACK);
    assert_int_equal(look(world, "a", NULL), FINE);
    buffer_done(&old);
}

static void test_other_hands(void **state) {
    struct world *world = *state;
    struct world other = *world;
    uint8_t public[32];
    secret_key_make(KEY_ED25519, &other.key, NULL);
    secret_key_public_ed25519(&other.key, public, NULL);
    note_verifier_make("example.com/updates", public, &other.verifier, NULL);
    ledger_create("a", &world->verifier, &world->key, NULL);
    append(world, "a", "one", 5);
    assert_int_equal(look(&other, "a", NULL), REFUSAL_FORMAT);
    assert_int_equal(look(world, "none", NULL), REFUSAL_MISSING);
    // A changed tile is no ledger, whatever the checkpoint says.
    struct buffer tile;
    buffer_init(&tile, 4 * DURABLE_READ_BYTES);
    assert_int_equal(durable_file_read("a/tile/0/000.p/5", 8192, &tile, NULL), STATUS_OK);
    tile.data[40] ^= 1;
    durable_file_write("a/tile/0/000.p/5", buffer_slice(&tile), 0644, NULL);
    assert_int_equal(look(world, "a", NULL), REFUSAL_FORMAT);
    buffer_done(&tile);
    secret_key_done(&other.key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_appends_and_proves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fork_is_caught, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shorter_ledger, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_hands, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
