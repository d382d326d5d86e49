// Request targets: one reading, or none
// SPDX-License-Identifier: Apache-2.0
#include "guard/request_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum status path_of(const char *target, struct request_path *ret_path) {
    return request_path_read(slice_of_string(target), ret_path, NULL);
}

static void assert_path(const char *target, const char *path) {
    struct request_path read;
    assert_int_equal(path_of(target, &read), STATUS_OK);
    assert_int_equal(read.path.size, strlen(path));
    assert_memory_equal(read.path.data, path, read.path.size);
}

static void assert_bad(const char *target) {
    struct request_path path;
    if (path_of(target, &path) != STATUS_FORMAT)
        fail_msg("%s was taken", target);
}

static void test_plain_paths_are_read(void **state) {
    (void)state;
    assert_path("/packages/Setup.exe", "packages/Setup.exe");
    assert_path("/", "");
    assert_path("/a/", "a/");
    assert_path("/a/.hidden", "a/.hidden");
    assert_path("/a..b/c...d", "a..b/c...d");
    assert_path("/a%20b", "a b");
    assert_path("/%70kg.msi", "pkg.msi");
    assert_path("/\xE5\x8D\x87\xE7\xBA\xA7", "\xE5\x8D\x87\xE7\xBA\xA7");
    assert_path("/%E5%8d%87", "\xE5\x8D\x87");
    assert_path("/a+b", "a+b");
}

static void test_a_query_is_no_part_of_the_path(void **state) {
    (void)state;
    struct request_path path;
    assert_int_equal(path_of("/a?b=/../c%00", &path), STATUS_OK);
    assert_true(slice_equal(path.path, SLICE("a")));
    assert_true(slice_equal(path.query, SLICE("b=/../c%00")));
}

// Row 21 of the attack matrix.
static void test_ambiguous_targets_are_bad_paths(void **state) {
    (void)state;
    static const char *const BAD[] = {
        "",
        "pkg.msi",
        "*",
        "http://other/pkg.msi",
        "//pkg.msi",
        "/a//b",
        "/./pkg.msi",
        "/a/../pkg.msi",
        "/..",
        "/a/.",
        "/%2e%2e/pkg.msi",
        "/%2E/pkg.msi",
        "/pkg%2emsi",
        "/a%2fb",
        "/a%2Fb",
        "/pkg.msi%00.txt",
        "/pkg%252emsi",
        "/a%25",
        "/a%",
        "/a%4",
        "/a%zz",
        "/a\\b",
        "/a%5cb",
        "/a;b/c",
        "/pkg.msi;x=1",
        "/pkg.msi%3bx",
        "/pkg.msi.",
        "/pkg.msi%20",
        "/dir./pkg.msi",
        "/dir%20/pkg.msi",
        "/pkg.msi%3f",
        "/a#b",
        "/a%23b",
        "/a b",
        "/a\tb",
        "/a%0d%0ab",
        "/a%7f",
        "/%ff",
        "/%c0%af",
        "/%ed%a0%80",
        "/\xC0\xAE",
    };
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++)
        assert_bad(BAD[i]);
    struct request_path path;
    assert_int_equal(request_path_read(SLICE("/a\0b"), &path, NULL), STATUS_FORMAT);
}

// What looks alike stays apart: look-ups are byte by byte.
static void test_case_and_normal_forms_stay_apart(void **state) {
    (void)state;
    assert_path("/PKG.MSI", "PKG.MSI");
    assert_path("/caf%C3%A9", "caf\xC3\xA9");
    assert_path("/cafe%CC%81", "cafe\xCC\x81");
}

static void test_long_targets_are_refused(void **state) {
    (void)state;
    static uint8_t target[REQUEST_TARGET_BYTES_MAX + 1];
    struct request_path path;
    memset(target, 'a', sizeof target);
    target[0] = '/';
    assert_int_equal(request_path_read(slice_of(target, sizeof target), &path, NULL),
                     STATUS_FORMAT);
    assert_int_equal(request_path_read(slice_of(target, sizeof target - 1), &path, NULL),
                     STATUS_OK);
    assert_int_equal(path.path.size, sizeof target - 2);
}

static void test_what_is_written_reads_the_same(void **state) {
    (void)state;
    struct request_path path, again;
    struct buffer text;
    buffer_init(&text, 4096);
    assert_int_equal(path_of("/a%20b/%E5%8d%87+,=", &path), STATUS_OK);
    buffer_append_byte(&text, '/');
    request_path_append(&text, path.path);
    assert_true(slice_equal(buffer_slice(&text), SLICE("/a%20b/%E5%8D%87%2B%2C%3D")));
    assert_int_equal(request_path_read(buffer_slice(&text), &again, NULL), STATUS_OK);
    assert_true(slice_equal(again.path, path.path));
    assert_true(request_path_is_plain(buffer_slice(&text), &again));
    assert_int_equal(path_of("/%70kg?a", &path), STATUS_OK);
    assert_false(request_path_is_plain(SLICE("/%70kg?a"), &path));
    struct slice plain = SLICE("/client/check?v=1");
    assert_int_equal(request_path_read(plain, &path, NULL), STATUS_OK);
    assert_true(request_path_is_plain(plain, &path));
    buffer_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_paths_are_read),
        cmocka_unit_test(test_a_query_is_no_part_of_the_path),
        cmocka_unit_test(test_ambiguous_targets_are_bad_paths),
        cmocka_unit_test(test_case_and_normal_forms_stay_apart),
        cmocka_unit_test(test_long_targets_are_refused),
        cmocka_unit_test(test_what_is_written_reads_the_same),
    };
    return cmocka_run_group_tests_name("request_path", tests, NULL, NULL);
}
