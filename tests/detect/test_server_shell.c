// Servers' programs that begin to start shells
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct detector detector_server_shell;

#define DAY 86400

static void start(struct relation_table *table, const char *host, const char *parent,
                  const char *program, int64_t at, const char *account) {
    struct relation *row = relation_table_add(table, RELATION_SPAWN, "", host, at);
    row->artefact = slice_of_string(program);
    row->detail[0] = slice_of_string(parent);
    row->account = slice_of_string(account);
}

// Three weeks of a service's own starts on two servers and a workstation.
static struct relation_table *fleet_new(void) {
    static const char *const HOSTS[] = {"docs-01", "app-01", "pc-01"};
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "DOCS-01", 0);
    relation_table_host(table, "APP-01", 0);
    relation_table_host(table, "PC-01", 0);
    for (int64_t day = 0; day < 21; day++)
        for (size_t i = 0; i < ARRAY_SIZE(HOSTS); i++)
            start(table, HOSTS[i], "c:\\windows\\system32\\services.exe",
                  "c:\\windows\\system32\\svchost.exe", day * DAY + 60, "nt authority\\system");
    return table;
}

static void shells(struct relation_table *table, const char *host, const char *account, int64_t day,
                   int count) {
    for (int i = 0; i < count; i++)
        start(table, host, "c:\\documentserver\\jre\\bin\\java.exe",
              "c:\\windows\\system32\\cmd.exe", day * DAY + 3600 + 60 * i, account);
}

static bool told(const struct relation_table *table, const char *host) {
    return relation_table_find(table, "vedette-server-shell", host) != NULL;
}

// Eight shells below the service on one day; below a person's program on a workstation; below a
// service that calls a converter every week.
static void what_is_new_is_told(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    shells(table, "docs-01", "nt authority\\system", 9, 8);
    shells(table, "pc-01", "corp\\anna", 9, 8);
    for (int64_t day = 1; day < 20; day += 7)
        shells(table, "app-01", "corp\\app-01$", day, 4);
    relation_table_judge(table, &detector_server_shell);
    const struct table_detection *one =
        relation_table_find(table, "vedette-server-shell", "DOCS-01");
    assert_non_null(one);
    assert_int_equal(one->count, 8);
    assert_string_equal(table_detection_field(one, "what"),
                        "java.exe on DOCS-01 started cmd.exe, and others, between 2026-01-14 01:00 "
                        "and 2026-01-14 01:07.");
    assert_int_equal(table->detection_count, 1);
    relation_table_free(table);
}

// Too early for a habit to be known; too few; a shell below another program.
static void what_may_be_usual_is_not(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    shells(table, "docs-01", "nt authority\\system", 4, 8);
    shells(table, "app-01", "nt authority\\system", 9, 3);
    for (int i = 0; i < 8; i++)
        start(table, "pc-01", "c:\\windows\\explorer.exe", "c:\\windows\\system32\\cmd.exe",
              9 * DAY + i, "nt authority\\system");
    relation_table_judge(table, &detector_server_shell);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

// A server by its role, whatever its service is called.
static void a_server_is_known_by_its_role(void **state) {
    (void)state;
    for (int is_server = 0; is_server < 2; is_server++) {
        struct relation_table *table = fleet_new();
        relation_table_host(table, "PORTAL-1", is_server ? FLEET_ROLE_SERVER : 0);
        start(table, "portal-1", "/usr/lib/systemd/systemd", "/usr/sbin/cron", 60, "root");
        for (int i = 0; i < 5; i++)
            start(table, "portal-1", "/usr/bin/java", "/bin/sh", 9 * DAY + i, "tomcat");
        relation_table_judge(table, &detector_server_shell);
        assert_int_equal(told(table, "PORTAL-1"), is_server);
        relation_table_free(table);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_new_is_told),
        cmocka_unit_test(what_may_be_usual_is_not),
        cmocka_unit_test(a_server_is_known_by_its_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
