// Problems: text, position, errno, truncation
// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

static void test_status_comes_back_and_fills(void **state) {
    (void)state;
    struct problem problem;
    assert_int_equal(problem_set(&problem, STATUS_FORMAT, "chunk %u: bad magic", 3u),
                     STATUS_FORMAT);
    assert_int_equal(problem.status, STATUS_FORMAT);
    assert_int_equal(problem.unit, PROBLEM_NOWHERE);
    assert_string_equal(problem.text, "chunk 3: bad magic");
    assert_int_equal(problem_set_offset(&problem, STATUS_LIMIT, 4096, "x"), STATUS_LIMIT);
    assert_int_equal(problem.unit, PROBLEM_OFFSET);
    assert_int_equal(problem.at, 4096);
    assert_int_equal(problem_set_line(&problem, STATUS_USAGE, 7, "y"), STATUS_USAGE);
    assert_int_equal(problem.unit, PROBLEM_LINE);
    assert_int_equal(problem.at, 7);
}

static void test_problem_may_be_null(void **state) {
    (void)state;
    assert_int_equal(problem_set(NULL, STATUS_SYSTEM, "x"), STATUS_SYSTEM);
    errno = ENOENT;
    assert_int_equal(problem_set_errno(NULL, "open"), STATUS_NOT_FOUND);
}

static void test_errno_in_words(void **state) {
    (void)state;
    struct problem problem;
    errno = EACCES;
    assert_int_equal(problem_set_errno(&problem, "open %s", "/x"), STATUS_SYSTEM);
    assert_string_equal(problem.text, "open /x: Permission denied");
    assert_int_equal(problem.status, STATUS_SYSTEM);
    errno = ENOTDIR;
    assert_int_equal(problem_set_errno(&problem, "open %s", "/x"), STATUS_NOT_FOUND);
    assert_int_equal(problem.status, STATUS_NOT_FOUND);
}

static void test_long_text_is_cut(void **state) {
    (void)state;
    struct problem problem;
    char long_text[2 * PROBLEM_TEXT_SIZE];
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    problem_set(&problem, STATUS_FORMAT, "%s", long_text);
    assert_int_equal(strlen(problem.text), PROBLEM_TEXT_SIZE - 1);
    errno = EACCES;
    problem_set_errno(&problem, "%s", long_text);
    assert_int_equal(strlen(problem.text), PROBLEM_TEXT_SIZE - 1);
}

static void test_every_status_has_a_name(void **state) {
    (void)state;
    for (int i = STATUS_OK; i <= STATUS_INTERRUPTED; i++)
        assert_string_not_equal(status_name((enum status)i), "unknown");
    assert_string_equal(status_name((enum status)99), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_comes_back_and_fills),
        cmocka_unit_test(test_problem_may_be_null),
        cmocka_unit_test(test_errno_in_words),
        cmocka_unit_test(test_long_text_is_cut),
        cmocka_unit_test(test_every_status_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
