// Time: against Python's calendar, and at the edges
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_date(const struct vector *vector) {
    struct clock_date date;
    int64_t time_ns = vector_integer(vector->words[1]);
    clock_to_date(time_ns, &date);
    const int64_t got[] = {date.year,   date.month,  date.day,        date.hour,
                           date.minute, date.second, date.nanosecond, date.weekday};
    for (size_t i = 0; i < ARRAY_SIZE(got); i++)
        if (got[i] != vector_integer(vector->words[2 + i]))
            fail_msg("line %u: part %zu is %ld", vector->line, i, (long)got[i]);
    if (clock_from_date(&date) != time_ns)
        fail_msg("line %u: the date leads back to %ld", vector->line, (long)clock_from_date(&date));
}

static void check_format(const struct vector *vector) {
    char text[CLOCK_TEXT_SIZE];
    int64_t time_ns = vector_integer(vector->words[1]);
    assert_int_equal(clock_format(time_ns, text), strlen(vector->words[2]));
    assert_string_equal(text, vector->words[2]);
    int64_t again;
    assert_true(clock_parse(slice_of_string(text), &again));
    assert_true(again == time_ns);
}

static void check_filetime(const struct vector *vector) {
    int64_t got = clock_from_filetime(strtoull(vector->words[1], NULL, 10));
    if (got != vector_integer(vector->words[2]))
        fail_msg("line %u: %ld", vector->line, (long)got);
}

static void check_parse(const struct vector *vector) {
    int64_t got = 0;
    if (!clock_parse(slice_of_string(vector->words[1]), &got) ||
        got != vector_integer(vector->words[2]))
        fail_msg("line %u: '%s' gives %ld", vector->line, vector->words[1], (long)got);
}

static void check_reject(const struct vector *vector) {
    int64_t got = 42;
    if (clock_parse(slice_of_string(vector->words[1]), &got) || got != 42)
        fail_msg("line %u: '%s' is no time", vector->line, vector->words[1]);
}

static void check_line(const struct vector *vector) {
    static const struct {
        const char *kind;
        void (*check)(const struct vector *vector);
    } kinds[] = {{"date", check_date},
                 {"format", check_format},
                 {"filetime", check_filetime},
                 {"parse", check_parse},
                 {"reject", check_reject}};
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strcmp(vector->words[0], kinds[i].kind) == 0) {
            kinds[i].check(vector);
            return;
        }
    fail_msg("line %u: unknown kind %s", vector->line, vector->words[0]);
}

static void test_agrees_with_python(void **state) {
    (void)state;
    assert_true(vectors_each("clock.tsv", check_line) > 1000);
}

static int64_t parse(const char *text) {
    int64_t time_ns = CLOCK_NONE;
    clock_parse(slice_of_string(text), &time_ns);
    return time_ns;
}

static void test_relatives_of_rfc3339(void **state) {
    (void)state;
    assert_true(parse("1970-01-01") == 0);
    assert_true(parse("1970-01-01T00:01") == 60000000000);
    assert_true(parse("1970-01-01 00:00:01 +00:00") == 1000000000);
    assert_true(parse("1970-01-01T00:00:00+01") == -3600000000000);
    assert_true(parse("1970-01-01T00:00:00.1234567899Z") == 123456789);
    assert_true(parse("1970-01-01T23:59:60Z") == 86400000000000); // leap second: the next day
    assert_true(parse("1970-01-01T00:00:00.5") == 500000000);
}

static void test_outside_int64_is_clamped(void **state) {
    (void)state;
    assert_true(parse("9999-12-31T23:59:59Z") == CLOCK_MAX);
    assert_true(parse("9999-12-31T23:59:59+01:00") == CLOCK_MAX);
    assert_true(parse("9999-12-31T23:59:59-01:00") == CLOCK_MAX);
    assert_true(parse("0001-01-01T00:00:00Z") == CLOCK_MIN);
    assert_true(parse("0001-01-01T00:00:00+01:00") == CLOCK_MIN);
    assert_true(parse("0001-01-01T00:00:00-01:00") == CLOCK_MIN);
    assert_true(parse("1677-09-21T00:12:43.145224193Z") == CLOCK_MIN);
    assert_true(parse("1677-09-21T00:12:43.145224194Z") == CLOCK_MIN + 1);
    assert_true(parse("1677-09-21T00:12:43.145224191Z") == CLOCK_MIN);
    assert_true(parse("2262-04-11T23:47:16.854775807Z") == CLOCK_MAX);
    assert_true(parse("2262-04-11T23:47:16.854775806Z") == CLOCK_MAX - 1);
}

static void test_fields_outside_their_range(void **state) {
    (void)state;
    static const struct clock_date good = {.year = 2024, .month = 2, .day = 29};
    assert_true(clock_from_date(&good) != CLOCK_NONE);
    struct clock_date bad[] = {good, good, good, good, good, good, good, good, good};
    bad[0].month = 13;
    bad[1].month = 0;
    bad[2].day = 30;
    bad[3].hour = 24;
    bad[4].minute = -1;
    bad[5].second = 61;
    bad[6].nanosecond = 1000000000;
    bad[7].year = 100000;
    bad[8].nanosecond = -1;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_true(clock_from_date(&bad[i]) == CLOCK_NONE);
}

static void test_no_time_is_empty_text(void **state) {
    (void)state;
    char text[CLOCK_TEXT_SIZE] = "x";
    assert_int_equal(clock_format(CLOCK_NONE, text), 0);
    assert_string_equal(text, "");
}

static void test_monotonic_clock_does_not_go_back(void **state) {
    (void)state;
    int64_t before = clock_now_monotonic();
    assert_true(clock_now_monotonic() >= before);
}

static void times_for_people(void **state) {
    (void)state;
    char text[CLOCK_TEXT_SIZE];
    assert_int_equal(clock_format_minute(0, text), 16);
    assert_string_equal(text, "1970-01-01 00:00");
    assert_int_equal(clock_format_second(1999999999, text), 19);
    assert_string_equal(text, "1970-01-01 00:00:01");
    assert_int_equal(clock_format_minute(CLOCK_NONE, text), 0);
    assert_string_equal(text, "");
    assert_int_equal(clock_format_second(CLOCK_NONE, text), 0);
    assert_string_equal(text, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_for_people),
        cmocka_unit_test(test_agrees_with_python),
        cmocka_unit_test(test_relatives_of_rfc3339),
        cmocka_unit_test(test_outside_int64_is_clamped),
        cmocka_unit_test(test_fields_outside_their_range),
        cmocka_unit_test(test_no_time_is_empty_text),
        cmocka_unit_test(test_monotonic_clock_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
