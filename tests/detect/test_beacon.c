// Beacons found, and what only looks like one
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include "detect/beacon_score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

extern const struct detector detector_beacon;

enum {
    ROWS = 64,
    TIMES = 512
};

static int64_t times[ROWS][TIMES];
static struct relation_day days[ROWS][TIMES];
static char names[ROWS][32];
static uint32_t used;

static uint64_t roll(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

// `count` contacts from `start` on, each `period` seconds after the last, give or take `percent`;
// at week-ends none when `works`.
static void call(struct relation_table *table, const char *from, const char *to, uint32_t count,
                 int64_t period, int64_t percent, bool works) {
    uint64_t state = 7 + used;
    int64_t at = 3600;
    struct relation *row = relation_table_add(table, RELATION_CONTACT, from, to, at);
    uint32_t seen = 0, day_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t jitter = period * percent / 100;
        int64_t shift = jitter ? (int64_t)(roll(&state) % (uint64_t)(2 * jitter)) - jitter : 0;
        if (!works || at / 86400 % 7 < 5) {
            times[used][seen] = row->first_ns + (at - 3600) * 1000000000;
            int32_t day = (int32_t)(times[used][seen] / 86400000000000);
            if (day_count == 0 || days[used][day_count - 1].day != day)
                days[used][day_count++] = (struct relation_day){.day = day};
            days[used][day_count - 1].count++;
            seen++;
        }
        at += period + shift;
    }
    row->artefact = SLICE("tls");
    row->recorder = SLICE("sensor-01");
    row->times = times[used];
    row->time_count = seen;
    row->days = days[used];
    row->day_count = day_count;
    row->count = seen;
    row->last_ns = times[used][seen - 1];
    used++;
}

static struct relation_table *fleet_new(void) {
    struct relation_table *table = relation_table_new();
    used = 0;
    for (uint32_t i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "WS-%02u", i);
        relation_table_host(table, names[i], 0);
    }
    return table;
}

static void a_daily_beacon_is_found(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    call(table, "WS-03", "updates.example.org", 90, 86400, 20, false);
    relation_table_judge(table, &detector_beacon);
    const struct table_detection *found =
        relation_table_find(table, "vedette-beacon-regular", "WS-03");
    assert_non_null(found);
    assert_string_equal(table_detection_field(found, "destination"), "updates.example.org");
    assert_int_equal(table->detection_count, 1);
    relation_table_free(table);
}

static void other_scales_are_found(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    call(table, "WS-01", "203.0.113.7", 500, 600, 15, false);
    call(table, "WS-02", "a.example.org", 200, 3600, 20, false);
    call(table, "WS-03", "b.example.org", 12, 604800, 3, false);
    relation_table_judge(table, &detector_beacon);
    assert_non_null(relation_table_find(table, "vedette-beacon-regular", "WS-01"));
    assert_non_null(relation_table_find(table, "vedette-beacon-regular", "WS-02"));
    assert_non_null(relation_table_find(table, "vedette-beacon-regular", "WS-03"));
    relation_table_free(table);
}

static void hosts_with_one_place_and_period_are_a_cohort(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (uint32_t i = 0; i < 4; i++)
        call(table, names[i], "c.example.org", 90, 86400, 20, false);
    relation_table_judge(table, &detector_beacon);
    assert_int_equal(relation_table_count(table, "vedette-beacon-cohort"), 4);
    assert_int_equal(relation_table_count(table, "vedette-beacon-regular"), 0);
    relation_table_free(table);
}

static void what_most_hosts_call_is_none(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (uint32_t i = 0; i < 40; i++)
        call(table, names[i], "time.example.com", 100, 3600, 2, false);
    relation_table_judge(table, &detector_beacon);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

static void people_are_none(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    call(table, "WS-01", "news.example.org", 90, 86400, 15, true);
    call(table, "WS-02", "shop.example.org", 300, 20000, 95, false);
    relation_table_judge(table, &detector_beacon);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

static void names_and_addresses_of_one_beacon_are_one(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    call(table, "WS-05", "d.example.org", 60, 86400, 5, false);
    call(table, "WS-05", "203.0.113.9", 60, 86400, 5, false);
    relation_table_judge(table, &detector_beacon);
    assert_int_equal(table->detection_count, 1);
    assert_int_equal(table->detections[0].reference_count, 2);
    relation_table_free(table);
}

static void evenness_is_as_in_rita(void **state) {
    (void)state;
    int64_t median, deviation;
    int64_t same[] = {60, 60, 60, 60, 60};
    assert_int_equal(beacon_evenness(same, 5, &median, &deviation), 1000);
    // Q1 30, Q2 60, Q3 120: Bowley 1/3; MAD 40 of 60
    int64_t skewed[] = {120, 30, 60, 500, 20};
    assert_int_equal(beacon_evenness(skewed, 5, &median, &deviation), (1000 - 333 + 333) / 2);
    assert_int_equal(median, 60);
    assert_int_equal(deviation, 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daily_beacon_is_found),
        cmocka_unit_test(other_scales_are_found),
        cmocka_unit_test(hosts_with_one_place_and_period_are_a_cohort),
        cmocka_unit_test(what_most_hosts_call_is_none),
        cmocka_unit_test(people_are_none),
        cmocka_unit_test(names_and_addresses_of_one_beacon_are_one),
        cmocka_unit_test(evenness_is_as_in_rita),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
