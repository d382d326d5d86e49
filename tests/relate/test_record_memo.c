// Tests of what whole records said before
// SPDX-License-Identifier: Apache-2.0
#include "relate/record_memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

// Plans are told apart by their address.
static const char PLANS[2];

static struct record_key key_of(int plan, const char *text, uint32_t stamp) {
    return (struct record_key){
        .plan = &PLANS[plan], .bytes = slice_of_string(text), .stamp = stamp};
}

static void add(struct record_memo *memo, struct record_key key, uint32_t number) {
    record_memo_hash(memo, &key);
    if (!record_memo_find(memo, &key))
        record_memo_add(memo, &key)->places[0] = number;
}

static uint32_t find(struct record_memo *memo, struct record_key key) {
    record_memo_hash(memo, &key);
    const struct record_place *place = record_memo_find(memo, &key);
    return place ? place->places[0] : 0;
}

static void test_apart(void **state) {
    (void)state;
    struct record_memo *memo = record_memo_new();
    add(memo, key_of(0, "10.0.0.1", 1), 1);
    add(memo, key_of(1, "10.0.0.1", 1), 2);
    add(memo, key_of(0, "", 1), 3);
    assert_int_equal(find(memo, key_of(0, "10.0.0.1", 1)), 1);
    assert_int_equal(find(memo, key_of(1, "10.0.0.1", 1)), 2);
    assert_int_equal(find(memo, key_of(0, "", 1)), 3);
    assert_int_equal(find(memo, key_of(0, "10.0.0.2", 1)), 0);
    record_memo_free(memo);
}

static void test_places_end(void **state) {
    (void)state;
    struct record_memo *memo = record_memo_new();
    add(memo, key_of(0, "a", 1), 1);
    assert_int_equal(find(memo, key_of(0, "a", 2)), 0);
    add(memo, key_of(0, "a", 2), 2);
    assert_int_equal(find(memo, key_of(0, "a", 2)), 2);
    record_memo_free(memo);
}

// More than there is room for: some are forgotten, none is mistaken.
static void test_forgets(void **state) {
    (void)state;
    struct record_memo *memo = record_memo_new();
    uint32_t known = 0;
    char text[16];
    for (uint32_t i = 1; i <= 100000; i++) {
        snprintf(text, sizeof text, "%u", i);
        add(memo, key_of(0, text, 1), i);
    }
    for (uint32_t i = 1; i <= 100000; i++) {
        snprintf(text, sizeof text, "%u", i);
        uint32_t found = find(memo, key_of(0, text, 1));
        assert_true(found == 0 || found == i);
        known += found == i;
    }
    assert_in_range(known, 10000, 40000);
    record_memo_free(memo);
}

static void test_habit(void **state) {
    (void)state;
    struct record_habit habit = {0};
    uint32_t looks = 0;
    for (int i = 0; i < 20000; i++) {
        if (!record_habit_looks(&habit))
            continue;
        record_habit_note(&habit, false);
        looks++;
    }
    assert_in_range(looks, 512, 2048);
    habit = (struct record_habit){0};
    for (int i = 0; i < 20000; i++) {
        assert_true(record_habit_looks(&habit));
        record_habit_note(&habit, true);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apart),
        cmocka_unit_test(test_places_end),
        cmocka_unit_test(test_forgets),
        cmocka_unit_test(test_habit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
