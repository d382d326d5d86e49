// Exchange builds: read, found, judged
// SPDX-License-Identifier: Apache-2.0
#include "inventory/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct exchange_build build_of(const char *text) {
    struct exchange_build build;
    assert_true(exchange_build_read(slice_of_string(text), &build));
    return build;
}

static void test_read(void **state) {
    (void)state;
    struct exchange_build build = build_of("15.01.2375.007");
    assert_int_equal(build.major, 15);
    assert_int_equal(build.minor, 1);
    assert_int_equal(build.build, 2375);
    assert_int_equal(build.revision, 7);
    build = build_of("15.2.986");
    assert_int_equal(build.revision, 0);
    const char *const bad[] = {"",          "15",        "15.1",       "15.1.2375.7.1",
                               "15.1..7",   "15.1.2a.7", "15.1.2375.", "1234567.1.1.1",
                               " 15.1.1.1", "-15.1.1.1"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(exchange_build_read(slice_of_string(bad[i]), &build));
    const struct slice parts[4] = {SLICE("15"), SLICE("1"), SLICE("2375"), SLICE("7")};
    const struct slice empty[4] = {SLICE("15"), SLICE("1"), SLICE(""), SLICE("7")};
    assert_true(exchange_build_join(parts, &build));
    assert_int_equal(build.build, 2375);
    assert_false(exchange_build_join(empty, &build));
}

static void test_find(void **state) {
    (void)state;
    struct exchange_release release;
    struct exchange_build build = build_of("15.1.2375.24");
    assert_true(exchange_build_find(&build, &release));
    assert_string_equal(release.product, "Exchange2016");
    assert_string_equal(release.cu, "CU22");
    assert_string_equal(release.update, "Mar22SU");
    assert_true(release.is_exact);
    // Between two updates: the one before.
    build = build_of("15.1.2375.25");
    assert_true(exchange_build_find(&build, &release));
    assert_string_equal(release.update, "Mar22SU");
    assert_false(release.is_exact);
    // 15.2 is 2019 and the Subscription Edition.
    build = build_of("15.2.2562.20");
    assert_true(exchange_build_find(&build, &release));
    assert_string_equal(release.product, "ExchangeSE");
    build = build_of("14.3.509.0");
    assert_false(exchange_build_find(&build, &release));
}

struct wanted {
    const char *update;
    bool found;
    bool is_certain;
    bool has_exploited;
};

static void wanted_find(void *context, const struct exchange_missing *missing) {
    struct wanted *wanted = context;
    if (strcmp(missing->update, wanted->update) != 0)
        return;
    wanted->found = true;
    wanted->is_certain = missing->is_certain;
    for (size_t i = 0; i < missing->vulnerability_count; i++)
        wanted->has_exploited |= missing->vulnerabilities[i].listed != NULL;
}

static struct wanted ask(const char *text, const char *update, enum exchange_build_origin origin) {
    struct exchange_build build = build_of(text);
    struct wanted wanted = {.update = update};
    exchange_build_missing(&build, origin, wanted_find, &wanted);
    return wanted;
}

// An old CU with a late security update is below the next CU, and has the update all the same;
// the next CU before that update is above it, and has not.
static void test_across_cus(void **state) {
    (void)state;
    assert_false(ask("15.1.2106.13", "Mar21SU", EXCHANGE_BUILD_OF_FILE).found);
    assert_true(ask("15.1.2176.2", "Mar21SU", EXCHANGE_BUILD_OF_FILE).found);
    assert_true(ask("15.1.2106.8", "Mar21SU", EXCHANGE_BUILD_OF_FILE).has_exploited);
    // A CU that came after the update has it without a row of its own.
    assert_false(ask("15.1.2242.4", "Mar21SU", EXCHANGE_BUILD_OF_FILE).found);
    // A CU that never got it lacks it, however high its revision is.
    assert_true(ask("15.1.2106.13", "Apr21SU", EXCHANGE_BUILD_OF_FILE).found);
    // Another product's updates are no question.
    assert_false(ask("15.1.2507.66", "Mar18SU", EXCHANGE_BUILD_OF_FILE).found);
    assert_false(ask("15.2.2562.37", "Mar21SU", EXCHANGE_BUILD_OF_FILE).found);
}

// Logs write the build of the CU, whatever was installed on it.
static void test_base_build(void **state) {
    (void)state;
    struct wanted own = ask("15.1.2375.7", "Mar22SU", EXCHANGE_BUILD_OF_LOG);
    assert_true(own.found);
    assert_false(own.is_certain);
    assert_true(ask("15.1.2375.7", "Mar22SU", EXCHANGE_BUILD_OF_FILE).is_certain);
    // CU22 never got this one: the log is proof enough.
    struct wanted later = ask("15.1.2375.7", "Jan23SU", EXCHANGE_BUILD_OF_LOG);
    assert_true(later.found && later.is_certain);
}

static void test_by_hand(void **state) {
    (void)state;
    assert_true(ask("15.1.2176.9", "Apr21SU", EXCHANGE_BUILD_OF_FILE).has_exploited);
    const struct facts *facts = inventory_facts();
    assert_int_equal(facts->exchange_unsettled_count, 3);
    assert_string_equal(facts->exchange_unsettled[2].id, "CVE-2024-21410");
    struct exchange_build build = build_of("15.1.2507.66");
    assert_int_equal(facts->exchange_build_missing(&build, EXCHANGE_BUILD_OF_FILE, NULL, NULL), 0);
    build = build_of("8.1.240.6");
    assert_int_equal(facts->exchange_build_missing(&build, EXCHANGE_BUILD_OF_FILE, NULL, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),       cmocka_unit_test(test_find),
        cmocka_unit_test(test_across_cus), cmocka_unit_test(test_base_build),
        cmocka_unit_test(test_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
