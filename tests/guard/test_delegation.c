// Path patterns of delegations
// SPDX-License-Identifier: Apache-2.0
#include "guard/delegation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void expect(bool expected, const char *pattern, const char *path) {
    if (delegation_path_matches(slice_of_string(pattern), slice_of_string(path)) != expected)
        fail_msg("'%s' %s '%s'", pattern, expected ? "does not match" : "matches", path);
}

static void matches_as_fnmatchcase(void **state) {
    (void)state;
    expect(true, "app.msi", "app.msi");
    expect(false, "app.msi", "App.msi");
    expect(false, "app.msi", "app.msi2");
    expect(false, "app.msi", "app.ms");
    expect(true, "*", "");
    expect(true, "*", "x");
    expect(true, "**", "abc");
    expect(true, "*.msi", ".msi");
    expect(true, "a*b*c", "a1b2b3c");
    expect(false, "a*b*c", "a1b2b3");
    expect(true, "a?c", "abc");
    expect(false, "a?c", "ac");
    expect(true, "a?c",
           "a\xe6\xbc\xa2"
           "c"); // one character of three bytes
    expect(true, "[abc].bin", "b.bin");
    expect(false, "[!abc].bin", "b.bin");
    expect(true, "[!abc].bin", "d.bin");
    expect(true, "[a-c]x", "bx");
    expect(false, "[a-c]x", "dx");
    expect(true, "[]]x", "]x");
    expect(true, "[!]]x", "ax");
    expect(true, "[a-]x", "-x");
    expect(true, "[x", "[x");
    expect(false, "[x", "x");
    expect(true, "[^a]", "^"); // no negation
    expect(true, "a\\b", "a\\b");
    expect(true, "", "");
    expect(false, "", "a");
}

static void does_not_cross_slashes(void **state) {
    (void)state;
    expect(false, "*", "a/b");
    expect(false, "a*b", "a/b");
    expect(false, "a?b", "a/b");
    expect(false, "a[/]b", "a/b");
    expect(false, "a[!x]b", "a/b");
    expect(false, "a[.-0]b", "a/b");
    expect(true, "*/*", "a/b");
    expect(false, "*/*", "a/b/c");
    expect(true, "*/b/*", "a/b/c");
    expect(true, "a*/b*c", "aa/bxc");
    expect(false, "*c", "a/c");
    expect(true, "/", "/");
    expect(true, "*/", "a/");
    expect(false, "a/*", "a");
}

// No pattern takes time that grows beyond pattern x path.
static void is_not_slowed_down(void **state) {
    (void)state;
    char pattern[2000], path[20000];
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = 'b';
    assert_false(
        delegation_path_matches(slice_of(pattern, sizeof pattern), slice_of(path, sizeof path)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_as_fnmatchcase),
        cmocka_unit_test(does_not_cross_slashes),
        cmocka_unit_test(is_not_slowed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
