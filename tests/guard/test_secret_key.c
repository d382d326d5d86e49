// Keys that sign: made, locked, read, believed
// SPDX-License-Identifier: Apache-2.0
#include "guard/secret_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void read_public(const struct secret_key *key, struct key *public) {
    struct buffer text;
    struct canonical_document document;
    buffer_init(&text, 64 * 1024);
    canonical_init(&document);
    assert_int_equal(secret_key_public(key, SLICE("al\"ice"), &text, NULL), STATUS_OK);
    assert_int_equal(canonical_read(&document, buffer_slice(&text), 0, NULL), STATUS_OK);
    assert_int_equal(key_read(public, &document, canonical_root(&document), NULL), STATUS_OK);
    canonical_done(&document);
    buffer_done(&text);
}

static void check_kind(enum key_kind kind, struct slice passphrase) {
    struct secret_key made, read;
    struct key public;
    struct buffer file, signature;
    struct problem problem;
    buffer_init(&file, SECRET_KEY_FILE_BYTES_MAX);
    buffer_init(&signature, KEY_SIGNATURE_BYTES_MAX);
    assert_int_equal(secret_key_make(kind, &made, NULL), STATUS_OK);
    assert_int_equal(made.kind, kind);
    assert_int_equal(secret_key_write(&made, passphrase, &file, NULL), STATUS_OK);
    assert_int_equal(secret_key_is_locked(buffer_slice(&file)), passphrase.size > 0);
    if (passphrase.size) {
        assert_int_equal(secret_key_read(buffer_slice(&file), SLICE("wrong one"), &read, &problem),
                         STATUS_USAGE);
        assert_int_equal(secret_key_read(buffer_slice(&file), SLICE(""), &read, &problem),
                         STATUS_USAGE);
    }
    assert_int_equal(secret_key_read(buffer_slice(&file), passphrase, &read, NULL), STATUS_OK);
    assert_int_equal(read.kind, kind);
    assert_memory_equal(read.identity, made.identity, sizeof made.identity);
    assert_int_equal(secret_key_sign(&read, SLICE("bytes"), &signature, NULL), STATUS_OK);
    read_public(&made, &public);
    assert_memory_equal(public.identity, made.identity, sizeof made.identity);
    assert_true(key_verify(&public, SLICE("bytes"), buffer_slice(&signature)));
    assert_false(key_verify(&public, SLICE("other"), buffer_slice(&signature)));
    secret_wipe(&file);
    assert_int_equal(file.size, 0);
    key_done(&public);
    secret_key_done(&made);
    secret_key_done(&read);
    buffer_done(&file);
    buffer_done(&signature);
}

static void test_kinds(void **state) {
    (void)state;
    check_kind(KEY_ED25519, SLICE("a long passphrase"));
    check_kind(KEY_ECDSA, SLICE(""));
    check_kind(KEY_RSA, SLICE("another passphrase"));
}

static void test_no_keys(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"};
    struct secret_key key;
    struct problem problem;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(
            secret_key_read(slice_of_string(wrong[i]), SLICE("passphrase"), &key, &problem),
            STATUS_FORMAT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_no_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
