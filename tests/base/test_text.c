// Characters: against Python's codecs, and what must hold for any bytes
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "base/text.h"
#include "vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// The input lies in a block of exactly its size, so that ASan sees any byte read past it.
static struct slice exact_copy(const uint8_t *data, size_t size) {
    uint8_t *copy = memory_new(size, 1);
    memcpy(copy, data, size);
    return slice_of(copy, size);
}

static void exact_free(struct slice copy) {
    void *memory;
    memcpy(&memory, &copy.data, sizeof memory);
    memory_free(memory);
}

static void convert(const char *kind, struct slice input, struct buffer *output) {
    uint8_t *to = buffer_reserve(output, input.size * 3);
    if (strcmp(kind, "utf16") == 0)
        output->size = text_from_utf16(input.data, input.size, to);
    else if (strcmp(kind, "cp1252") == 0)
        output->size = text_from_cp1252(input.data, input.size, to);
    else if (strcmp(kind, "json") == 0)
        text_append_json(output, input);
    else if (strcmp(kind, "csv") == 0)
        text_append_csv(output, input);
    else if (strcmp(kind, "fold") == 0) {
        text_fold_ascii(input.data, input.size, to);
        output->size = input.size;
    } else
        fail_msg("unknown kind %s", kind);
}

static void check_line(const struct vector *vector) {
    uint8_t bytes[VECTOR_LINE_MAX / 2];
    struct slice input = exact_copy(bytes, vector_bytes(vector->words[1], bytes));
    if (strcmp(vector->words[0], "valid") == 0) {
        if (text_is_utf8(input) != (vector->words[2][0] == '1'))
            fail_msg("line %u: '%s'", vector->line, vector->words[1]);
    } else {
        struct buffer output;
        buffer_init(&output, 1 << 20);
        convert(vector->words[0], input, &output);
        struct slice wanted = slice_of(bytes, vector_bytes(vector->words[2], bytes));
        if (!slice_equal(buffer_slice(&output), wanted))
            fail_msg("line %u: %s of '%s'", vector->line, vector->words[0], vector->words[1]);
        buffer_done(&output);
    }
    exact_free(input);
}

static void test_agrees_with_python(void **state) {
    (void)state;
    assert_true(vectors_each("text.tsv", check_line) > 1500);
}

static void test_utf16_odd_last_byte_is_dropped(void **state) {
    (void)state;
    uint8_t to[16];
    assert_int_equal(text_from_utf16((const uint8_t *)"a\0b\0c", 5, to), 2);
    assert_memory_equal(to, "ab", 2);
    assert_int_equal(text_from_utf16((const uint8_t *)"a", 1, to), 0);
}

static void test_fold_in_place(void **state) {
    (void)state;
    uint8_t bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    text_fold_ascii(bytes, sizeof bytes, bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], i >= 'A' && i <= 'Z' ? i + 32 : i);
}

static void test_compare_without_case(void **state) {
    (void)state;
    assert_true(text_equal_fold_ascii(SLICE("CMD.exe"), SLICE("cmd.EXE")));
    assert_false(text_equal_fold_ascii(SLICE("cmd"), SLICE("cmd.")));
    assert_true(text_equal_fold_ascii(SLICE(""), (struct slice){NULL, 0}));
    assert_true(text_compare_fold_ascii(SLICE("A"), SLICE("b")) < 0);
    assert_true(text_compare_fold_ascii(SLICE("B"), SLICE("a")) > 0);
    assert_true(text_compare_fold_ascii(SLICE("ab"), SLICE("ABC")) < 0);
    assert_true(text_compare_fold_ascii(SLICE("[" /* after Z, before a */), SLICE("z")) < 0);
    assert_true(text_compare_fold_ascii(SLICE("\xff"), SLICE("a")) > 0);
}

static void assert_terminal(struct slice input, const char *wanted) {
    struct buffer output;
    buffer_init(&output, 1 << 16);
    text_append_terminal(&output, input);
    buffer_append_byte(&output, 0);
    assert_string_equal((const char *)output.data, wanted);
    buffer_done(&output);
}

static void test_terminal_escapes(void **state) {
    (void)state;
    assert_terminal(SLICE("plain \xc3\xa9 \xe2\x82\xac"), "plain \xc3\xa9 \xe2\x82\xac");
    assert_terminal(SLICE("\x1b[31mred"), "\\x1b[31mred");
    assert_terminal(SLICE("a\0b\n\t\x7f"), "a\\x00b\\x0a\\x09\\x7f");
    assert_terminal(SLICE("\xc2\x9b"
                          "2J"),
                    "\\x9b2J");                             // C1: a control sequence in UTF-8
    assert_terminal(SLICE("\x9b"), "\\x9b");                // the same as a bare byte
    assert_terminal(SLICE("\xe2\x80\xae"), "\\u202e");      // right-to-left override
    assert_terminal(SLICE("\xe2\x81\xa6"), "\\u2066");      // isolate
    assert_terminal(SLICE("\xef\xbb\xbf"), "\\ufeff");      // byte-order mark
    assert_terminal(SLICE("\xf3\xa0\x81\x81"), "\\ue0041"); // tag letter
}

// Whatever comes in: nothing below 0x20 or at 0x7f comes out, and it is UTF-8.
static void check_terminal_line(const struct vector *vector) {
    uint8_t bytes[VECTOR_LINE_MAX / 2];
    struct slice input = slice_of(bytes, vector_bytes(vector->words[1], bytes));
    struct buffer output;
    buffer_init(&output, 1 << 20);
    text_append_terminal(&output, input);
    assert_true(text_is_utf8(buffer_slice(&output)));
    for (size_t i = 0; i < output.size; i++)
        if (output.data[i] < 0x20 || output.data[i] == 0x7f)
            fail_msg("line %u lets a control through", vector->line);
    buffer_done(&output);
}

static void test_terminal_holds_for_any_bytes(void **state) {
    (void)state;
    vectors_each("text.tsv", check_terminal_line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_python),
        cmocka_unit_test(test_utf16_odd_last_byte_is_dropped),
        cmocka_unit_test(test_fold_in_place),
        cmocka_unit_test(test_compare_without_case),
        cmocka_unit_test(test_terminal_escapes),
        cmocka_unit_test(test_terminal_holds_for_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
