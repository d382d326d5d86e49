// Sigma correlation: every type, groups, chains, partitioning
// SPDX-License-Identifier: Apache-2.0
#include "detect/detect.h"

#include "../synthetic_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define SECOND 1000000000LL

enum {
    FOUND_MAX = 64
};

struct found {
    size_t count;
    uint32_t correlation[FOUND_MAX];
    uint64_t events[FOUND_MAX];
    int64_t first_ns[FOUND_MAX], last_ns[FOUND_MAX];
    char group[FOUND_MAX][32];
};

static enum status found_take(void *context, uint32_t correlation, const struct finding *finding,
                              struct problem *problem) {
    (void)problem;
    struct found *found = context;
    assert_true(found->count < FOUND_MAX);
    size_t i = found->count++;
    found->correlation[i] = correlation;
    found->events[i] = finding->count;
    found->first_ns[i] = finding->first_ns;
    found->last_ns[i] = finding->last_ns;
    if (finding->field_count)
        memcpy(found->group[i], finding->fields[0].text.data, finding->fields[0].text.size);
    assert_true(finding->reference_count > 0);
    return STATUS_OK;
}

// seconds, rule, user, value
struct step {
    int64_t seconds;
    uint32_t rule;
    const char *user;
    const char *value;
};

static const struct rule plain_rule = {.title = {(const uint8_t *)"rule", 4}};

static void observe_step(struct correlator *correlator, const struct step *step, uint64_t offset) {
    struct synthetic_event made;
    struct problem problem;
    synthetic_init(&made, 0, step->seconds * SECOND, offset);
    synthetic_field(&made, "User", step->user, FIELD_ROLE_NONE);
    synthetic_field(&made, "Account", step->user, FIELD_ROLE_NONE);
    synthetic_field(&made, "Value", step->value, FIELD_ROLE_NONE);
    synthetic_field(&made, "Computer", "HOST", FIELD_ROLE_COMPUTER);
    assert_int_equal(
        correlator_observe(correlator, step->rule, &plain_rule, &made.event, SLICE(""), &problem),
        STATUS_OK);
}

// Runs the steps split over `parts` correlators that are merged in reverse: whatever the
// split, the findings must be the same.
static void fold_parts(const struct correlation *correlations, size_t correlation_count,
                       const struct step *steps, size_t count, size_t parts,
                       struct found *ret_found) {
    struct problem problem;
    struct correlator *correlators[4];
    for (size_t i = 0; i < parts; i++)
        correlators[i] = correlator_new(correlations, correlation_count, "/tmp");
    for (size_t i = 0; i < count; i++)
        if (correlator_wants(correlators[0], steps[i].rule))
            observe_step(correlators[i % parts], &steps[i], i);
    for (size_t i = parts; i-- > 1;)
        assert_int_equal(correlator_absorb(correlators[0], correlators[i], &problem), STATUS_OK);
    *ret_found = (struct found){0};
    struct correlation_sink sink = {ret_found, found_take};
    assert_int_equal(correlator_fold(correlators[0], &sink, &problem), STATUS_OK);
    for (size_t i = 0; i < parts; i++)
        correlator_free(correlators[i]);
}

static void fold(const struct correlation *correlations, size_t correlation_count,
                 const struct step *steps, size_t count, struct found *ret_found) {
    fold_parts(correlations, correlation_count, steps, count, 1, ret_found);
    for (size_t parts = 2; parts <= 4; parts++) {
        struct found other;
        fold_parts(correlations, correlation_count, steps, count, parts, &other);
        assert_memory_equal(ret_found, &other, sizeof other);
    }
}

static struct correlation correlation_make(enum correlation_type type, int64_t seconds,
                                           enum correlation_compare compare, double number,
                                           uint32_t members) {
    struct correlation made = {.type = type,
                               .timespan_ns = seconds * SECOND,
                               .group_by = {SLICE("User")},
                               .group_by_count = 1,
                               .field = SLICE("Value"),
                               .bounds = {{compare, number}},
                               .bound_count = 1,
                               .member_count = members};
    for (uint32_t i = 0; i < members; i++)
        made.members[i].index = i;
    return made;
}

static void counts_events_by_group(void **state) {
    (void)state;
    struct correlation correlation =
        correlation_make(CORRELATION_EVENT_COUNT, 10, CORRELATION_GTE, 3, 1);
    const struct step steps[] = {
        {0, 0, "a", ""},  {5, 0, "a", ""},  {6, 0, "b", ""},  {9, 0, "a", ""},  {12, 0, "a", ""},
        {30, 0, "a", ""}, {41, 0, "a", ""}, {52, 0, "a", ""}, {60, 0, "b", ""}, {61, 1, "b", ""},
    };
    struct found found;
    fold(&correlation, 1, steps, ARRAY_SIZE(steps), &found);
    // a: 0, 5, 9 and then 12 within ten seconds of each other: one finding of four events.
    assert_int_equal(found.count, 1);
    assert_int_equal(found.events[0], 4);
    assert_string_equal(found.group[0], "a");
    assert_int_equal(found.first_ns[0], 0);
    assert_int_equal(found.last_ns[0], 12 * SECOND);
}

static void separate_windows_are_separate_findings(void **state) {
    (void)state;
    struct correlation correlation =
        correlation_make(CORRELATION_EVENT_COUNT, 10, CORRELATION_GT, 1, 1);
    const struct step steps[] = {
        {0, 0, "a", ""}, {1, 0, "a", ""}, {100, 0, "a", ""}, {101, 0, "a", ""}, {102, 0, "a", ""}};
    struct found found;
    fold(&correlation, 1, steps, ARRAY_SIZE(steps), &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.events[0], 2);
    assert_int_equal(found.events[1], 3);
}

