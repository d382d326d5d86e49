// Tests of what records' bytes said before
// SPDX-License-Identifier: Apache-2.0
#include "relate/part_memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

// Readers are told apart by their address.
static const char READERS[2];

static uint32_t find(struct part_memo *memo, int reader, const char *text, uint8_t kind) {
    struct memo_key key = {
        .reader = &READERS[reader], .bytes = slice_of_string(text), .kind = kind};
    uint32_t number = 0;
    return part_memo_find(memo, &key, &number) ? number : 0;
}

static void add(struct part_memo *memo, int reader, const char *text, uint32_t number) {
    struct memo_key key = {.reader = &READERS[reader], .bytes = slice_of_string(text), .kind = 1};
    uint32_t before;
    if (!part_memo_find(memo, &key, &before))
        part_memo_add(memo, &key, number);
}

static void test_apart(void **state) {
    (void)state;
    struct part_memo *memo = part_memo_new();
    static const char LONG[] =
        "a value that is longer than what a place holds by itself, as paths are";
    add(memo, 0, "10.0.0.1", 1);
    add(memo, 1, "10.0.0.1", 2);
    add(memo, 0, "", 3);
    add(memo, 0, LONG, 4);
    assert_int_equal(find(memo, 0, "10.0.0.1", 1), 1);
    assert_int_equal(find(memo, 1, "10.0.0.1", 1), 2);
    assert_int_equal(find(memo, 0, "", 1), 3);
    assert_int_equal(find(memo, 0, LONG, 1), 4);
    assert_int_equal(find(memo, 0, "10.0.0.1", 2), 0); // of another kind
    assert_int_equal(find(memo, 1, LONG, 1), 0);
    part_memo_reset(memo);
    assert_int_equal(find(memo, 0, LONG, 1), 0);
    part_memo_free(memo);
}

// More values than there is room for, with one that always comes: never a wrong number.
static void test_full(void **state) {
    (void)state;
    struct part_memo *memo = part_memo_new();
    char text[200];
    for (uint32_t i = 1; i < 300000; i++) {
        snprintf(text, sizeof text, "%0*u", (int)(8 + i % 160), i);
        add(memo, 0, text, i);
        assert_int_equal(find(memo, 0, text, 1), i);
        snprintf(text, sizeof text, "%0*u", (int)(8 + i / 2 % 160), i / 2);
        uint32_t earlier = find(memo, 0, text, 1);
        assert_true(earlier == 0 || earlier == i / 2);
    }
    part_memo_free(memo);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_apart), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
