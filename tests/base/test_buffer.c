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

// What is written without printf is what printf writes.
static void test_format_is_printf(void **state) {
    (void)state;
    struct buffer buffer;
    char text[512];
    buffer_init(&buffer, sizeof text);
#define SAME(...)                                                                                  \
    do {                                                                                           \
        snprintf(text, sizeof text, __VA_ARGS__);                                                  \
        buffer_reset(&buffer);                                                                     \
        buffer_append_format(&buffer, __VA_ARGS__);                                                \
        assert_content(&buffer, text);                                                             \
    } while (0)
    const char *word = "word";
    SAME("plain, 100%%");
    SAME("%s|%.2s|%.0s|%.*s|%.9s", word, word, word, 3, word, word);
    SAME("%d %d %d %d", 0, -1, INT32_MAX, INT32_MIN);
    SAME("%u %x %X %08x %02X", 7u, 0xBEEFu, 0xBEEFu, 0xABCu, 5u);
    SAME("%lu %ld %llu %lld %zu %llx", 5ul, -5l, UINT64_MAX + 0ull, (long long)INT64_MIN, SIZE_MAX,
         0x123456789ABCull);
    SAME("%5d|%05d|%05d|%1d|%3u|%02u:%02u", 42, 42, -42, 123, 7u, 3u, 59u);
    SAME("%c%c", 'a', '%');
    SAME("%7.2f %-5d| %+d %5s %-8s| %#x %.3d %hhu %p", 3.14159, 5, 6, word, word, 255u, 7,
         (unsigned char)200, (const void *)word);
    SAME("%d %s %.1f", 1, word, 2.5);
    SAME("%.300s %064u", word, 1u);
#undef SAME
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
        cmocka_unit_test(test_appends_of_every_kind),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_grows_and_keeps_content),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_format_may_fill_the_ceiling),
        cmocka_unit_test(test_absurd_sizes),
        cmocka_unit_test(test_format_is_printf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
