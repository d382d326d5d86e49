// What rows say of records
// SPDX-License-Identifier: Apache-2.0
#include "relate/row_plan.h"

#include "../synthetic_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

// Event 104 of the System log; NULL: its user data does not say which log it was.
static void assert_cleared(const char *channel, const char *expected) {
    struct synthetic_event made;
    synthetic_init(&made, 1, 0, 1);
    synthetic_field(&made, "Channel", "System", FIELD_ROLE_CHANNEL);
    synthetic_field(&made, "Computer", "PC-01", FIELD_ROLE_COMPUTER);
    if (channel)
        synthetic_field(&made, "Channel", channel, FIELD_ROLE_NONE);
    made.event_class.code = 104;
    log_source_add_service(&made.event_class.log_source, LOG_SERVICE_SYSTEM);
    struct arena arena;
    struct class_plan plan;
    struct buffer scratch;
    arena_init(&arena, 1 << 20);
    buffer_init(&scratch, 1 << 16);
    assert_true(class_plan_init(&plan, &made.event_class, &arena));
    assert_int_equal(plan.row_count, 1);
    assert_int_equal(plan.rows[0].kind, RELATION_LOG_CLEARED);
    struct slice text =
        plan_part_render(plan.rows[0].parts[PART_ARTEFACT], &made.event, SLICE(""), &scratch);
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
    buffer_done(&scratch);
    arena_done(&arena);
}

static void a_cleared_log_is_the_one_told(void **state) {
    (void)state;
    assert_cleared("Microsoft-Windows-Sysmon/Operational", "sysmon");
    assert_cleared("Application", "application");
    assert_cleared("System", "system");
    assert_cleared("Key Management Service", "key management service");
    assert_cleared(NULL, "unnamed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cleared_log_is_the_one_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
