// Notes, checkpoints and proofs that stand alone
// SPDX-License-Identifier: Apache-2.0
#include "guard/checkpoint.h"
#include "guard/note.h"
#include "guard/proof.h"
#include "guard/secret_key.h"

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

#define DASH "\xE2\x80\x94 "

struct signer {
    struct secret_key key;
    struct note_verifier verifier;
};

static void signer_init(struct signer *signer, const char *name) {
    uint8_t public[32];
    assert_int_equal(secret_key_make(KEY_ED25519, &signer->key, NULL), STATUS_OK);
    assert_int_equal(secret_key_public_ed25519(&signer->key, public, NULL), STATUS_OK);
    assert_int_equal(note_verifier_make(name, public, &signer->verifier, NULL), STATUS_OK);
}

static void sign(const struct signer *signer, struct slice text, struct buffer *note) {
    struct buffer signature;
    buffer_init(&signature, 1024);
    assert_int_equal(secret_key_sign(&signer->key, text, &signature, NULL), STATUS_OK);
    assert_int_equal(signature.size, 64);
    note_format(text, &signer->verifier, signature.data, note);
    buffer_done(&signature);
}

// The example that the specification prints.
static void test_specification(void **state) {
    (void)state;
    struct note_verifier verifier;
    struct slice text;
    uint32_t who;
    struct buffer again;
    struct slice key =
        SLICE("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
    struct slice note = SLICE(
        "This is an example message.\n\n" DASH
        "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
        "RKuwHjG1Yu72IneyaQM=\n");
    assert_int_equal(note_verifier_read(key, &verifier, NULL), STATUS_OK);
    assert_int_equal(note_open(note, &verifier, 1, &text, &who, NULL), STATUS_OK);
    assert_int_equal(who, 1);
    assert_true(slice_equal_string(text, "This is an example message.\n"));
    buffer_init(&again, 1024);
    note_verifier_format(&verifier, &again);
    assert_true(slice_equal(buffer_slice(&again), key));
    buffer_done(&again);
}

static void expect_note(struct slice note, const struct note_verifier *verifier, bool holds) {
    struct slice text;
    uint32_t who;
    struct problem problem;
    assert_int_equal(note_open(note, verifier, 1, &text, &who, &problem),
                     holds ? STATUS_OK : STATUS_FORMAT);
}

static void test_forged_notes(void **state) {
    (void)state;
    struct signer ledger, other;
    struct buffer note, longer;
    buffer_init(&note, NOTE_BYTES_MAX);
    buffer_init(&longer, 2 * NOTE_BYTES_MAX);
    signer_init(&ledger, "example.com/updates");
    signer_init(&other, "example.com/updates");
    sign(&ledger, SLICE("a text\n\nwith an empty line\n"), &note);
    expect_note(buffer_slice(&note), &ledger.verifier, true);
    expect_note(buffer_slice(&note), &other.verifier, false); // same name, another key
    for (size_t i = 0; i < note.size; i++) {
        note.data[i] ^= 1;
        expect_note(buffer_slice(&note), &ledger.verifier, false);
        note.data[i] ^= 1;
        expect_note(slice_part(buffer_slice(&note), 0, i), &ledger.verifier, false);
    }
    // Lines of others are left alone, before and after; broken ones are no note.
    buffer_append_slice(&longer, buffer_slice(&note));
    buffer_append_text(&longer, DASH "witness.example AAAAAAECAwQFBgcICQ==\n");
    expect_note(buffer_slice(&longer), &ledger.verifier, true);
    buffer_append_text(&longer, DASH "witness.example not base64\n");
    expect_note(buffer_slice(&longer), &ledger.verifier, false);
    buffer_done(&note);
    buffer_done(&longer);
    secret_key_done(&ledger.key);
    secret_key_done(&other.key);
}

static void test_verifier_keys(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "+",
        "example.com/foo",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    };
    struct note_verifier verifier;
    struct problem problem;
    uint8_t public[32] = {0};
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(note_verifier_read(slice_of_string(wrong[i]), &verifier, &problem),
                         STATUS_FORMAT);
    assert_int_equal(note_verifier_read(SLICE("a+00000000+BAAAAB=="), &verifier, &problem),
                     STATUS_FORMAT);
    assert_int_equal(note_verifier_read(SLICE("a+00000000+BAAA"), &verifier, &problem),
                     STATUS_UNSUPPORTED);
    assert_int_equal(note_verifier_make("two words", public, &verifier, &problem), STATUS_USAGE);
    assert_int_equal(note_verifier_make("a+b", public, &verifier, &problem), STATUS_USAGE);
    assert_int_equal(note_verifier_make("wide\xE3\x80\x80"
                                        "blank",
                                        public, &verifier, &problem),
                     STATUS_USAGE);
}

