// The span of many times: stray ends are cut off
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/time_span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DAY_NS (86400 * 1000000000ll)
#define BEGIN_NS (20000 * DAY_NS + 12345)

// Seventy days with `count` times each.
static struct time_span *span_make(uint64_t count) {
    struct time_span *span = time_span_new();
    for (int64_t day = 0; day < 70; day++)
        time_span_take(span, BEGIN_NS + day * DAY_NS, count);
    return span;
}

static void span_check(struct time_span *span, int64_t first_ns, int64_t last_ns) {
    int64_t first, last;
    assert_true(time_span_tell(span, &first, &last));
    assert_int_equal(first, first_ns);
    assert_int_equal(last, last_ns);
    time_span_free(span);
}

static void test_none(void **state) {
    (void)state;
    struct time_span *span = time_span_new();
    int64_t first, last;
    time_span_take(span, CLOCK_NONE, 1);
    time_span_take(span, clock_from_filetime(0), 1);
    time_span_take(span, CLOCK_MAX, 1);
    time_span_take(span, CLOCK_PLAUSIBLE_BEGIN - 1, 1);
    time_span_take(span, CLOCK_PLAUSIBLE_END, 1);
    time_span_take(span, BEGIN_NS, 0);
    assert_false(time_span_tell(span, &first, &last));
    time_span_free(span);
    span = time_span_new();
    time_span_take(span, CLOCK_PLAUSIBLE_BEGIN, 1);
    time_span_take(span, CLOCK_PLAUSIBLE_END - 1, 1);
    span_check(span, CLOCK_PLAUSIBLE_BEGIN, CLOCK_PLAUSIBLE_END - 1);
}

static void test_ends_are_exact(void **state) {
    (void)state;
    struct time_span *span = span_make(1000);
    time_span_take(span, BEGIN_NS - 1, 1);
    time_span_take(span, BEGIN_NS + 100 * DAY_NS, 1);
    span_check(span, BEGIN_NS - 1, BEGIN_NS + 100 * DAY_NS);
}

static void test_stray_ends_are_cut_off(void **state) {
    (void)state;
    struct time_span *span = span_make(10);
    time_span_take(span, BEGIN_NS - 10000 * DAY_NS, 1);
    time_span_take(span, BEGIN_NS - 9999 * DAY_NS, 2);
    time_span_take(span, BEGIN_NS - 5000 * DAY_NS, 3);
    time_span_take(span, BEGIN_NS + 20000 * DAY_NS, 6);
    span_check(span, BEGIN_NS, BEGIN_NS + 69 * DAY_NS);
}

// A hundredth of all times is not stray, however old; nor is little evidence.
static void test_old_logs_stay(void **state) {
    (void)state;
    struct time_span *span = span_make(10);
    time_span_take(span, BEGIN_NS - 3000 * DAY_NS, 8);
    span_check(span, BEGIN_NS - 3000 * DAY_NS, BEGIN_NS + 69 * DAY_NS);
    span = span_make(1);
    time_span_take(span, BEGIN_NS - 3000 * DAY_NS, 1);
    span_check(span, BEGIN_NS - 3000 * DAY_NS, BEGIN_NS + 69 * DAY_NS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_ends_are_exact),
        cmocka_unit_test(test_stray_ends_are_cut_off),
        cmocka_unit_test(test_old_logs_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
