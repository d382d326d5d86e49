// Regular expressions: limits, and what is tried after them
// SPDX-License-Identifier: Apache-2.0
#include "match/regex.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static enum regex_result match_text(const char *source, struct regex_flags flags,
                                    struct slice text) {
    struct regex *regex;
    struct problem problem;
    assert_int_equal(regex_new(slice_of_string(source), flags, &regex, &problem), STATUS_OK);
    struct regex_scratch *scratch = regex_scratch_new();
    enum regex_result result = regex_match(regex, scratch, text);
    regex_scratch_free(scratch);
    regex_free(regex);
    return result;
}

static void flags_mean_what_they_say(void **state) {
    (void)state;
    struct regex_flags none = {0};
    assert_int_equal(match_text("ab+c", none, SLICE("xxabbbc")), REGEX_HIT);
    assert_int_equal(match_text("ab+c", none, SLICE("ABC")), REGEX_MISS);
    assert_int_equal(match_text("ab+c", (struct regex_flags){.caseless = true}, SLICE("ABC")),
                     REGEX_HIT);
    assert_int_equal(match_text("^b", none, SLICE("a\nb")), REGEX_MISS);
    assert_int_equal(match_text("^b", (struct regex_flags){.multiline = true}, SLICE("a\nb")),
                     REGEX_HIT);
    assert_int_equal(match_text("a.b", none, SLICE("a\nb")), REGEX_MISS);
    assert_int_equal(match_text("a.b", (struct regex_flags){.dotall = true}, SLICE("a\nb")),
                     REGEX_HIT);
}

// Thirteen plus signs asked for; more steps of backtracking than the limit allows.
static void wide_backtracking_still_answers(void **state) {
    (void)state;
    const char *source = "\\+.*\\+.*\\+.*\\+.*\\+.*\\+.*\\+.*\\+.*\\+.*\\+.*\\+.*\\+.*\\+x";
    uint8_t text[400];
    memset(text, '+', sizeof text);
    struct regex_flags none = {0};
    assert_int_equal(match_text(source, none, slice_of(text, sizeof text)), REGEX_MISS);
    text[sizeof text - 1] = 'x';
    assert_int_equal(match_text(source, none, slice_of(text, sizeof text)), REGEX_HIT);
}

static void what_is_given_up_is_said(void **state) {
    (void)state;
    struct regex_flags none = {0};
    size_t size = 64 * 1024;
    uint8_t *text = memory_new(size, 1);
    memset(text, 'a', size);
    text[0] = 'b'; // so that the missing b at the end is no quick answer
    const char *source = "a.*a.*a.*a.*a.*a.*[bc]";
    assert_int_equal(match_text(source, none, slice_of(text, size)), REGEX_LIMIT);
    assert_int_equal(match_text("(a+)+\\1[bc]", none, slice_of(text, 300)), REGEX_LIMIT);
    memory_free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_mean_what_they_say),
        cmocka_unit_test(wide_backtracking_still_answers),
        cmocka_unit_test(what_is_given_up_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