#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void test_checkpoint_texts(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "a\n0\n",
        "\n0\n" EMPTY_ROOT "\n",
        "a\n00\n" EMPTY_ROOT "\n",
        "a\n-1\n" EMPTY_ROOT "\n",
        "a\n1 \n" EMPTY_ROOT "\n",
        "a\n18446744073709551616\n" EMPTY_ROOT "\n",
        "a\n0\n" EMPTY_ROOT,
        "a\n0\n" EMPTY_ROOT "\n\n",
        "a\n1\nAAAA\n",
        "a\n1\n" EMPTY_ROOT "=\n",
        "a\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", // nothing has one root only
    };
    struct checkpoint checkpoint;
    struct problem problem;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(checkpoint_read_text(slice_of_string(wrong[i]), &checkpoint, &problem),
                         STATUS_FORMAT);
    assert_int_equal(checkpoint_read_text(SLICE("a\n18446744073709551615\n" EMPTY_ROOT "\nmore\n"),
                                          &checkpoint, NULL),
                     STATUS_OK);
    assert_true(checkpoint.tree.size == UINT64_MAX);
}

static enum status leaf_read(void *context, unsigned level, uint64_t index,
                             struct merkle_hash *ret_hash, struct problem *problem) {
    const struct merkle_hash *leaves = context;
    (void)problem;
    if (level == 0) {
        *ret_hash = leaves[index];
        return STATUS_OK;
    }
    struct merkle_hash left, right;
    leaf_read(context, level - 1, 2 * index, &left, NULL);
    leaf_read(context, level - 1, 2 * index + 1, &right, NULL);
    merkle_node(&left, &right, ret_hash);
    return STATUS_OK;
}

enum {
    LEAVES = 11
};

// A proof file for entry "e<index>" of eleven.
static void make_proof(const struct signer *ledger, uint64_t index, struct buffer *file) {
    struct merkle_hash leaves[LEAVES];
    struct merkle_source source = {leaves, leaf_read};
    struct merkle_tree tree = {.size = LEAVES};
    struct buffer text, note;
    struct proof proof;
    for (unsigned i = 0; i < LEAVES; i++) {
        char entry[8];
        merkle_leaf(slice_of(entry, (size_t)snprintf(entry, sizeof entry, "e%u", i)), &leaves[i]);
    }
    buffer_init(&text, 1024);
    buffer_init(&note, NOTE_BYTES_MAX);
    proof_init(&proof);
    assert_int_equal(merkle_root(&source, LEAVES, &tree.root, NULL), STATUS_OK);
    assert_int_equal(merkle_prove_inclusion(&source, index, LEAVES, &proof.path, NULL), STATUS_OK);
    checkpoint_format_text(ledger->verifier.name, &tree, &text);
    sign(ledger, buffer_slice(&text), &note);
    proof.index = index;
    proof.note = buffer_slice(&note);
    buffer_append_format(&proof.extra, "e%llu", (unsigned long long)index);
    proof_format(&proof, file);
    proof_done(&proof);
    buffer_done(&text);
    buffer_done(&note);
}

static enum status verify(struct slice file, const struct note_verifier *ledger,
                          const char *entry) {
    struct proof proof;
    struct problem problem;
    struct checkpoint checkpoint;
    proof_init(&proof);
    enum status status = proof_read(file, &proof, &problem);
    if (status == STATUS_OK)
        status = proof_verify(&proof, ledger,
                              entry ? slice_of_string(entry) : buffer_slice(&proof.extra),
                              &checkpoint, &problem);
    proof_done(&proof);
    return status;
}

static void test_proofs(void **state) {
    (void)state;
    struct signer ledger, other;
    struct buffer file;
    signer_init(&ledger, "example.com/updates");
    signer_init(&other, "example.com/other");
    buffer_init(&file, PROOF_BYTES_MAX);
    for (uint64_t i = 0; i < LEAVES; i++) {
        buffer_reset(&file);
        make_proof(&ledger, i, &file);
        assert_int_equal(verify(buffer_slice(&file), &ledger.verifier, NULL), STATUS_OK);
        assert_int_equal(verify(buffer_slice(&file), &ledger.verifier, "e99"), STATUS_FORMAT);
        assert_int_equal(verify(buffer_slice(&file), &other.verifier, NULL), STATUS_FORMAT);
    }
    // What is cut off, or changed anywhere but in the lines that say nothing, does not hold.
    for (size_t i = 0; i < file.size; i++) {
        assert_int_equal(verify(slice_part(buffer_slice(&file), 0, i), &ledger.verifier, "e10"),
                         STATUS_FORMAT);
        file.data[i] ^= 4;
        assert_int_equal(verify(buffer_slice(&file), &ledger.verifier, NULL), STATUS_FORMAT);
        file.data[i] ^= 4;
    }
    buffer_done(&file);
    secret_key_done(&ledger.key);
    secret_key_done(&other.key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specification), cmocka_unit_test(test_forged_notes),
        cmocka_unit_test(test_verifier_keys), cmocka_unit_test(test_checkpoint_texts),
        cmocka_unit_test(test_proofs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
