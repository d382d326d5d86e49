// Hours of work by hand
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct detector detector_working_hours;

// A hit each day at `hour` UTC and the seven hours after, `days` days from a Monday on.
static struct relation_table *table_of(uint32_t days, int64_t hour, const char *level) {
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "MAIL-01", FLEET_ROLE_MAIL);
    for (uint32_t i = 0; i < days; i++)
        for (int64_t k = 0; k < 8; k += 2)
            for (int64_t burst = 0; burst < 3; burst++) {
                struct relation *row =
                    relation_table_add(table, RELATION_RULE_HIT, "198.51.100.7", "mail-01",
                                       i * 86400 + (hour + k) * 3600 + burst * 20);
                row->artefact = SLICE("rule");
                row->detail[0] = slice_of_string(level);
                row->detail[1] = SLICE("control");
                row->detail[2] = SLICE("T1059.003");
            }
    return table;
}

static void a_week_of_work_is_placed(void **state) {
    (void)state;
    // 14 to 20 UTC lies from 9 to 18 at UTC-5, -4 and -3.
    struct relation_table *table = table_of(5, 14, "high");
    relation_table_judge(table, &detector_working_hours);
    const struct table_detection *found =
        relation_table_find(table, "vedette-working-hours", "MAIL-01");
    assert_non_null(found);
    assert_string_equal(table_detection_field(found, "what"),
                        "Work by hand fits a day from 9 to 18 in time zones from UTC-06:00 to "
                        "UTC-02:00, best UTC-04:00.");
    assert_non_null(strstr(table_detection_field(found, "why"), "20 hours with such actions"));
    assert_non_null(strstr(table_detection_field(found, "why"), "0 at week-ends"));
    assert_non_null(strstr(table_detection_field(found, "confidence"), "not attribution"));
    relation_table_free(table);
}

static void few_hours_say_nothing(void **state) {
    (void)state;
    struct relation_table *table = table_of(2, 14, "high");
    relation_table_judge(table, &detector_working_hours);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

static void what_is_no_suspicion_does_not_count(void **state) {
    (void)state;
    struct relation_table *table = table_of(5, 14, "low");
    relation_table_judge(table, &detector_working_hours);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

static void a_routine_does_not_count(void **state) {
    (void)state;
    struct relation_table *table = table_of(20, 14, "high");
    relation_table_judge(table, &detector_working_hours);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_week_of_work_is_placed),
        cmocka_unit_test(few_hours_say_nothing),
        cmocka_unit_test(what_is_no_suspicion_does_not_count),
        cmocka_unit_test(a_routine_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
