// Growth, ceilings and numbers of a buffer
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_content(const struct buffer *buffer, const char *wanted) {
    assert_int_equal(buffer->size, strlen(wanted));
    assert_memory_equal(buffer->data, wanted, buffer->size);
}

static void test_appends_of_every_kind(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    buffer_append(&buffer, "ab", 2);
    buffer_append(&buffer, NULL, 0);
    buffer_append_slice(&buffer, SLICE("cd"));
    buffer_append_slice(&buffer, (struct slice){NULL, 0});
    buffer_append_text(&buffer, "ef");
    buffer_append_byte(&buffer, 'g');
    buffer_append_format(&buffer, "%d-%s", 7, "x");
    assert_content(&buffer, "abcdefg7-x");
    assert_false(buffer.failed);
    buffer_done(&buffer);
    assert_null(buffer.data);
}

static void test_numbers(void **state) {
    (void)state;
    static const int64_t numbers[] = {0,
                                      1,
                                      9,
                                      10,
                                      99,
                                      100,
                                      -1,
                                      -10,
                                      INT32_MIN,
                                      INT32_MAX,
                                      INT64_MAX,
                                      INT64_MIN,
                                      1234567890123456789};
    struct buffer buffer;
    buffer_init(&buffer, 100);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "%" PRId64, numbers[i]);
        buffer_reset(&buffer);
        buffer_append_i64(&buffer, numbers[i]);
        assert_content(&buffer, wanted);
    }
    buffer_reset(&buffer);
    buffer_append_u64(&buffer, UINT64_MAX);
    assert_content(&buffer, "18446744073709551615");
    buffer_done(&buffer);
}

static void test_grows_and_keeps_content(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    for (unsigned i = 0; i < 100000; i++)
        buffer_append_byte(&buffer, (uint8_t)(i * 7));
    assert_int_equal(buffer.size, 100000);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(buffer.data[i], (uint8_t)(i * 7));
    buffer_done(&buffer);
}

static void test_ceiling(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_append_text(&buffer, "0123456789");
    assert_false(buffer.failed);
    buffer_append_byte(&buffer, 'x');
    assert_true(buffer.failed);
    assert_content(&buffer, "0123456789");
    buffer_reset(&buffer);
    assert_false(buffer.failed);
    buffer_append_text(&buffer, "0123456789a");
    assert_true(buffer.failed);
    assert_int_equal(buffer.size, 0);
    buffer_append_byte(&buffer, 'x'); // nothing more after a failure
    assert_int_equal(buffer.size, 0);
    buffer_done(&buffer);
}

static void test_format_may_fill_the_ceiling(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_append_format(&buffer, "%s", "0123456789");
    assert_content(&buffer, "0123456789");
    assert_false(buffer.failed);
    buffer_append_format(&buffer, "%s", "");
    assert_false(buffer.failed);
    buffer_append_format(&buffer, "%s", "x");
    assert_true(buffer.failed);
    buffer_done(&buffer);
}

static void test_absurd_sizes(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100);
    buffer_append_text(&buffer, "abc");
    assert_null(buffer_reserve(&buffer, SIZE_MAX));
    buffer_reset(&buffer);
    assert_null(buffer_reserve(&buffer, SIZE_MAX - 2));
    buffer_reset(&buffer);
    assert_null(buffer_reserve(&buffer, 101));
    buffer_reset(&buffer);
    assert_non_null(buffer_reserve(&buffer, 100));
    buffer_done(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_of_every_kind),       cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_grows_and_keeps_content),     cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_format_may_fill_the_ceiling), cmocka_unit_test(test_absurd_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
