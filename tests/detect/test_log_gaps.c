// Logs that were cleared, cut or stopped
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct detector detector_log_gaps;

// One account clears a log.
static struct relation *clears(struct relation_table *table, const char *host, int64_t at,
                               struct slice log) {
    struct relation *row = relation_table_add(table, RELATION_LOG_CLEARED, "", host, at);
    row->account = SLICE("corp\\adm.01");
    row->artefact = log;
    return row;
}

static void cleared_logs_are_told(void **state) {
    (void)state;
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "MAIL-01", FLEET_ROLE_MAIL);
    relation_table_host(table, "FILE-02", FLEET_ROLE_FILE);
    const char *const hosts[] = {"mail-01", "file-02"};
    for (size_t i = 0; i < 2; i++) {
        clears(table, hosts[i], 3600 * (int64_t)i, SLICE("security"));
    }
    relation_table_judge(table, &detector_log_gaps);
    assert_int_equal(relation_table_count(table, "vedette-log-cleared"), 2);
    const struct table_detection *one =
        relation_table_find(table, "vedette-log-cleared", "MAIL-01");
    assert_non_null(one);
    assert_int_equal(one->lines[0], 1);
    const struct table_detection *both =
        relation_table_find(table, "vedette-logs-cleared-on-several-hosts", NULL);
    assert_non_null(both);
    assert_int_equal(both->reference_count, 2);
    relation_table_free(table);
}

// An administrator clears logs of two hosts; a week later somebody with his account those of
// seventy, and one of the two again.
static void each_burst_is_told(void **state) {
    (void)state;
    static char names[70][8];
    struct relation_table *table = relation_table_new();
    for (size_t i = 0; i < 70; i++) {
        names[i][0] = 'p';
        names[i][1] = (char)('0' + i / 10);
        names[i][2] = (char)('0' + i % 10);
        relation_table_host(table, names[i], 0);
        int64_t at = 7 * 86400 + 600 * (int64_t)i;
        clears(table, names[i], i == 1 ? 3600 : at, SLICE("system"));
        if (i > 1)
            continue;
        clears(table, names[i], i ? at : 60, i ? SLICE("system") : SLICE("application"));
    }
    relation_table_judge(table, &detector_log_gaps);
    assert_int_equal(relation_table_count(table, "vedette-logs-cleared-on-several-hosts"), 2);
    for (size_t i = 0; i < table->detection_count; i++) {
        const struct table_detection *told = &table->detections[i];
        if (!slice_equal_string(told->rule->id, "vedette-logs-cleared-on-several-hosts"))
            continue;
        bool is_first = told->count == 2;
        assert_string_equal(table_detection_field(told, "what"),
                            is_first ? "corp\\adm.01 cleared logs of 2 hosts."
                                     : "corp\\adm.01 cleared logs of 70 hosts.");
        assert_int_equal((told->last_ns - told->first_ns) / 1000000000, is_first ? 3540 : 600 * 69);
    }
    relation_table_free(table);
}

static void one_clearing_is_not_several(void **state) {
    (void)state;
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "MAIL-01", 0);
    for (int i = 0; i < 2; i++) {
        clears(table, "mail-01", i, i ? SLICE("system") : SLICE("security"));
    }
    relation_table_judge(table, &detector_log_gaps);
    assert_int_equal(relation_table_count(table, "vedette-logs-cleared-on-several-hosts"), 0);
    relation_table_free(table);
}

// The system log of host after host, day after day; on one of them the security log, too.
static void a_habit_is_no_covering(void **state) {
    (void)state;
    static const char *const hosts[] = {"pc-1", "pc-2", "pc-3", "pc-4", "pc-5", "pc-6"};
    struct relation_table *table = relation_table_new();
    for (size_t i = 0; i < 6; i++) {
        relation_table_host(table, hosts[i], 0);
        clears(table, hosts[i], 86400 * 2 * (int64_t)i, SLICE("system"));
    }
    clears(table, "pc-6", 86400 * 10 + 60, SLICE("security"));
    relation_table_judge(table, &detector_log_gaps);
    assert_int_equal(relation_table_count(table, "vedette-log-cleared-by-habit"), 5);
    assert_int_equal(relation_table_count(table, "vedette-log-cleared"), 2);
    assert_int_equal(relation_table_count(table, "vedette-logs-cleared-on-several-hosts"), 0);
    relation_table_free(table);
}

