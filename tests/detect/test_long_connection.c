// A connection of hours, and those that people have
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct detector detector_long_connection;

static struct relation *flow(struct relation_table *table, const char *from, const char *to,
                             uint64_t hours) {
    struct relation *row = relation_table_add(table, RELATION_FLOW, from, to, 60);
    row->artefact = SLICE("tcp/443");
    row->taken_ms = hours * 3600 * 1000;
    row->bytes_out = 90 << 20;
    row->bytes_in = 4 << 20;
    return row;
}

static void rare_one_is_told(void **state) {
    (void)state;
    static const char *const hosts[] = {"WS-01", "WS-02", "WS-03", "WS-04", "WS-05"};
    struct relation_table *table = relation_table_new();
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        relation_table_host(table, hosts[i], 0);
        flow(table, hosts[i], "198.51.100.9", 9); // everybody's
    }
    relation_table_host(table, "MAIL-01", FLEET_ROLE_MAIL);
    flow(table, "MAIL-01", "203.0.113.7", 3);
    flow(table, "MAIL-01", "203.0.113.8", 0);                // short
    flow(table, "MAIL-01", "10.0.0.9", 9);                   // inside
    flow(table, "MAIL-01", "203.0.113.9", 9)->bytes_in = 40; // an upload
    flow(table, "WS-01", "203.0.113.10", 9)->day_count = 9;  // a habit
    flow(table, "WS-01", "203.0.113.11", 9)->count = 60;     // many short ones
    relation_table_judge(table, &detector_long_connection);
    assert_int_equal(table->detection_count, 1);
    const struct table_detection *told =
        relation_table_find(table, "vedette-beacon-long-connection", "MAIL-01");
    assert_non_null(told);
    assert_string_equal(table_detection_field(told, "destination"), "203.0.113.7");
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rare_one_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
