// Hash table: growth, collisions, reset
// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool equal_number(const void *context, uint32_t number, const void *key) {
    const uint32_t *keys = context;
    return keys[number] == *(const uint32_t *)key;
}

static void test_empty_table_finds_nothing(void **state) {
    (void)state;
    struct table table;
    table_init(&table);
    assert_int_equal(table_find(&table, 7, NULL, NULL, NULL), TABLE_NONE);
    table_reset(&table);
    table_done(&table);
}

static void test_growth_keeps_everything(void **state) {
    (void)state;
    struct table table;
    table_init(&table);
    for (uint32_t i = 0; i < 20000; i++)
        table_add(&table, i * 0x9E3779B97F4A7C15ull, i);
    assert_int_equal(table.count, 20000);
    for (uint32_t i = 0; i < 20000; i++)
        assert_int_equal(table_find(&table, i * 0x9E3779B97F4A7C15ull, NULL, NULL, NULL), i);
    assert_int_equal(table_find(&table, 3, NULL, NULL, NULL), TABLE_NONE);
    table_done(&table);
}

static void test_equal_settles_colliding_hashes(void **state) {
    (void)state;
    static uint32_t keys[500];
    struct table table;
    table_init(&table);
    for (uint32_t i = 0; i < 500; i++) {
        keys[i] = i * 3;
        table_add(&table, 42, i);
    }
    for (uint32_t i = 0; i < 500; i++)
        assert_int_equal(table_find(&table, 42, equal_number, keys, &keys[i]), i);
    uint32_t absent = 1;
    assert_int_equal(table_find(&table, 42, equal_number, keys, &absent), TABLE_NONE);
    table_done(&table);
}

static void test_reset_forgets(void **state) {
    (void)state;
    struct table table;
    table_init(&table);
    for (uint32_t round = 0; round < 3; round++) {
        assert_int_equal(table_find(&table, 5, NULL, NULL, NULL), TABLE_NONE);
        table_add(&table, 5, round);
        assert_int_equal(table_find(&table, 5, NULL, NULL, NULL), round);
        table_reset(&table);
        assert_int_equal(table.count, 0);
    }
    table_done(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_table_finds_nothing),
        cmocka_unit_test(test_growth_keeps_everything),
        cmocka_unit_test(test_equal_settles_colliding_hashes),
        cmocka_unit_test(test_reset_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
