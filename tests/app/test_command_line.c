// The words of a call against a table of options
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "base/clock.h"
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct option_row options[] = {
    {"quiet", 'q', OPTION_FLAG, NULL, NULL, NULL, ""},
    {"verbose", 'v', OPTION_FLAG, NULL, NULL, NULL, ""},
    {"format", 'f', OPTION_CHOICE, "FORMAT", "table|json|jsonl", "table", ""},
    {"host", 0, OPTION_LIST, "NAME", NULL, NULL, ""},
    {"threads", 't', OPTION_COUNT, "N", NULL, NULL, ""},
    {"since", 0, OPTION_TIME, "TIME", NULL, NULL, ""},
    {"output", 'o', OPTION_PATH, "FILE", NULL, NULL, ""},
    {0},
};
static const struct command command = {
    .name = "test", .operands = "PATH...", .operands_min = 1, .options = options};

// Splits at blanks; the words live until the next call.
static enum status parse(struct command_line *line, const char *text, struct problem *problem) {
    static char copy[256];
    static char *words[32];
    int count = 0;
    assert_true(strlen(text) < sizeof copy);
    memcpy(copy, text, strlen(text) + 1);
    for (char *at = copy; *at;) {
        words[count++] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = '\0';
    }
    return command_line_init(line, &command, count, words, problem);
}

static void takes_values_in_every_spelling(void **state) {
    (void)state;
    static const char *const spellings[] = {
        "-q --format=json --threads 12 a b",
        "-qf json -t12 a b",
        "a -qfjson b --threads=12",
        "-q -t 3 -f table -f json a --threads 12 b",
    };
    for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
        struct command_line line;
        struct problem problem;
        assert_int_equal(parse(&line, spellings[i], &problem), STATUS_OK);
        assert_true(command_line_flag(&line, "quiet"));
        assert_false(command_line_flag(&line, "verbose"));
        assert_string_equal(command_line_text(&line, "format"), "json");
        assert_int_equal(command_line_count(&line, "threads", 1), 12);
        assert_int_equal(line.operand_count, 2);
        assert_string_equal(line.operands[0], "a");
        assert_string_equal(line.operands[1], "b");
        command_line_done(&line);
    }
}

static void falls_back(void **state) {
    (void)state;
    struct command_line line;
    struct problem problem;
    size_t count;
    assert_int_equal(parse(&line, "a", &problem), STATUS_OK);
    assert_string_equal(command_line_text(&line, "format"), "table");
    assert_null(command_line_text(&line, "output"));
    assert_int_equal(command_line_count(&line, "threads", 7), 7);
    assert_true(command_line_time(&line, "since") == CLOCK_NONE);
    command_line_list(&line, "host", &count);
    assert_int_equal(count, 0);
    command_line_done(&line);
}

static void lists_keep_their_order(void **state) {
    (void)state;
    struct command_line line;
    struct problem problem;
    size_t count;
    assert_int_equal(parse(&line, "--host B --host=A x", &problem), STATUS_OK);
    const char *const *hosts = command_line_list(&line, "host", &count);
    assert_int_equal(count, 2);
    assert_string_equal(hosts[0], "B");
    assert_string_equal(hosts[1], "A");
    command_line_done(&line);
}

static void words_that_look_like_options(void **state) {
    (void)state;
    struct command_line line;
    struct problem problem;
    assert_int_equal(parse(&line, "-o - - -- -q --host", &problem), STATUS_OK);
    assert_string_equal(command_line_text(&line, "output"), "-");
    assert_int_equal(line.operand_count, 3);
    assert_string_equal(line.operands[0], "-");
    assert_string_equal(line.operands[1], "-q");
    assert_string_equal(line.operands[2], "--host");
    assert_false(command_line_flag(&line, "quiet"));
    command_line_done(&line);
}

static void times_are_read(void **state) {
    (void)state;
    struct command_line line;
    struct problem problem;
    assert_int_equal(parse(&line, "--since 1970-01-02 a", &problem), STATUS_OK);
    assert_true(command_line_time(&line, "since") == 86400000000000);
    command_line_done(&line);
}

static void help_needs_nothing_else(void **state) {
    (void)state;
    static const char *const spellings[] = {"--help", "-h", "-qh"};
    for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
        struct command_line line;
        struct problem problem;
        assert_int_equal(parse(&line, spellings[i], &problem), STATUS_OK);
        assert_true(line.help);
        command_line_done(&line);
    }
}

static void refuses_and_says_why(void **state) {
    (void)state;
    static const struct {
        const char *words, *says;
    } cases[] = {
        {"", "PATH... is missing"},
        {"-q", "PATH... is missing"},
        {"--loud a", "--loud"},
        {"--quie a", "--quie"},
        {"--quiet=yes a", "--quiet takes no value"},
        {"-x a", "-x"},
        {"a --threads", "--threads needs a value"},
        {"a -t", "--threads needs a value"},
        {"--threads -3 a", "whole number"},
        {"--threads 1e3 a", "whole number"},
        {"--threads 99999999999999999999 a", "whole number"},
        {"--threads= a", "whole number"},
        {"-f xml a", "table|json|jsonl"},
        {"-f jso a", "table|json|jsonl"},
        {"-f table|json a", "table|json|jsonl"},
        {"--format= a", "table|json|jsonl"},
        {"--since soon a", "2026-"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct command_line line;
        struct problem problem;
        if (parse(&line, cases[i].words, &problem) != STATUS_USAGE)
            fail_msg("'%s' was taken", cases[i].words);
        if (!strstr(problem.text, cases[i].says))
            fail_msg("'%s': %s", cases[i].words, problem.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_values_in_every_spelling),
        cmocka_unit_test(falls_back),
        cmocka_unit_test(lists_keep_their_order),
        cmocka_unit_test(words_that_look_like_options),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(refuses_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
