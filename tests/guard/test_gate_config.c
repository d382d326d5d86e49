// The gate's configuration: what it takes, and what it says else
// SPDX-License-Identifier: Apache-2.0
#include "guard/gate_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NEEDED "listen: /l\norigin: http://o\nstore: /s\nmetadata: /m\ntrusted: /t\n"

static void test_a_configuration_is_read(void **state) {
    (void)state;
    struct gate_config config;
    assert_int_equal(gate_config_read(SLICE(NEEDED "targets-at: /p/\nfetches: 3\npaths:\n"
                                                   "  - /p/private/**: deny\n"
                                                   "  - /p/**: artifact\n  - /check: api\n"),
                                      &config, NULL),
                     STATUS_OK);
    assert_string_equal(config.origin, "http://o");
    assert_null(config.log);
    assert_int_equal(config.fetches, 3);
    assert_int_equal(config.refresh_seconds, 60);
    assert_true(slice_equal(config.targets_at, SLICE("p/")));
    assert_int_equal(gate_config_class(&config, SLICE("p/a/b.exe")), GATE_ARTIFACT);
    assert_int_equal(gate_config_class(&config, SLICE("p/private/b.exe")), GATE_DENY);
    assert_int_equal(gate_config_class(&config, SLICE("check")), GATE_API);
    assert_int_equal(gate_config_class(&config, SLICE("check/x")), GATE_DENY);
    assert_int_equal(gate_config_class(&config, SLICE("")), GATE_DENY);
    gate_config_done(&config);
}

static void test_what_is_off_is_said(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } WRONG[] = {
        {"", "one mapping"},
        {"listen: /l\n", "lacks origin"},
        {NEEDED "lisen: x\n", "no such key: lisen"},
        {NEEDED "fetches: 0\n", "fetches takes 1 to 64"},
        {NEEDED "fetches: many\n", "fetches takes"},
        {NEEDED "log: [a]\n", "log takes a text"},
        {NEEDED "targets-at: p\n", "begins and ends"},
        {NEEDED "paths: x\n", "takes a list"},
        {NEEDED "paths:\n  - p: artifact\n", "/PATTERN: CLASS"},
        {NEEDED "paths:\n  - /p: signed\n", "artifact, metadata, api or deny"},
        {NEEDED "paths:\n  - /p\n", "/PATTERN: CLASS"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(WRONG); i++) {
        struct gate_config config;
        struct problem problem;
        assert_int_not_equal(gate_config_read(slice_of_string(WRONG[i].text), &config, &problem),
                             STATUS_OK);
        if (!strstr(problem.text, WRONG[i].says))
            fail_msg("%s: %s", WRONG[i].says, problem.text);
    }
}

static void test_patterns(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool holds;
    } ROWS[] = {
        {"a", "a", true},
        {"a", "b", false},
        {"a", "ab", false},
        {"", "", true},
        {"", "a", false},
        {"*", "a", true},
        {"*", "a/b", false},
        {"**", "a/b", true},
        {"**", "", true},
        {"p/*", "p/a", true},
        {"p/*", "p/a/b", false},
        {"p/**", "p/a/b", true},
        {"p/**", "p", false},
        {"p/*.exe", "p/a.exe.exe", true},
        {"p/*.exe", "p/a.msi", false},
        {"**/x.exe", "a/b/x.exe", true},
        {"**/x.exe", "x.exe", false},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXbY/bZc", false},
        {"**a*b", "xa/ab", true},
        {"**/*.exe", "a/b.exe/c.exe", true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(ROWS); i++)
        if (gate_pattern_matches(slice_of_string(ROWS[i].pattern), slice_of_string(ROWS[i].path)) !=
            ROWS[i].holds)
            fail_msg("%s over %s", ROWS[i].pattern, ROWS[i].path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_configuration_is_read),
        cmocka_unit_test(test_what_is_off_is_said),
        cmocka_unit_test(test_patterns),
    };
    return cmocka_run_group_tests_name("gate_config", tests, NULL, NULL);
}
