// Tests of one function on several threads
// SPDX-License-Identifier: Apache-2.0
#include "base/workers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct shared {
    atomic_uint runs;
    unsigned failing; // from this number on, all fail
};

static enum status work(void *context, unsigned worker, struct problem *problem) {
    struct shared *shared = context;
    atomic_fetch_add(&shared->runs, 1u << (4 * worker));
    if (worker >= shared->failing)
        return problem_set(problem, STATUS_LIMIT, "worker %u", worker);
    return STATUS_OK;
}

static void each_number_runs_once(void **state) {
    (void)state;
    for (unsigned count = 1; count <= 8; count++) {
        struct shared shared = {.failing = 99};
        struct problem problem;
        assert_int_equal(workers_run(count, work, &shared, &problem), STATUS_OK);
        assert_int_equal(atomic_load(&shared.runs), 0x11111111u >> (32 - 4 * count));
    }
}

static void the_first_in_order_is_told(void **state) {
    (void)state;
    for (unsigned failing = 0; failing < 4; failing++) {
        struct shared shared = {.failing = failing};
        struct problem problem;
        assert_int_equal(workers_run(4, work, &shared, &problem), STATUS_LIMIT);
        assert_int_equal(problem.text[7] - '0', failing);
        assert_int_equal(workers_run(4, work, &shared, NULL), STATUS_LIMIT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_number_runs_once),
        cmocka_unit_test(the_first_in_order_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
