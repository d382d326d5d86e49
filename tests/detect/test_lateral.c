// Hosts that were reached from other hosts
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct detector detector_lateral;

#define DAY 86400

static const char *const APPS[] = {"app-01", "app-02", "app-03", "app-04"};

static void logon(struct relation_table *table, const char *from, const char *to, int64_t at,
                  struct slice account) {
    struct relation *row = relation_table_add(table, RELATION_LOGON, from, to, at);
    row->account = account;
    row->artefact = SLICE("3");
    row->detail[0] = SLICE("Kerberos");
}

// A jump host that logs on to all, every other day, for three weeks.
static struct relation_table *fleet_new(void) {
    struct relation_table *table = relation_table_new();
    static const char *const names[] = {"APP-01",  "APP-02",  "APP-03", "APP-04",
                                        "JUMP-01", "MAIL-01", "ADM-01"};
    for (size_t i = 0; i < 7; i++)
        relation_table_host(table, names[i], 0);
    for (int64_t day = 0; day < 21; day += 2)
        for (size_t i = 0; i < 4; i++)
            logon(table, "jump-01", APPS[i], day * DAY + 3600 * (int64_t)i, SLICE("corp\\adm.01"));
    return table;
}

static void habit_is_not_told(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    relation_table_judge(table, &detector_lateral);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

// One record with a broken clock does not make all that came later late.
static void habit_survives_a_stray_time(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (int64_t day = 1; day < 60; day += 2)
        for (size_t i = 0; i < 4; i++)
            logon(table, "jump-01", APPS[i], day * DAY, SLICE("corp\\adm.01"));
    logon(table, "adm-01", "app-01", -9000 * (int64_t)DAY, SLICE("corp\\adm.02"));
    logon(table, "adm-01", "app-02", 9000 * (int64_t)DAY, SLICE("corp\\adm.02"));
    relation_table_judge(table, &detector_lateral);
    for (size_t i = 0; i < table->detection_count; i++)
        assert_string_not_equal(table_detection_field(&table->detections[i], "source"), "JUMP-01");
    relation_table_free(table);
}

static void strange_account_and_service(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (size_t i = 0; i < 3; i++)
        logon(table, "mail-01", APPS[i], 9 * DAY + 600 * (int64_t)i, SLICE("corp\\adm.01"));
    struct relation *row =
        relation_table_add(table, RELATION_REMOTE_EXECUTION, "", "app-02", 9 * DAY + 610);
    row->artefact = SLICE("service");
    row->detail[0] = SLICE("abcd");
    relation_table_judge(table, &detector_lateral);
    const struct table_detection *one =
        relation_table_find(table, "vedette-lateral-account", "APP-01");
    assert_non_null(one);
    assert_string_equal(table_detection_field(one, "source"), "MAIL-01");
    const struct table_detection *two =
        relation_table_find(table, "vedette-lateral-execution", "APP-02");
    assert_non_null(two);
    assert_int_equal(two->reference_count, 2);
    assert_int_equal(table->detection_count, 3);
    relation_table_free(table);
}

// One relation of connections, the first the day before, is cited from the session on; what was run
// on a host whose clock is off is told when it was.
static void what_is_cited_is_the_sessions(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (size_t i = 0; i < 3; i++)
        logon(table, "mail-01", APPS[i], 9 * DAY + 600 * (int64_t)i, SLICE("corp\\adm.01"));
    const int64_t second_ns = 1000000000;
    struct relation *knock = relation_table_add(table, RELATION_FLOW, "mail-01", "app-02", 8 * DAY);
    struct reference times[2] = {knock->references[0], knock->references[0]};
    times[1].time_ns += (DAY + 601) * second_ns;
    times[1].position.line = 777;
    knock->artefact = SLICE("tcp/445");
    knock->bytes_out = 200000;
    knock->references = times;
    knock->reference_count = 2;
    knock->count = 2;
    knock->last_ns = times[1].time_ns;
    const int64_t begin_ns = knock->first_ns + (DAY + 600) * second_ns;
    const uint64_t day_before = knock->references[0].position.line;
    struct relation *row =
        relation_table_add(table, RELATION_REMOTE_EXECUTION, "", "app-02", 9 * DAY + 610);
    row->artefact = SLICE("service");
    relation_table_skew_last(table, 7200);
    relation_table_judge(table, &detector_lateral);
    const struct table_detection *told =
        relation_table_find(table, "vedette-lateral-execution", "APP-02");
    assert_non_null(told);
    assert_int_equal(told->reference_count, 3);
    for (uint32_t i = 0; i < told->reference_count; i++)
        assert_int_not_equal(told->lines[i], day_before);
    assert_int_equal(told->first_ns, begin_ns);
    assert_int_equal(told->last_ns, begin_ns + 10 * second_ns);
    relation_table_free(table);
}

// The logon's record is lost; a session on the wire and the service are left. A knock is none.
static void session_on_the_wire(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (size_t i = 0; i < 2; i++) {
        struct relation *row =
            relation_table_add(table, RELATION_FLOW, "mail-01", APPS[i], 9 * DAY + 5);
        row->artefact = SLICE("tcp/445");
        row->bytes_out = i ? 60 : 200000;
        row = relation_table_add(table, RELATION_REMOTE_EXECUTION, "", APPS[i], 9 * DAY + 10);
        row->artefact = SLICE("service");
    }
    relation_table_judge(table, &detector_lateral);
    assert_non_null(relation_table_find(table, "vedette-lateral-execution-likely", "APP-01"));
    assert_int_equal(table->detection_count, 1);
    relation_table_free(table);
}

// A bare session of a host that never moved is told, low; one of a host that does so is not.
static void first_session_is_told(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (size_t i = 0; i < 2; i++) {
        struct relation *row = relation_table_add(table, RELATION_FLOW, i ? "app-03" : "adm-01",
                                                  i ? "mail-01" : "app-04", 9 * DAY + 5);
        row->artefact = SLICE("tcp/22");
        row->bytes_out = 200000;
    }
    logon(table, "adm-01", "app-01", DAY, SLICE("corp\\adm.02"));
    relation_table_judge(table, &detector_lateral);
    const struct table_detection *one =
        relation_table_find(table, "vedette-lateral-session", "MAIL-01");
    assert_non_null(one);
    assert_string_equal(table_detection_field(one, "source_quiet_days"), "21");
    assert_null(relation_table_find(table, "vedette-lateral-session", "APP-04"));
    relation_table_free(table);
}

// The mail server executes on two others.
static void move_for_sure(struct relation_table *table, int64_t at) {
    for (int64_t i = 0; i < 2; i++) {
        logon(table, "mail-01", APPS[i], at + 600 * i, SLICE("corp\\adm.01"));
        struct relation *row =
            relation_table_add(table, RELATION_REMOTE_EXECUTION, "", APPS[i], at + 600 * i + 5);
        row->artefact = SLICE("service");
    }
}

// Days after a bare session its target moves to others: it was reached, and by nothing better than
// that session.
static void session_before_moves_is_told(void **state) {
    (void)state;
    for (int better = 0; better < 2; better++) {
        struct relation_table *table = fleet_new();
        struct relation *row =
            relation_table_add(table, RELATION_FLOW, "app-03", "mail-01", 9 * DAY + 5);
        row->artefact = SLICE("tcp/22");
        row->bytes_out = 200000;
        move_for_sure(table, 12 * DAY);
        if (better)
            logon(table, "adm-01", "mail-01", 11 * DAY, SLICE("corp\\adm.02"));
        relation_table_judge(table, &detector_lateral);
        assert_non_null(relation_table_find(table, "vedette-lateral-execution", "APP-01"));
        const struct table_detection *session =
            relation_table_find(table, "vedette-lateral-session", "MAIL-01");
        if (better)
            assert_non_null(session);
        else
            assert_null(session);
        relation_table_free(table);
    }
}

// Who is reached by a host that moves for sure, and then moves likely, is believed to make bare
// sessions, too; who moves likely and was reached by nobody is not.
static void chain_is_believed(void **state) {
    (void)state;
    for (int reached = 0; reached < 2; reached++) {
        struct relation_table *table = fleet_new();
        struct relation *row;
        move_for_sure(table, 9 * DAY);
        const char *from = reached ? "app-02" : "app-03";
        logon(table, from, "adm-01", 10 * DAY, SLICE("root"));
        row = relation_table_add(table, RELATION_FLOW, from, "app-04", 14 * DAY);
        row->artefact = SLICE("tcp/445");
        row->bytes_out = 200000;
        relation_table_judge(table, &detector_lateral);
        assert_non_null(relation_table_find(table, "vedette-lateral-execution", "APP-02"));
        const struct table_detection *move =
            relation_table_find(table, "vedette-lateral-account", "ADM-01");
        assert_non_null(move);
        const struct table_detection *session =
            relation_table_find(table, "vedette-lateral-logon", "APP-04");
        if (reached)
            assert_non_null(session);
        else
            assert_null(session);
        relation_table_free(table);
    }
}

// A quiet host that such a host reached makes its first bare session within a week: believed.
static void session_of_reached_is_told(void **state) {
    (void)state;
    for (int64_t days = 5; days <= 8; days += 3) {
        struct relation_table *table = fleet_new();
        struct relation *row;
        move_for_sure(table, 9 * DAY);
        row = relation_table_add(table, RELATION_FLOW, "app-02", "app-04", (9 + days) * DAY + 700);
        row->artefact = SLICE("tcp/5985");
        row->bytes_out = 200000;
        relation_table_judge(table, &detector_lateral);
        const char *rule = days <= 7 ? "vedette-lateral-logon" : "vedette-lateral-session";
        assert_non_null(relation_table_find(table, rule, "APP-04"));
        relation_table_free(table);
    }
}

// Everybody uses the file server, and now and then from another one's desk.
static void file_server_is_not_told(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    relation_table_host(table, "FILES-01", FLEET_ROLE_FILE);
    static char names[40][8];
    for (size_t i = 0; i < 40; i++) {
        names[i][0] = 'w';
        names[i][1] = (char)('0' + i / 10);
        names[i][2] = (char)('0' + i % 10);
        relation_table_host(table, names[i], 0);
        logon(table, names[i], "files-01", 5 * DAY + 60 * (int64_t)i, SLICE("corp\\anna"));
    }
    relation_table_judge(table, &detector_lateral);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(habit_is_not_told),
        cmocka_unit_test(habit_survives_a_stray_time),
        cmocka_unit_test(strange_account_and_service),
        cmocka_unit_test(what_is_cited_is_the_sessions),
        cmocka_unit_test(session_on_the_wire),
        cmocka_unit_test(first_session_is_told),
        cmocka_unit_test(session_before_moves_is_told),
        cmocka_unit_test(chain_is_believed),
        cmocka_unit_test(session_of_reached_is_told),
        cmocka_unit_test(file_server_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
