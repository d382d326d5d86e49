// How reports head a stage
// SPDX-License-Identifier: Apache-2.0
#include "report/stage_told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct campaign_stage credentials(const char *techniques) {
    return (struct campaign_stage){.stage = STAGE_CREDENTIALS,
                                   .techniques = slice_of_string(techniques)};
}

static void a_right_granted_is_named(void **state) {
    (void)state;
    static const char *const RIGHTS[] = {"T1098", "T1098.002", "T1098, T1098.007"};
    static const char *const OTHERS[] = {"", "T1098.002, T1003.001", "T1003", "T10981"};
    struct campaign_stage stage;
    for (size_t i = 0; i < 3; i++) {
        stage = credentials(RIGHTS[i]);
        assert_string_equal(stage_told_heading(&stage), "Privileges: right granted");
        assert_non_null(stage_told_note(&stage));
    }
    for (size_t i = 0; i < 4; i++) {
        stage = credentials(OTHERS[i]);
        assert_string_equal(stage_told_heading(&stage), "Privileges and credentials");
        assert_null(stage_told_note(&stage));
    }
    stage = (struct campaign_stage){.stage = STAGE_ENTRY, .techniques = SLICE("T1098")};
    assert_string_equal(stage_told_heading(&stage), "Entry");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_right_granted_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