// One of its hosts' system log is cleared once more weeks later, with the security log: that is
// none of the habit.
static void a_habit_does_not_hide_the_rest(void **state) {
    (void)state;
    static const char *const hosts[] = {"pc-1", "pc-2", "pc-3", "pc-4", "pc-5", "pc-6"};
    struct relation_table *table = relation_table_new();
    struct reference times[2];
    for (size_t i = 0; i < 6; i++) {
        relation_table_host(table, hosts[i], 0);
        struct relation *row = clears(table, hosts[i], 86400 * 2 * (int64_t)i, SLICE("system"));
        if (i > 0)
            continue;
        times[0] = times[1] = row->references[0];
        times[1].time_ns += 30 * 86400ll * 1000000000;
        times[1].position.line = 99;
        row->references = times;
        row->reference_count = 2;
        row->last_ns = times[1].time_ns;
        row->count = 2;
    }
    clears(table, "pc-1", 86400 * 30 + 60, SLICE("security"));
    relation_table_judge(table, &detector_log_gaps);
    assert_int_equal(relation_table_count(table, "vedette-log-cleared-by-habit"), 6);
    assert_int_equal(relation_table_count(table, "vedette-log-cleared"), 2);
    const struct table_detection *again = relation_table_find(table, "vedette-log-cleared", "pc-1");
    assert_non_null(again);
    assert_int_equal(again->reference_count, 1);
    assert_int_not_equal(again->lines[0], 1);
    relation_table_free(table);
}

// A log whose name ends like the security log's is held to no more than any other.
static void only_the_security_log_asks_for_five(void **state) {
    (void)state;
    static const char *const hosts[] = {"pc-1", "pc-2", "pc-3"};
    struct relation_table *table = relation_table_new();
    for (size_t i = 0; i < 3; i++) {
        relation_table_host(table, hosts[i], 0);
        clears(table, hosts[i], 86400 * 4 * (int64_t)i, SLICE("smbclient-security"));
    }
    relation_table_judge(table, &detector_log_gaps);
    assert_int_equal(relation_table_count(table, "vedette-log-cleared-by-habit"), 3);
    relation_table_free(table);
}

static void missing_records_and_days(void **state) {
    (void)state;
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "MAIL-01", 0);
    static struct relation_day days[20];
    for (int i = 0; i < 20; i++)
        days[i] = (struct relation_day){.day = 20458 + i + (i >= 10 ? 6 : 0), .count = 10};
    struct relation *row = relation_table_add(table, RELATION_COVERAGE, "", "mail-01", 0);
    row->artefact = SLICE("security");
    row->count = 200;
    row->bytes_in_min = 1001;
    row->bytes_in_max = 1260;
    row->days = days;
    row->day_count = 20;
    row = relation_table_add(table, RELATION_COVERAGE, "", "mail-01", 0);
    row->artefact = SLICE("system");
    row->count = 260;
    row->bytes_in_min = 1001;
    row->bytes_in_max = 1260;
    row->days = days;
    row->day_count = 10;
    relation_table_judge(table, &detector_log_gaps);
    assert_int_equal(relation_table_count(table, "vedette-log-records-missing"), 1);
    const struct table_detection *hole =
        relation_table_find(table, "vedette-log-days-missing", NULL);
    assert_non_null(hole);
    assert_string_equal(table_detection_field(hole, "what"),
                        "The security log of MAIL-01 has no record between 2026-01-14 and "
                        "2026-01-21.");
    assert_int_equal(relation_table_count(table, "vedette-log-days-missing"), 1);
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleared_logs_are_told),
        cmocka_unit_test(each_burst_is_told),
        cmocka_unit_test(one_clearing_is_not_several),
        cmocka_unit_test(a_habit_is_no_covering),
        cmocka_unit_test(a_habit_does_not_hide_the_rest),
        cmocka_unit_test(only_the_security_log_asks_for_five),
        cmocka_unit_test(missing_records_and_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
