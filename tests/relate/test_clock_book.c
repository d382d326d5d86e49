// Tests of clocks that are wrong
// SPDX-License-Identifier: Apache-2.0
#include "relate/clock_book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    HOSTS = 12,
    SERVER = 11
};
static const int64_t SECOND_NS = 1000000000;

// Each host meets the server `meetings` times; both record it by their own clocks.
static void play(struct clock_book *book, const int64_t skews[HOSTS], uint32_t meetings) {
    struct problem problem;
    uint64_t state = 88172645463325252u;
    for (uint32_t host = 0; host < SERVER; host++)
        for (uint32_t i = 0; i < meetings; i++) {
            char name[16];
            state = state * 6364136223846793005u + 1442695040888963407u;
            int64_t time_ns = 1772409600 * SECOND_NS + (int64_t)(state >> 33) % 4000000 * SECOND_NS;
            int64_t own_ns = time_ns + skews[host];
            int64_t theirs_ns = time_ns + 150000000 + skews[SERVER];
            snprintf(name, sizeof name, "H%u", host);
            assert_int_equal(clock_book_note(book, slice_of_string(name), SLICE("S"), host,
                                             slice_of(&own_ns, sizeof own_ns), &problem),
                             STATUS_OK);
            assert_int_equal(clock_book_note(book, slice_of_string(name), SLICE("S"), SERVER,
                                             slice_of(&theirs_ns, sizeof theirs_ns), &problem),
                             STATUS_OK);
        }
}

static void check(const int64_t skews[HOSTS], uint32_t meetings, bool known) {
    struct fleet_host hosts[HOSTS] = {{.skew_ns = 0}};
    struct problem problem;
    struct clock_book *book = clock_book_new(1 << 20, "/tmp");
    play(book, skews, meetings);
    assert_int_equal(clock_book_finish(book, &problem), STATUS_OK);
    assert_int_equal(clock_books_settle(&book, 1, hosts, HOSTS, &problem), STATUS_OK);
    for (uint32_t i = 0; i < HOSTS; i++) {
        int64_t expected = known && llabs(skews[i]) > 2 * SECOND_NS ? skews[i] : 0;
        assert_true(llabs(hosts[i].skew_ns - expected) < SECOND_NS);
        assert_int_equal(hosts[i].skew_pairs > 0, known);
    }
    clock_book_free(book);
}

static void test_clients(void **state) {
    (void)state;
    const int64_t skews[HOSTS] = {[2] = 250 * SECOND_NS, [5] = -90 * SECOND_NS, [7] = SECOND_NS};
    check(skews, 20, true);
    check(skews, 4, false); // too few to say anything
}

// The one that all others meet: they agree among themselves, it does not.
static void test_server(void **state) {
    (void)state;
    const int64_t skews[HOSTS] = {[SERVER] = 120 * SECOND_NS, [3] = 30 * SECOND_NS};
    check(skews, 20, true);
}

static void test_zone(void **state) {
    (void)state;
    const int64_t skews[HOSTS] = {[1] = -8 * 3600 * SECOND_NS, [4] = 3600 * SECOND_NS + 20000000};
    check(skews, 20, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_clients),
                                       cmocka_unit_test(test_server), cmocka_unit_test(test_zone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
