// Public keys against what securesystemslib signed
// SPDX-License-Identifier: Apache-2.0
#include "guard/key.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct vector {
    enum key_kind kind;
    const char *object, *keyid, *signature;
};

static const struct vector vectors[] = {
#define VECTOR(kind, object, keyid, signature) {KEY_##kind, object, keyid, signature},
#define REFUSED(object)
#include "key_vectors.def"
#undef VECTOR
#undef REFUSED
};

static const char *const refused[] = {
#define VECTOR(kind, object, keyid, signature)
#define REFUSED(object) object,
#include "key_vectors.def"
#undef VECTOR
#undef REFUSED
};

static enum status read_object(const char *text, struct key *key, char *keyid) {
    struct canonical_document document;
    struct problem problem;
    canonical_init(&document);
    assert_int_equal(canonical_read(&document, slice_of_string(text), 0, &problem), STATUS_OK);
    key_identify(&document, canonical_root(&document), keyid);
    enum status status = key_read(key, &document, canonical_root(&document), &problem);
    canonical_done(&document);
    return status;
}

static void verifies_all_kinds(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        struct key key;
        char keyid[DIGEST_SHA256_HEX_SIZE];
        assert_int_equal(read_object(vectors[i].object, &key, keyid), STATUS_OK);
        assert_int_equal(key.kind, vectors[i].kind);
        assert_string_equal(keyid, vectors[i].keyid);
        uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
        size_t size = strlen(vectors[i].signature) / 2;
        assert_true(key_read_hex(slice_of_string(vectors[i].signature), signature, size));
        assert_true(key_verify(&key, SLICE("signed bytes"), slice_of(signature, size)));
        assert_false(key_verify(&key, SLICE("signed byteS"), slice_of(signature, size)));
        assert_false(key_verify(&key, SLICE(""), slice_of(signature, size)));
        assert_false(key_verify(&key, SLICE("signed bytes"), slice_of(signature, size - 1)));
        assert_false(key_verify(&key, SLICE("signed bytes"), slice_of(signature, 0)));
        signature[size / 2] ^= 1;
        assert_false(key_verify(&key, SLICE("signed bytes"), slice_of(signature, size)));
        key_done(&key);
    }
}

static void refuses_weak_and_odd_keys(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        struct key key;
        char keyid[DIGEST_SHA256_HEX_SIZE];
        assert_int_equal(read_object(refused[i], &key, keyid), STATUS_FORMAT);
    }
}

static void leaves_unknown_kinds_aside(void **state) {
    (void)state;
    struct key key;
    char keyid[DIGEST_SHA256_HEX_SIZE];
    assert_int_equal(read_object("{\"keytype\":\"ml-dsa\",\"scheme\":\"ml-dsa-44\","
                                 "\"keyval\":{\"public\":\"\"}}",
                                 &key, keyid),
                     STATUS_UNSUPPORTED);
    assert_int_equal(read_object("{\"keytype\":\"rsa\",\"scheme\":\"rsa-pkcs1v15-sha256\","
                                 "\"keyval\":{\"public\":\"\"}}",
                                 &key, keyid),
                     STATUS_UNSUPPORTED);
    assert_int_equal(read_object("{\"keytype\":\"rsa\"}", &key, keyid), STATUS_FORMAT);
    assert_int_equal(read_object("[]", &key, keyid), STATUS_FORMAT);
}

static void knows_a_key_under_any_name(void **state) {
    (void)state;
    // One key, once as bytes and once as an object with another field: one identity.
    struct key key, same;
    char keyid[DIGEST_SHA256_HEX_SIZE];
    uint8_t bytes[32];
    assert_int_equal(read_object(vectors[0].object, &key, keyid), STATUS_OK);
    const char *hex = strstr(vectors[0].object, "\"public\": \"") + strlen("\"public\": \"");
    assert_true(key_read_hex(slice_of(hex, 64), bytes, sizeof bytes));
    struct problem problem;
    assert_int_equal(key_from_ed25519(&same, bytes, &problem), STATUS_OK);
    assert_memory_equal(key.identity, same.identity, sizeof key.identity);
    key_done(&key);
    key_done(&same);
}

// Each byte at each place of 26 digits: eight bytes are read at once, the rest one by one.
static void reads_hexadecimal(void **state) {
    (void)state;
    char text[] = "0123456789abcdeffedcba9876";
    static const uint8_t bytes[13] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD,
                                      0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76};
    uint8_t read[13];
    assert_true(key_read_hex(slice_of_string(text), read, 13));
    assert_memory_equal(read, bytes, 13);
    assert_false(key_read_hex(slice_of_string(text), read, 12));
    for (size_t place = 0; place < 26; place++)
        for (int byte = 0; byte < 256; byte++) {
            const char *digit = byte ? strchr("0123456789abcdef", byte) : NULL;
            char kept = text[place];
            text[place] = (char)byte;
            assert_int_equal(key_read_hex(slice_of(text, 26), read, 13), digit != NULL);
            text[place] = kept;
            if (!digit)
                continue;
            int value = (int)strtol((char[]){(char)byte, 0}, NULL, 16);
            assert_int_equal(place % 2 ? read[place / 2] & 15 : read[place / 2] >> 4, value);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_hexadecimal),          cmocka_unit_test(verifies_all_kinds),
        cmocka_unit_test(refuses_weak_and_odd_keys),  cmocka_unit_test(leaves_unknown_kinds_aside),
        cmocka_unit_test(knows_a_key_under_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
