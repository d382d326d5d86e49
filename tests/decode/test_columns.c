// Tests of tables: shapes of headers, rows split
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "decode/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_header_is_one_shape(void **state) {
    (void)state;
    struct column_book *book = column_book_new();
    struct column columns[] = {{SLICE("date"), FIELD_ROLE_NONE},
                               {SLICE("server"), FIELD_ROLE_COMPUTER},
                               {SLICE("server"), FIELD_ROLE_COMPUTER}};
    const struct shape *shape = column_book_shape(book, "w3c", columns, 3);
    assert_int_equal(shape->id, 0);
    assert_int_equal(shape->field_count, 3);
    assert_int_equal(shape->role_fields[FIELD_ROLE_COMPUTER], 1);
    assert_int_equal(shape->fields[2].role, FIELD_ROLE_NONE);
    assert_int_equal(shape->fields[2].slot.index, 2);
    assert_true(slice_equal_string(shape->fields[1].path, "server"));
    assert_ptr_equal(column_book_shape(book, "w3c", columns, 3), shape);
    const struct shape *shorter = column_book_shape(book, "w3c", columns, 2);
    assert_int_equal(shorter->id, 1);
    assert_int_equal(column_book_shape(book, "zeek", columns, 2)->id, 2);
    assert_ptr_equal(column_book_shape(book, "w3c", columns, 2), shorter);
    column_book_free(book);
}

static void a_full_book_still_gives_shapes(void **state) {
    (void)state;
    struct column_book *book = column_book_new();
    char *name = memory_new(1 << 20, 1);
    memset(name, 'n', 1 << 20);
    struct column *columns = memory_new(SHAPE_FIELDS_MAX + 1, sizeof *columns);
    for (size_t i = 0; i <= SHAPE_FIELDS_MAX; i++)
        columns[i].name = slice_of(name, 1 << 20);
    const struct shape *shape = NULL;
    for (int i = 0; i < 10; i++) {
        name[0] = (char)('a' + i);
        shape = column_book_shape(book, "w3c", columns, SHAPE_FIELDS_MAX + 1);
        assert_non_null(shape);
        assert_int_equal(shape->field_count, SHAPE_FIELDS_MAX);
        assert_int_equal(shape->fields[4095].name.size, 1024);
    }
    assert_int_equal(shape->id, SHAPE_ID_NONE);
    memory_free(columns);
    memory_free(name);
    column_book_free(book);
}

static void assert_row(const char *line, const struct row_form *form, const char *wanted) {
    struct row row;
    row_init(&row);
    char got[512] = "";
    size_t at = 0;
    enum row_fault fault = row_split(&row, slice_of_string(line), form);
    if (fault != ROW_FINE)
        at += (size_t)snprintf(got, sizeof got, "fault %d", (int)fault);
    for (uint32_t i = 0; i < row.count; i++) {
        const struct value *value = &row.values[i];
        at += (size_t)snprintf(got + at, sizeof got - at, "%s[%.*s]",
                               value->kind == VALUE_NULL ? "null" : "", (int)value->size,
                               value->kind == VALUE_NULL ? "" : (const char *)value->data);
    }
    if (strcmp(got, wanted) != 0)
        fail_msg("%s gives %s and not %s", line, got, wanted);
    row_done(&row);
}

static void rows_are_split(void **state) {
    (void)state;
    const struct row_form w3c = {.separator = ' ', .null_text = SLICE("-")};
    assert_row("a - --  b", &w3c, "[a]null[][--][][b]");
    assert_row("", &w3c, "[]");
    assert_row(" ", &w3c, "[][]");
    assert_row("\"a b\"", &w3c, "[\"a][b\"]");
    const struct row_form csv = {.separator = ',', .quoted = true};
    assert_row("a,\"b,c\",,\"\"", &csv, "[a][b,c][][]");
    assert_row("\"a\"\"b\",\"\"\"\",\"c\"\"\"", &csv, "[a\"b][\"][c\"]");
    assert_row("\"a\"b,c", &csv, "[\"a\"b][c]");
    assert_row("a\"b,c\"", &csv, "[a\"b][c\"]");
    assert_row("\"a,b", &csv, "fault 1");
    assert_row("\"a\"\"", &csv, "fault 1");
    assert_row(" a ,\"b\"", &csv, "[ a ][b]");
    const struct row_form loose = {
        .separator = ',', .quoted = true, .trimmed = true, .null_text = SLICE("-")};
    assert_row(" a ,  \"b \" , - ,\"-\"", &loose, "[a][b ]null[][-]");
}

