// Hosts that try the ports of many others
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct detector detector_inside_scan;

#define DAY 86400

enum {
    HOSTS = 30
};

static const char *host_name(size_t i) {
    static char names[HOSTS][8];
    names[i][0] = 'h';
    names[i][1] = (char)('0' + i / 10);
    names[i][2] = (char)('0' + i % 10);
    return names[i];
}

static struct relation_table *fleet_new(void) {
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "MAIL-01", FLEET_ROLE_MAIL);
    relation_table_host(table, "SCAN-01", 0);
    for (size_t i = 0; i < HOSTS; i++)
        relation_table_host(table, host_name(i), 0);
    return table;
}

static void sweep(struct relation_table *table, const char *from, size_t hosts, int64_t at,
                  struct slice port) {
    for (size_t i = 0; i < hosts; i++) {
        struct relation *row =
            relation_table_add(table, RELATION_FLOW, from, host_name(i), at + 60 * (int64_t)i);
        row->artefact = port;
        row->detail[1] = i % 2 ? SLICE("refused") : SLICE("");
    }
}

static void scan_is_told_whole_and_in_parts(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    sweep(table, "mail-01", 20, 3 * DAY, SLICE("tcp/445"));
    relation_table_judge(table, &detector_inside_scan);
    const struct table_detection *whole =
        relation_table_find(table, "vedette-scan-inside", "MAIL-01");
    assert_non_null(whole);
    assert_int_equal(whole->reference_count, 16);
    assert_int_equal(relation_table_count(table, "vedette-scan-inside-part"), 2);
    assert_int_equal(table->detection_count, 3);
    relation_table_free(table);
}

static void few_hosts_are_no_scan(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    sweep(table, "mail-01", 14, 3 * DAY, SLICE("tcp/445"));
    relation_table_judge(table, &detector_inside_scan);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

static void scanner_is_named(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    sweep(table, "scan-01", HOSTS, 3 * DAY, SLICE("tcp/445"));
    sweep(table, "scan-01", HOSTS, 10 * DAY, SLICE("tcp/22"));
    relation_table_judge(table, &detector_inside_scan);
    assert_int_equal(relation_table_count(table, "vedette-scan-habit"), 1);
    assert_int_equal(table->detection_count, 1);
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_is_told_whole_and_in_parts),
        cmocka_unit_test(few_hosts_are_no_scan),
        cmocka_unit_test(scanner_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
