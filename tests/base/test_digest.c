// Digests: against Python's, whole and in pieces
// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_line(const struct vector *vector) {
    uint8_t bytes[VECTOR_LINE_MAX / 2];
    struct slice input = slice_of(bytes, vector_bytes(vector->words[1], bytes));
    if (strcmp(vector->words[0], "sha256") == 0) {
        uint8_t digest[DIGEST_SHA256_SIZE];
        char text[DIGEST_SHA256_HEX_SIZE];
        digest_sha256(input, digest);
        digest_hex(digest, text);
        assert_string_equal(text, vector->words[2]);
        return;
    }
    uint32_t wanted = (uint32_t)strtoul(vector->words[2], NULL, 10);
    assert_int_equal(digest_crc32(0, input), wanted);
    for (size_t cut = 0; cut <= input.size; cut += 1 + input.size / 7) {
        uint32_t first = digest_crc32(0, slice_part(input, 0, cut));
        assert_int_equal(digest_crc32(first, slice_part(input, cut, SIZE_MAX)), wanted);
    }
}

static void test_agrees_with_python(void **state) {
    (void)state;
    assert_true(vectors_each("digest.tsv", check_line) > 20);
}

static void test_empty_slice_without_data(void **state) {
    (void)state;
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256((struct slice){NULL, 0}, digest);
    assert_int_equal(digest[0], 0xe3);
    assert_int_equal(digest_crc32(0, (struct slice){NULL, 0}), 0);
    assert_true(digest_hash64((struct slice){NULL, 0}) == digest_hash64(SLICE("")));
}

static void test_hashes_tell_texts_apart(void **state) {
    (void)state;
    assert_true(digest_hash64(SLICE("a")) != digest_hash64(SLICE("b")));
    assert_true(digest_hash64(SLICE("a")) == digest_hash64(SLICE("a")));
    assert_true(digest_hash64_seeded(SLICE("a"), 1) != digest_hash64_seeded(SLICE("a"), 2));
    assert_true(digest_mix64(1, 2) != digest_mix64(2, 1));
    assert_true(digest_mix64(0, 0) != digest_mix64(0, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_python),
        cmocka_unit_test(test_empty_slice_without_data),
        cmocka_unit_test(test_hashes_tell_texts_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
