// Tests of the lines of a unit
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "decode/unit_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Gaps as text: "offset bytes records reason;".
static char told[512];

static void tell_gap(void *context, const struct gap *gap) {
    (void)context;
    size_t size = strlen(told);
    snprintf(told + size, sizeof told - size, "%llu %llu %llu %s;", (unsigned long long)gap->offset,
             (unsigned long long)gap->bytes, (unsigned long long)gap->records, gap->reason);
}

static const struct event_sink sink = {.gap = tell_gap};

static struct unit text_unit(const char *text, uint64_t offset) {
    struct slice bytes = slice_of_string(text);
    return (struct unit){
        .fd = -1, .offset = offset, .size = bytes.size, .bytes = bytes, .first_line = 5};
}

static void assert_line(struct unit_lines *lines, const char *text, uint64_t offset,
                        uint64_t number) {
    struct text_line line;
    assert_true(unit_lines_next(lines, &line));
    assert_int_equal(line.text.size, strlen(text));
    assert_memory_equal(line.text.data, text, line.text.size);
    assert_int_equal(line.offset, offset);
    assert_int_equal(line.number, number);
}

static void lines_come_without_their_ends(void **state) {
    (void)state;
    struct unit_lines lines;
    unit_lines_init(&lines);
    struct unit unit = text_unit("one\r\n\ntwo\rx\n\r\nlast\r", 100);
    struct problem problem;
    assert_int_equal(unit_lines_begin(&lines, &unit, &sink, &problem), STATUS_OK);
    assert_line(&lines, "one", 100, 5);
    assert_line(&lines, "", 105, 6);
    assert_line(&lines, "two\rx", 106, 7);
    assert_line(&lines, "", 112, 8);
    assert_line(&lines, "last\r", 114, 9);
    struct text_line line;
    assert_false(unit_lines_next(&lines, &line));
    unit_lines_done(&lines);
}

static void a_byte_order_mark_is_no_text(void **state) {
    (void)state;
    struct unit_lines lines;
    unit_lines_init(&lines);
    struct problem problem;
    struct unit unit = text_unit("\xEF\xBB\xBF"
                                 "a\nb\n",
                                 0);
    assert_int_equal(unit_lines_begin(&lines, &unit, &sink, &problem), STATUS_OK);
    assert_line(&lines, "a", 3, 5);
    assert_line(&lines, "b", 5, 6);
    unit.offset = 50; // no mark there
    assert_int_equal(unit_lines_begin(&lines, &unit, &sink, &problem), STATUS_OK);
    assert_line(&lines,
                "\xEF\xBB\xBF"
                "a",
                50, 5);
    unit_lines_done(&lines);
}

static void lines_are_joined_and_given_back(void **state) {
    (void)state;
    struct unit_lines lines;
    unit_lines_init(&lines);
    struct unit unit = text_unit("a\"b\r\nc\nd\n", 0);
    struct problem problem;
    assert_int_equal(unit_lines_begin(&lines, &unit, &sink, &problem), STATUS_OK);
    struct text_line line;
    assert_true(unit_lines_next(&lines, &line));
    struct text_line joined = line;
    assert_true(unit_lines_join(&lines, &joined));
    assert_int_equal(joined.text.size, 6);
    assert_memory_equal(joined.text.data, "a\"b\r\nc", 6);
    assert_int_equal(joined.number, 5);
    unit_lines_rewind(&lines, &joined);
    assert_line(&lines, "d", 7, 7);
    assert_false(unit_lines_join(&lines, &joined));
    unit_lines_rewind(&lines, &line);
    assert_line(&lines, "c", 5, 6);
    assert_line(&lines, "d", 7, 7);
    unit_lines_done(&lines);
}

