// Which logs are missing, and which to ask for
// SPDX-License-Identifier: Apache-2.0
#include "../detect/relation_table.h"

#include "correlate/correlate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
    DAYS = 30
};

static struct relation_day days_of[16][DAYS];
static size_t days_used;

// A log of a host with records on the days from `first` on but those between `hole` and `end`.
static struct relation *add_log(struct relation_table *table, const char *host, const char *log,
                                int first, int hole, int end) {
    struct relation *row =
        relation_table_add(table, RELATION_COVERAGE, "", host, (int64_t)first * 86400);
    struct relation_day *days = days_of[days_used++];
    row->artefact = slice_of_string(log);
    row->detail[0] = SLICE("evtx");
    for (int i = first; i < DAYS; i++)
        if (i < hole || i >= end)
            days[row->day_count++] = (struct relation_day){20458 + i, 10, 0, 0};
    row->days = days;
    row->count = row->day_count * 10;
    row->last_ns = row->first_ns + (int64_t)(DAYS - first) * 86400000000000;
    return row;
}

static const struct coverage_row *find(const struct evidence_coverage *coverage, const char *host,
                                       const char *log) {
    for (uint32_t i = 0; i < coverage->row_count; i++)
        if (slice_equal_string(coverage->rows[i].name, host) &&
            slice_equal_string(coverage->rows[i].log, log))
            return &coverage->rows[i];
    return NULL;
}

static bool asked(const struct evidence_coverage *coverage, const char *host, const char *part) {
    for (uint32_t i = 0; i < coverage->ask_count; i++)
        if (slice_equal_string(coverage->asks[i].host, host) &&
            memmem(coverage->asks[i].log.data, coverage->asks[i].log.size, part, strlen(part)))
            return true;
    return false;
}

static struct evidence_coverage *cover(struct relation_table *table,
                                       const struct reconstruction *made) {
    struct relation_source source;
    struct evidence_coverage *coverage;
    struct problem problem;
    relation_table_source(table, &source);
    struct correlate_input input = {.fleet = &table->fleet, .relations = &source};
    assert_int_equal(evidence_coverage_new(&input, made, &coverage, &problem), STATUS_OK);
    return coverage;
}

static void logs_are_judged(void **state) {
    (void)state;
    days_used = 0;
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "MAIL", FLEET_ROLE_MAIL);
    relation_table_host(table, "WS", 0);
    uint32_t ghost = relation_table_host(table, "GHOST", 0);
    add_log(table, "MAIL", "iis", 0, 10, 17);
    add_log(table, "WS", "security", 0, 0, 0);
    add_log(table, "WS", "system", 20, 0, 0);
    struct relation *ids = add_log(table, "WS", "sysmon", 0, 0, 0);
    ids->bytes_in_min = 1;
    ids->bytes_in_max = ids->count + 40;
    struct relation *cleared = relation_table_add(table, RELATION_LOG_CLEARED, "", "WS", 500);
    cleared->artefact = SLICE("security");
    struct campaign_host hosts[] = {
        {.host = 1, .name = SLICE("WS"), .state = HOST_STATE_CONFIRMED},
        {.host = ghost, .name = SLICE("GHOST"), .state = HOST_STATE_PROBABLE}};
    struct campaign_stage stage = {.stage = STAGE_ENTRY, .first_ns = table->references[0].time_ns};
    struct campaign campaign = {
        .hosts = hosts, .host_count = 2, .stages = &stage, .stage_count = 1};
    struct reconstruction made = {.campaigns = &campaign, .campaign_count = 1};
    struct evidence_coverage *coverage = cover(table, &made);
    assert_int_equal(find(coverage, "MAIL", "iis")->state, COVERAGE_HOLES);
    assert_int_equal(find(coverage, "MAIL", "iis")->span_count, 2);
    assert_int_equal(find(coverage, "WS", "security")->state, COVERAGE_CLEARED);
    assert_int_equal(find(coverage, "WS", "system")->state, COVERAGE_SHORT);
    assert_int_equal(find(coverage, "WS", "sysmon")->missing_records, 40);
    assert_int_equal(find(coverage, "MAIL", "HttpProxy logs")->state, COVERAGE_MISSING);
    assert_true(asked(coverage, "MAIL", "HttpProxy"));
    assert_false(asked(coverage, "MAIL", "IIS"));
    assert_true(asked(coverage, "WS", "security"));
    assert_true(asked(coverage, "WS", "system"));
    assert_true(asked(coverage, "GHOST", "Security log"));
    assert_true(asked(coverage, "", "flow"));
    for (uint32_t i = 1; i < coverage->ask_count; i++)
        assert_true(coverage->asks[i - 1].weight >= coverage->asks[i].weight);
    evidence_coverage_free(coverage);
    relation_table_free(table);
}

// Many an administrator clears the Application log; what the others held matters more.
static void a_cleared_log_that_decides_is_asked_for_first(void **state) {
    (void)state;
    days_used = 0;
    struct relation_table *table = relation_table_new();
    static const char *const LOGS[] = {"application", "system"};
    struct campaign_host host = {.name = SLICE("WS"), .state = HOST_STATE_CONFIRMED};
    struct campaign_stage stage = {.stage = STAGE_ENTRY};
    struct campaign campaign = {
        .hosts = &host, .host_count = 1, .stages = &stage, .stage_count = 1};
    struct reconstruction made = {.campaigns = &campaign, .campaign_count = 1};
    relation_table_host(table, "WS", 0);
    add_log(table, "WS", "security", 0, 0, 0);
    for (size_t i = 0; i < 2; i++) {
        add_log(table, "WS", LOGS[i], 0, 0, 0);
        relation_table_add(table, RELATION_LOG_CLEARED, "", "WS", 500)->artefact =
            slice_of_string(LOGS[i]);
    }
    stage.first_ns = table->references[0].time_ns;
    struct evidence_coverage *coverage = cover(table, &made);
    assert_int_equal(find(coverage, "WS", "security")->state, COVERAGE_PRESENT);
    assert_true(asked(coverage, "WS", "application"));
    uint32_t places[2] = {0};
    for (uint32_t i = 0; i < coverage->ask_count; i++)
        for (size_t n = 0; n < 2; n++)
            if (slice_equal_string(coverage->asks[i].log, LOGS[n]))
                places[n] = i;
    assert_true(places[1] < places[0]);
    evidence_coverage_free(coverage);
    relation_table_free(table);
}

// A log that speaks now and then has no holes; with nothing found nothing is too short.
static void silence_is_no_hole(void **state) {
    (void)state;
    days_used = 0;
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "WS", 0);
    struct relation *row = add_log(table, "WS", "wmi", 0, 0, 0);
    struct relation_day *days = days_of[0];
    for (uint32_t i = 0; i < 10; i++)
        days[i].day = 20458 + (int32_t)i * 3;
    row->day_count = 10;
    add_log(table, "WS", "security", 25, 0, 0);
    struct reconstruction made = {0};
    struct evidence_coverage *coverage = cover(table, &made);
    assert_int_equal(find(coverage, "WS", "wmi")->state, COVERAGE_PRESENT);
    assert_int_equal(find(coverage, "WS", "security")->state, COVERAGE_PRESENT);
    assert_int_equal(coverage->ask_count, 0);
    evidence_coverage_free(coverage);
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_are_judged),
        cmocka_unit_test(a_cleared_log_that_decides_is_asked_for_first),
        cmocka_unit_test(silence_is_no_hole),
    };
    return cmocka_run_group_tests_name("evidence_coverage", tests, NULL, NULL);
}