// The plain reading of the same contract, byte by byte.
static enum row_fault plain_split(struct slice line, const struct row_form *form, char *out) {
    size_t at = 0;
    for (;;) {
        size_t start = at;
        bool pairs = false, closed = false;
        *out++ = '[';
        if (form->quoted && at < line.size && line.data[at] == '"') {
            for (at++;; at++) {
                if (at >= line.size)
                    return ROW_OPEN;
                if (line.data[at] != '"')
                    continue;
                if (at + 1 < line.size && line.data[at + 1] == '"') {
                    pairs = true;
                    at++;
                    continue;
                }
                break;
            }
            at++;
            closed = at == line.size || line.data[at] == form->separator;
        }
        while (at < line.size && line.data[at] != form->separator)
            at++;
        size_t from = start + closed, to = at - closed;
        if (form->null_text.size &&
            slice_equal(slice_part(line, start, at - start), form->null_text))
            *out++ = '0';
        for (size_t i = from; i < to; i++) {
            *out++ = (char)line.data[i];
            i += closed && pairs && line.data[i] == '"';
        }
        *out++ = ']';
        *out = 0;
        if (at == line.size)
            return ROW_FINE;
        at++;
    }
}

static void splitting_equals_the_plain_reading(void **state) {
    (void)state;
    static const char ALPHABET[] = "ab,\",\"- c";
    struct row row;
    row_init(&row);
    uint32_t seed = 1;
    unsigned kernels = (unsigned)byte_kernel_of_machine() + 1;
    for (int round = 0; round < 60000; round++) {
        row.kernel = (enum byte_kernel)((unsigned)round / 2 % kernels);
        uint8_t line[1200];
        size_t size = (size_t)round % (round % 7 ? 130 : sizeof line);
        for (size_t i = 0; i < size; i++) {
            seed = seed * 1664525 + 1013904223;
            line[i] = (uint8_t)ALPHABET[(seed >> 16) % (sizeof ALPHABET - 1)];
        }
        struct row_form form = {.separator = ',', .quoted = round % 3 != 0};
        if (round % 2)
            form.null_text = SLICE("-");
        static char wanted[6000], got[6000];
        wanted[0] = 0;
        enum row_fault fault = plain_split(slice_of(line, size), &form, wanted);
        assert_int_equal(row_split(&row, slice_of(line, size), &form), fault);
        if (fault != ROW_FINE)
            continue;
        size_t at = 0;
        for (uint32_t i = 0; i < row.count; i++) {
            got[at++] = '[';
            if (row.values[i].kind == VALUE_NULL)
                got[at++] = '0';
            if (row.values[i].size)
                memcpy(got + at, row.values[i].data, row.values[i].size);
            at += row.values[i].size;
            got[at++] = ']';
        }
        got[at] = 0;
        assert_string_equal(got, wanted);
    }
    row_done(&row);
}

static void too_many_values_are_said(void **state) {
    (void)state;
    uint8_t line[SHAPE_FIELDS_MAX];
    memset(line, ',', sizeof line);
    const struct row_form form = {.separator = ','};
    struct row row;
    row_init(&row);
    assert_int_equal(row_split(&row, slice_of(line, SHAPE_FIELDS_MAX - 1), &form), ROW_FINE);
    assert_int_equal(row.count, SHAPE_FIELDS_MAX);
    assert_int_equal(row_split(&row, slice_of(line, SHAPE_FIELDS_MAX), &form), ROW_MANY);
    row_done(&row);
}

static void a_row_may_reach_over_lines(void **state) {
    (void)state;
    struct slice text = SLICE("a,\"b\r\nc\",d\nx,\"open\nlast,1\n");
    struct unit unit = {.fd = -1, .size = text.size, .bytes = text, .first_line = 1};
    struct unit_lines lines;
    unit_lines_init(&lines);
    struct problem problem;
    assert_int_equal(unit_lines_begin(&lines, &unit, &(struct event_sink){0}, &problem), STATUS_OK);
    struct row row;
    row_init(&row);
    const struct row_form form = {.separator = ',', .quoted = true};
    struct text_line line;
    assert_true(unit_lines_next(&lines, &line));
    assert_int_equal(row_read(&row, &lines, &line, &form), ROW_FINE);
    assert_int_equal(row.count, 3);
    assert_int_equal(row.values[1].size, 4);
    assert_int_equal(line.text.size, 10);
    assert_true(unit_lines_next(&lines, &line));
    assert_int_equal(line.number, 3);
    assert_int_equal(row_read(&row, &lines, &line, &form), ROW_OPEN);
    assert_int_equal(line.text.size, 7);
    assert_true(unit_lines_next(&lines, &line));
    assert_int_equal(line.number, 4);
    assert_int_equal(row_read(&row, &lines, &line, &form), ROW_FINE);
    assert_int_equal(row.count, 2);
    row_done(&row);
    unit_lines_done(&lines);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_one_shape),
        cmocka_unit_test(a_full_book_still_gives_shapes),
        cmocka_unit_test(rows_are_split),
        cmocka_unit_test(splitting_equals_the_plain_reading),
        cmocka_unit_test(too_many_values_are_said),
        cmocka_unit_test(a_row_may_reach_over_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
