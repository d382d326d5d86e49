// Values of every kind as text, numbers and JSON
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "model/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct value value_of(uint8_t kind, const void *bytes, size_t size) {
    return (struct value){.data = bytes, .size = (uint32_t)size, .kind = kind};
}

static void expect(struct value value, const char *text, const char *json) {
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    value_append_text(&value, &buffer);
    buffer_append_byte(&buffer, 0);
    assert_string_equal((const char *)buffer.data, text);
    buffer_reset(&buffer);
    value_append_json(&value, &buffer);
    buffer_append_byte(&buffer, 0);
    assert_string_equal((const char *)buffer.data, json);
    buffer_done(&buffer);
}

#define BYTES(literal) literal, sizeof(literal) - 1

static void test_integers(void **state) {
    (void)state;
    expect(value_of(VALUE_INT8, BYTES("\x80")), "-128", "-128");
    expect(value_of(VALUE_UINT8, BYTES("\xFF")), "255", "255");
    expect(value_of(VALUE_INT16, BYTES("\xFE\xFF")), "-2", "-2");
    expect(value_of(VALUE_UINT16, BYTES("\xFE\xFF")), "65534", "65534");
    expect(value_of(VALUE_INT32, BYTES("\0\0\0\x80")), "-2147483648", "-2147483648");
    expect(value_of(VALUE_UINT32, BYTES("\1\0\0\0")), "1", "1");
    expect(value_of(VALUE_INT64, BYTES("\0\0\0\0\0\0\0\x80")), "-9223372036854775808",
           "-9223372036854775808");
    expect(value_of(VALUE_UINT64, BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")),
           "18446744073709551615", "18446744073709551615");
    expect(value_of(VALUE_HEX32, BYTES("\x10\x08\x04\0")), "0x40810", "\"0x40810\"");
    expect(value_of(VALUE_HEX64, BYTES("\0\0\0\0\0\0\0\0")), "0x0", "\"0x0\"");
    expect(value_of(VALUE_SIZE, BYTES("\xAB\0\0\0")), "0xab", "\"0xab\"");
    expect(value_of(VALUE_BOOL, BYTES("\2\0\0\0")), "true", "true");
    expect(value_of(VALUE_BOOL, BYTES("\0\0\0\0")), "false", "false");
    expect(value_of(VALUE_UINT32, BYTES("\1\2")), "513", "513"); // shorter than its kind
    expect(value_of(VALUE_UINT32, NULL, 0), "", "null");
}

static void test_texts(void **state) {
    (void)state;
    expect(value_of(VALUE_UTF16, BYTES("a\0\"\0\n\0")), "a\"\n", "\"a\\\"\\n\"");
    expect(value_of(VALUE_UTF16, BYTES("\x3D\xD8\0\xDE")), "\xF0\x9F\x98\x80",
           "\"\xF0\x9F\x98\x80\"");
    expect(value_of(VALUE_UTF16, BYTES("\0\xDC"
                                       "b\0")),
           "\xEF\xBF\xBD"
           "b",
           "\"\xEF\xBF\xBD"
           "b\"");
    expect(value_of(VALUE_UTF16, BYTES("a\0z")), "a", "\"a\""); // half a unit is none
    expect(value_of(VALUE_ANSI, BYTES("\x80 5")), "\xE2\x82\xAC 5", "\"\xE2\x82\xAC 5\"");
    expect(value_of(VALUE_ANSI, BYTES("\xBA\xCF\xCD\xAC 5")), "\xE5\x90\x88\xE5\x90\x8C 5",
           "\"\xE5\x90\x88\xE5\x90\x8C 5\"");
    expect(value_of(VALUE_UTF8, BYTES("x")), "x", "\"x\"");
    expect(value_of(VALUE_UTF16, NULL, 0), "", "\"\"");
    expect(value_of(VALUE_NULL, NULL, 0), "", "null");
    expect(value_of(VALUE_ABSENT, NULL, 0), "", "null");
}

static void test_structures(void **state) {
    (void)state;
    expect(value_of(VALUE_BINARY, BYTES("\xDE\xAD\1")), "DEAD01", "\"DEAD01\"");
    expect(value_of(VALUE_GUID, BYTES("\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xAA\xBB\xCC\xDD"
                                      "\xEE\xFF")),
           "00112233-4455-6677-8899-AABBCCDDEEFF", "\"00112233-4455-6677-8899-AABBCCDDEEFF\"");
    expect(value_of(VALUE_GUID, BYTES("\x33\x22")), "", "\"\"");
    expect(value_of(VALUE_SID, BYTES("\1\2\0\0\0\0\0\5\x20\0\0\0\x20\2\0\0")), "S-1-5-32-544",
           "\"S-1-5-32-544\"");
    expect(value_of(VALUE_SID, BYTES("\1\xFF\0\0\0\0\0\5\x12\0\0\0")), "S-1-5-18", "\"S-1-5-18\"");
    expect(value_of(VALUE_SID, BYTES("\1\1")), "S-?", "\"S-?\"");
    // MS-DTYP: 0 is 1601, 116444736000000000 is 1970.
    expect(value_of(VALUE_FILETIME, BYTES("\0\0\0\0\0\0\0\0")), "1601-01-01T00:00:00.000000Z",
           "\"1601-01-01T00:00:00.000000Z\"");
    expect(value_of(VALUE_FILETIME, BYTES("\0\x80\x3E\xD5\xDE\xB1\x9D\1")),
           "1970-01-01T00:00:00.000000Z", "\"1970-01-01T00:00:00.000000Z\"");
    expect(value_of(VALUE_SYSTEMTIME, BYTES("\xE8\7\2\0\4\0\x1D\0\x17\0\x3B\0\x3A\0\7\0")),
           "2024-02-29T23:59:58.007000Z", "\"2024-02-29T23:59:58.007000Z\"");
    expect(value_of(VALUE_REAL64, BYTES("\0\0\0\0\0\0\xF8\x3F")), "1.5", "\"1.5\"");
    expect(value_of(VALUE_REAL32, BYTES("\xCD\xCC\xCC\x3D")), "0.1", "\"0.1\"");
    expect(value_of(VALUE_REAL64, BYTES("\0\0\0\0\0\0\0\x40")), "2.0", "\"2.0\"");
}

static void test_arrays(void **state) {
    (void)state;
    struct value words = value_of(VALUE_UTF16 | VALUE_ARRAY, BYTES("a\0\0\0\0\0b\0c\0\0\0"));
    expect(words, "a, , bc", "[\"a\",\"\",\"bc\"]");
    assert_int_equal(value_count(&words), 3);
    assert_int_equal(value_element(&words, 1).size, 0);
    assert_int_equal(value_element(&words, 2).size, 4);
    assert_int_equal(value_element(&words, 3).kind, VALUE_ABSENT);
    struct value numbers = value_of(VALUE_UINT16 | VALUE_ARRAY, BYTES("\1\0\2\0\3"));
    expect(numbers, "1, 2, 3", "[1,2,3]"); // the last is cut short
    assert_int_equal(value_count(&numbers), 3);
    assert_int_equal(value_element(&numbers, 3).kind, VALUE_ABSENT);
    struct value sids = value_of(VALUE_SID | VALUE_ARRAY,
                                 BYTES("\1\1\0\0\0\0\0\5\x12\0\0\0\1\1\0\0\0\0\0\5\x13\0\0\0"));
    expect(sids, "S-1-5-18, S-1-5-19", "[\"S-1-5-18\",\"S-1-5-19\"]");
    struct value none = value_of(VALUE_UTF16 | VALUE_ARRAY, NULL, 0);
    expect(none, "", "[]");
    assert_int_equal(value_count(&none), 0);
}

static void expect_number(struct value value, bool is_number, int64_t wanted) {
    int64_t number = 12345;
    assert_int_equal(value_integer(&value, &number), is_number);
    assert_true(number == (is_number ? wanted : 12345));
}

static void test_numbers(void **state) {
    (void)state;
    expect_number(value_of(VALUE_INT16, BYTES("\xFF\xFF")), true, -1);
    expect_number(value_of(VALUE_UINT16, BYTES("\xFF\xFF")), true, 65535);
    expect_number(value_of(VALUE_UINT64, BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")), false, 0);
    expect_number(value_of(VALUE_BOOL, BYTES("\2\0\0\0")), true, 1);
    expect_number(value_of(VALUE_UTF16, BYTES("0\0x\0001\0"
                                              "F\0")),
                  true, 31);
    expect_number(value_of(VALUE_UTF8, BYTES("-42")), true, -42);
    expect_number(value_of(VALUE_UTF8, BYTES("4x")), false, 0);
    expect_number(value_of(VALUE_UTF8, BYTES("")), false, 0);
    expect_number(value_of(VALUE_UTF8, BYTES("-")), false, 0);
    expect_number(value_of(VALUE_UTF8, BYTES("9223372036854775808")), false, 0);
    expect_number(value_of(VALUE_NULL, NULL, 0), false, 0);
    expect_number(value_of(VALUE_UINT32, NULL, 0), false, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),   cmocka_unit_test(test_texts),
        cmocka_unit_test(test_structures), cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
