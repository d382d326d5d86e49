// Tests of which logs there are, by host and day
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "relate/coverage.h"
#include "../synthetic_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const int64_t DAY_NS = 86400000000000;

struct told {
    unsigned rows, days;
    uint64_t count, low, high;
    uint32_t references;
};

// What is told of one host, over all that the table holds.
static struct told tell(struct relation_table *table, const char *host) {
    struct told told = {.low = UINT64_MAX};
    struct sorter *sorter;
    struct problem problem;
    struct relation_sum *sum = memory_new(1, sizeof *sum);
    struct slice bytes, payload;
    bool more;
    assert_int_equal(relation_table_drain(table, &sorter, &problem), STATUS_OK);
    assert_int_equal(sorter_finish(sorter, &problem), STATUS_OK);
    while (sorter_next(sorter, &bytes, &payload, &more, &problem) == STATUS_OK && more) {
        struct relation_key key;
        assert_true(relation_read_key(bytes, &key) && relation_read_sum(payload, sum));
        assert_int_equal(key.kind, RELATION_COVERAGE);
        if (!slice_equal_string(key.parts[PART_TO], host))
            continue;
        told.rows++;
        told.days += sum->day_count;
        told.count += sum->count;
        told.low = sum->bytes_in_min < told.low ? sum->bytes_in_min : told.low;
        told.high = sum->bytes_in_max > told.high ? sum->bytes_in_max : told.high;
        told.references += sum->reference_count;
    }
    sorter_free(sorter);
    memory_free(sum);
    return told;
}

// 2,000 records of two hosts, mixed, over four days; each `unit` records a unit ends.
static struct told play(unsigned unit, const char *host) {
    struct coverage *coverage = coverage_new();
    struct relation_table *table = relation_table_new(1 << 20, "/tmp");
    struct problem problem;
    struct synthetic_event made;
    for (unsigned i = 0; i < 2000; i++) {
        synthetic_init(&made, i % 7, (int64_t)(i / 500) * DAY_NS + i, i);
        made.event.position.record_id = 100 + i / 2;
        synthetic_field(&made, "Computer", i % 2 ? "ODD" : "EVEN", FIELD_ROLE_COMPUTER);
        assert_int_equal(coverage_observe(coverage, table, &made.event, SLICE("folder"), &problem),
                         STATUS_OK);
        if (i % unit == unit - 1)
            assert_int_equal(coverage_flush(coverage, table, &problem), STATUS_OK);
    }
    assert_int_equal(coverage_flush(coverage, table, &problem), STATUS_OK);
    struct told told = tell(table, host);
    coverage_free(coverage);
    relation_table_free(table);
    return told;
}

static void counts_do_not_depend_on_units(void **state) {
    (void)state;
    static const unsigned UNITS[] = {1, 3, 100, 5000};
    for (size_t i = 0; i < ARRAY_SIZE(UNITS); i++) {
        struct told told = play(UNITS[i], i % 2 ? "ODD" : "EVEN");
        assert_int_equal(told.rows, 1);
        assert_int_equal(told.days, 4);
        assert_int_equal(told.count, 1000);
        assert_int_equal(told.low, 100);
        assert_int_equal(told.high, 1099);
        assert_true(told.references > 0 && told.references <= FINDING_REFERENCES_MAX);
    }
}

// Neither a host without a name nor what was found in slack; a folder names what has none.
static void not_every_record_counts(void **state) {
    (void)state;
    struct coverage *coverage = coverage_new();
    struct relation_table *table = relation_table_new(1 << 20, "/tmp");
    struct problem problem;
    struct synthetic_event made;
    synthetic_init(&made, 1, DAY_NS, 1);
    coverage_observe(coverage, table, &made.event, SLICE(""), &problem);
    coverage_observe(coverage, table, &made.event, SLICE("SRV"), &problem);
    made.event.recovered = true;
    coverage_observe(coverage, table, &made.event, SLICE("SRV"), &problem);
    assert_int_equal(coverage_flush(coverage, table, &problem), STATUS_OK);
    struct told told = tell(table, "SRV");
    assert_int_equal(told.rows, 1);
    assert_int_equal(told.count, 1);
    coverage_free(coverage);
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_do_not_depend_on_units),
        cmocka_unit_test(not_every_record_counts),
    };
    return cmocka_run_group_tests_name("coverage", tests, NULL, NULL);
}