static void joins_have_a_budget(void **state) {
    (void)state;
    size_t size = 8 << 20;
    char *text = memory_new(size + 1, 1);
    memset(text, 'x', size);
    for (size_t i = 99; i < size; i += 100)
        text[i] = '\n';
    struct unit_lines lines;
    unit_lines_init(&lines);
    struct unit unit = text_unit(text, 0);
    struct problem problem;
    assert_int_equal(unit_lines_begin(&lines, &unit, &sink, &problem), STATUS_OK);
    struct text_line line;
    uint64_t work = 0;
    while (unit_lines_next(&lines, &line)) {
        struct text_line joined = line;
        while (unit_lines_join(&lines, &joined))
            work += joined.text.size;
        unit_lines_rewind(&lines, &line);
    }
    assert_true(work < 68 << 20);
    unit_lines_done(&lines);
    memory_free(text);
}

static void a_unit_may_come_as_a_file(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    fputs("header\nfirst\nsecond\n", file);
    fflush(file);
    struct unit_lines lines;
    unit_lines_init(&lines);
    struct unit unit = {.fd = fileno(file), .offset = 7, .size = 13, .first_line = 2};
    struct problem problem;
    assert_int_equal(unit_lines_begin(&lines, &unit, &sink, &problem), STATUS_OK);
    assert_line(&lines, "first", 7, 2);
    assert_line(&lines, "second", 13, 3);
    unit.size = (64 << 20) + 1;
    assert_int_equal(unit_lines_begin(&lines, &unit, &sink, &problem), STATUS_LIMIT);
    unit_lines_done(&lines);
    fclose(file);
}

static void any_text_has_lines(void **state) {
    (void)state;
    struct slice rest = SLICE("#a\r\n#b\n\n#c"), line;
    static const char *const WANTED[] = {"#a", "#b", "", "#c"};
    for (size_t i = 0; i < ARRAY_SIZE(WANTED); i++) {
        assert_true(text_next_line(&rest, &line));
        assert_true(slice_equal_string(line, WANTED[i]));
    }
    assert_false(text_next_line(&rest, &line));
}

static struct unit bytes_unit(struct slice bytes) {
    return (struct unit){
        .fd = -1, .offset = 100, .size = bytes.size, .bytes = bytes, .first_line = 5};
}

// A block of a disk that was never written: the halves beside it belong to two lines.
static void a_run_of_zeros_is_no_line(void **state) {
    (void)state;
    static const uint8_t text[] = "one\nhe\0\0\0\0\0\0\0\0\0\0ail\r\n\0\0\0\0\0\0\0\0\n"
                                  "\"open\n\0\0\0\0\0\0\0\0\"\na\0b\nlast";
    struct unit_lines lines;
    unit_lines_init(&lines);
    struct unit unit = bytes_unit(slice_of(text, sizeof text - 1));
    struct problem problem;
    told[0] = '\0';
    assert_int_equal(unit_lines_begin(&lines, &unit, &sink, &problem), STATUS_OK);
    assert_line(&lines, "one", 100, 5);
    assert_string_equal(told, "");
    assert_line(&lines, "\"open", 130, 8);
    assert_string_equal(told, "104 2 1 half a line beside zero bytes;"
                              "106 10 0 overwritten with zero bytes;"
                              "116 3 1 half a line beside zero bytes;"
                              "121 8 0 overwritten with zero bytes;");
    struct text_line line = {.text = slice_of(text + 30, 5), .offset = 130, .number = 8};
    assert_false(unit_lines_join(&lines, &line));
    told[0] = '\0';
    assert_true(unit_lines_next(&lines, &line)); // a zero alone is not: a client may have sent it
    assert_int_equal(line.text.size, 3);
    assert_string_equal(told, "136 8 0 overwritten with zero bytes;"
                              "144 1 1 half a line beside zero bytes;");
    assert_false(unit_lines_at_cut(&lines));
    assert_line(&lines, "last", 150, 11);
    assert_true(unit_lines_at_cut(&lines));
    unit_lines_done(&lines);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_without_their_ends),
        cmocka_unit_test(a_byte_order_mark_is_no_text),
        cmocka_unit_test(lines_are_joined_and_given_back),
        cmocka_unit_test(joins_have_a_budget),
        cmocka_unit_test(a_unit_may_come_as_a_file),
        cmocka_unit_test(any_text_has_lines),
        cmocka_unit_test(a_run_of_zeros_is_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
