// Values of JSON evidence
// SPDX-License-Identifier: Apache-2.0
#include "model/value_json.h"

#include "model/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct value value_of(enum value_kind kind, const char *text) {
    return (struct value){(const uint8_t *)text, (uint32_t)strlen(text), (uint8_t)kind, {0}};
}

static void check(enum value_kind kind, const char *written, const char *text, const char *json) {
    struct value value = value_of(kind, written);
    struct buffer buffer;
    buffer_init(&buffer, 1 << 16);
    value_append_text(&value, &buffer);
    buffer_append_byte(&buffer, 0);
    assert_string_equal(buffer.data, text);
    buffer_reset(&buffer);
    value_append_json(&value, &buffer);
    buffer_append_byte(&buffer, 0);
    assert_string_equal(buffer.data, json);
    buffer_done(&buffer);
}

static void test_text(void **state) {
    (void)state;
    check(VALUE_JSON_STRING, "", "", "\"\"");
    check(VALUE_JSON_STRING, "plain", "plain", "\"plain\"");
    check(VALUE_JSON_STRING, "C:\\\\a\\/b\\n", "C:\\a/b\n", "\"C:\\\\a/b\\n\"");
    check(VALUE_JSON_STRING, "\\u0041\\u00e9\\u20AC\\ud83d\\ude00",
          "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\"A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    // Half of a pair, the halves the wrong way round, and what is no escape at all.
    check(VALUE_JSON_STRING, "\\ud83dx", "\xEF\xBF\xBDx", "\"\xEF\xBF\xBDx\"");
    check(VALUE_JSON_STRING, "\\ude00\\ud83d", "\xEF\xBF\xBD\xEF\xBF\xBD",
          "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    check(VALUE_JSON_STRING, "\\q\\u12", "\\q\\u12", "\"\\\\q\\\\u12\"");
    check(VALUE_JSON_STRING, "a\xFF\x01", "a\xFF\x01", "\"a\xEF\xBF\xBD\\u0001\"");
    check(VALUE_JSON_NUMBER, "-1.50e3", "-1.50e3", "-1.50e3");
    check(VALUE_JSON_NUMBER, "18446744073709551616", "18446744073709551616",
          "18446744073709551616");
    check(VALUE_JSON_BOOL, "true", "true", "true");
    check(VALUE_JSON_RAW, "[ \"a\\\"]\" , 1, null ,[2,\"x\"],{\"b\" : 3} ]",
          "a\"], 1, , [2,\"x\"], {\"b\" : 3}", "[\"a\\\"]\",1,null,[2,\"x\"],{\"b\":3}]");
    check(VALUE_JSON_RAW, "{\"a\":\"\x01\"}", "{\"a\":\"\x01\"}", "{\"a\":\"\\u0001\"}");
    check(VALUE_JSON_RAW, "[]", "", "[]");
}

static void check_integer(enum value_kind kind, const char *text, bool is, int64_t wanted) {
    struct value value = value_of(kind, text);
    int64_t number = 0;
    assert_int_equal(value_integer(&value, &number), is);
    if (is)
        assert_true(number == wanted);
}

static void test_integer(void **state) {
    (void)state;
    check_integer(VALUE_JSON_NUMBER, "0", true, 0);
    check_integer(VALUE_JSON_NUMBER, "4688", true, 4688);
    check_integer(VALUE_JSON_NUMBER, "-9223372036854775808", true, INT64_MIN);
    check_integer(VALUE_JSON_NUMBER, "9223372036854775807", true, INT64_MAX);
    check_integer(VALUE_JSON_NUMBER, "9223372036854775808", false, 0);
    check_integer(VALUE_JSON_NUMBER, "99999999999999999999", false, 0);
    check_integer(VALUE_JSON_NUMBER, "1.0", false, 0);
    check_integer(VALUE_JSON_STRING, "4688", true, 4688);
    check_integer(VALUE_JSON_STRING, "0x1F", true, 31);
    check_integer(VALUE_JSON_STRING, "0x", false, 0);
    check_integer(VALUE_JSON_STRING, "-", false, 0);
    check_integer(VALUE_JSON_STRING, "", false, 0);
    check_integer(VALUE_JSON_STRING, "12a", false, 0);
    check_integer(VALUE_JSON_BOOL, "true", true, 1);
    check_integer(VALUE_JSON_BOOL, "false", true, 0);
    check_integer(VALUE_JSON_RAW, "[1]", false, 0);
}

static void test_elements(void **state) {
    (void)state;
    struct value value = value_of(VALUE_JSON_RAW, "[\"a,]\", 1 ,{\"b\":[1,2]},null,[3]]");
    assert_int_equal(value_count(&value), 5);
    static const struct {
        uint8_t kind;
        const char *text;
    } wanted[] = {{VALUE_JSON_STRING, "a,]"},
                  {VALUE_JSON_NUMBER, "1"},
                  {VALUE_JSON_RAW, "{\"b\":[1,2]}"},
                  {VALUE_NULL, "null"},
                  {VALUE_JSON_RAW, "[3]"}};
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        struct value element = value_element(&value, i);
        assert_int_equal(element.kind, wanted[i].kind);
        assert_true(slice_equal_string(slice_of(element.data, element.size), wanted[i].text));
    }
    assert_int_equal(value_element(&value, 5).kind, VALUE_ABSENT);
    struct value scalar = value_of(VALUE_JSON_NUMBER, "7");
    assert_int_equal(value_count(&scalar), 1);
    assert_int_equal(value_element(&scalar, 1).kind, VALUE_ABSENT);
}

// The last element holds what is left, and nothing is lost.
static void test_many_elements(void **state) {
    (void)state;
    char text[1024] = "[";
    for (unsigned i = 0; i < 70; i++)
        snprintf(text + strlen(text), 16, "%u,", i);
    text[strlen(text) - 1] = ']';
    struct value value = value_of(VALUE_JSON_RAW, text);
    assert_int_equal(value_count(&value), VALUE_JSON_ELEMENTS_MAX);
    struct value last = value_element(&value, VALUE_JSON_ELEMENTS_MAX - 1);
    assert_true(slice_equal_string(slice_of(last.data, last.size), "63,64,65,66,67,68,69"));
    assert_int_equal(value_element(&value, VALUE_JSON_ELEMENTS_MAX).kind, VALUE_ABSENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_integer),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_many_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
