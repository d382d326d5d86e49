// Tests of stages
// SPDX-License-Identifier: Apache-2.0
#include "model/rule.h"
#include "model/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static enum stage stage_of(const char *first, const char *second) {
    struct slice tags[] = {slice_of_string(first), slice_of_string(second)};
    struct rule rule = {.tags = tags, .tag_count = second ? 2 : 1};
    return stage_of_rule(&rule);
}

static void test_names(void **state) {
    (void)state;
    for (size_t i = STAGE_NONE + 1; i < STAGE_COUNT; i++) {
        enum stage stage;
        assert_true(stage_parse(slice_of_string(stage_name((enum stage)i)), &stage));
        assert_int_equal(stage, i);
        assert_true(stage_heading(stage)[0]);
    }
    enum stage stage;
    assert_false(stage_parse(SLICE(""), &stage));
    assert_false(stage_parse(SLICE("entrance"), &stage));
}

static void test_rules(void **state) {
    (void)state;
    assert_int_equal(stage_of("attack.initial-access", "attack.t1190"), STAGE_ENTRY);
    assert_int_equal(stage_of("attack.t1190", "attack.initial_access"), STAGE_ENTRY);
    assert_int_equal(stage_of("attack.lateral_movement", "vedette.stage.theft"), STAGE_THEFT);
    assert_int_equal(stage_of("attack.execution", "attack.t1021.002"), STAGE_SPREAD);
    assert_int_equal(stage_of("attack.defense-evasion", "attack.t1070.001"), STAGE_COVER);
    assert_int_equal(stage_of("attack.discovery", "attack.t1053.005"), STAGE_NONE);
    assert_int_equal(stage_of("attack.execution", NULL), STAGE_NONE);
    assert_int_equal(stage_of("attack.t10", NULL), STAGE_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