static void counts_distinct_values(void **state) {
    (void)state;
    struct correlation correlation =
        correlation_make(CORRELATION_VALUE_COUNT, 10, CORRELATION_GTE, 3, 1);
    const struct step steps[] = {{0, 0, "a", "x"}, {1, 0, "a", "x"},  {2, 0, "a", "y"},
                                 {3, 0, "b", "x"}, {4, 0, "b", "y"},  {5, 0, "b", "z"},
                                 {8, 0, "a", ""},  {11, 0, "a", "z"}, {12, 0, "a", "y"}};
    struct found found;
    fold(&correlation, 1, steps, ARRAY_SIZE(steps), &found);
    // a: x (1), y (2), z (11), all within ten seconds; b: x, y, z.
    assert_int_equal(found.count, 2);
    assert_string_equal(found.group[0], "a");
    assert_string_equal(found.group[1], "b");
    assert_int_equal(found.events[1], 3);
}

static void temporal_takes_any_order(void **state) {
    (void)state;
    struct correlation correlation =
        correlation_make(CORRELATION_TEMPORAL, 10, CORRELATION_GTE, 0, 2);
    correlation.bound_count = 0;
    const struct step steps[] = {
        {0, 1, "a", ""}, {5, 0, "a", ""}, {50, 0, "b", ""}, {61, 1, "b", ""}};
    struct found found;
    fold(&correlation, 1, steps, ARRAY_SIZE(steps), &found);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.group[0], "a");
}

static void ordered_wants_the_order(void **state) {
    (void)state;
    struct correlation correlation =
        correlation_make(CORRELATION_TEMPORAL_ORDERED, 10, CORRELATION_GTE, 0, 3);
    correlation.bound_count = 0;
    const struct step steps[] = {
        {0, 1, "a", ""},  {5, 0, "a", ""}, {6, 2, "a", ""},  // wrong order
        {0, 0, "b", ""},  {3, 1, "b", ""}, {9, 2, "b", ""},  // right
        {0, 0, "c", ""},  {6, 1, "c", ""}, {11, 2, "c", ""}, // too long
        {0, 0, "d", ""},  {6, 0, "d", ""}, {7, 1, "d", ""},
        {14, 2, "d", ""}, // the later start fits
    };
    struct found found;
    fold(&correlation, 1, steps, ARRAY_SIZE(steps), &found);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.group[0], "b");
    assert_string_equal(found.group[1], "d");
}

static void upper_bounds_wait_for_the_window(void **state) {
    (void)state;
    struct correlation correlation =
        correlation_make(CORRELATION_EVENT_COUNT, 10, CORRELATION_LT, 3, 1);
    const struct step steps[] = {{0, 0, "a", ""}, {1, 0, "a", ""},  {2, 0, "a", ""},
                                 {3, 0, "a", ""}, {20, 0, "a", ""}, {21, 0, "a", ""}};
    struct found found;
    fold(&correlation, 1, steps, ARRAY_SIZE(steps), &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.first_ns[0], 20 * SECOND);
    assert_int_equal(found.events[0], 2);
}

static void sums_averages_percentiles(void **state) {
    (void)state;
    struct correlation correlations[] = {
        correlation_make(CORRELATION_VALUE_SUM, 10, CORRELATION_GT, 99, 1),
        correlation_make(CORRELATION_VALUE_AVG, 10, CORRELATION_GTE, 40, 1),
        correlation_make(CORRELATION_VALUE_PERCENTILE, 10, CORRELATION_EQ, 50, 1),
    };
    correlations[2].percentile = 90;
    const struct step steps[] = {
        {0, 0, "a", "10"}, {1, 0, "a", "50"}, {2, 0, "a", "not a number"}, {3, 0, "a", "45"}};
    struct found found;
    fold(correlations, 3, steps, ARRAY_SIZE(steps), &found);
    assert_int_equal(found.count, 2); // sum 105, average 35, 90th percentile 50
    assert_int_equal(found.correlation[0], 0);
    assert_int_equal(found.correlation[1], 2);
}

static void aliases_and_chains(void **state) {
    (void)state;
    struct correlation correlations[2] = {
        correlation_make(CORRELATION_EVENT_COUNT, 10, CORRELATION_GTE, 2, 1),
        correlation_make(CORRELATION_TEMPORAL_ORDERED, 60, CORRELATION_GTE, 0, 2),
    };
    correlations[0].members[0].group_fields[0] = SLICE("Account");
    correlations[0].rule.silent = true;
    correlations[1].bound_count = 0;
    correlations[1].members[0] = (struct correlation_member){.is_correlation = true, .index = 0};
    correlations[1].members[1] = (struct correlation_member){.index = 7};
    const struct step steps[] = {{0, 0, "a", ""}, {1, 0, "a", ""}, {30, 7, "a", ""},
                                 {0, 7, "b", ""}, {1, 0, "b", ""}, {2, 0, "b", ""}};
    struct found found;
    fold(correlations, 2, steps, ARRAY_SIZE(steps), &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.correlation[0], 1);
    assert_string_equal(found.group[0], "a");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_events_by_group),
        cmocka_unit_test(separate_windows_are_separate_findings),
        cmocka_unit_test(counts_distinct_values),
        cmocka_unit_test(temporal_takes_any_order),
        cmocka_unit_test(ordered_wants_the_order),
        cmocka_unit_test(upper_bounds_wait_for_the_window),
        cmocka_unit_test(sums_averages_percentiles),
        cmocka_unit_test(aliases_and_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
