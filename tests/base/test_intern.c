// Interner: dense numbers, both ceilings
// SPDX-License-Identifier: Apache-2.0
#include "base/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_equal_texts_share_a_number(void **state) {
    (void)state;
    struct interner interner;
    intern_init(&interner, 10000, 1 << 20);
    char text[32];
    for (uint32_t i = 0; i < 5000; i++) {
        int size = snprintf(text, sizeof text, "text %u", i);
        assert_int_equal(intern_add(&interner, slice_of(text, (size_t)size)), i);
    }
    for (uint32_t i = 0; i < 5000; i++) {
        int size = snprintf(text, sizeof text, "text %u", i);
        assert_int_equal(intern_add(&interner, slice_of(text, (size_t)size)), i);
        assert_int_equal(intern_find(&interner, slice_of(text, (size_t)size)), i);
        assert_true(slice_equal_string(intern_text(&interner, i), text));
        assert_int_equal(intern_text(&interner, i).data[size], 0);
    }
    assert_int_equal(intern_find(&interner, SLICE("text 5000")), INTERN_FULL);
    intern_done(&interner);
}

static void test_empty_text_and_embedded_nul(void **state) {
    (void)state;
    struct interner interner;
    intern_init(&interner, 10, 1 << 10);
    assert_int_equal(intern_add(&interner, (struct slice){NULL, 0}), 0);
    assert_int_equal(intern_add(&interner, SLICE("")), 0);
    assert_int_equal(intern_add(&interner, SLICE("a")), 1);
    assert_int_equal(intern_add(&interner, SLICE("a\0b")), 2);
    assert_int_equal(intern_add(&interner, SLICE("a\0c")), 3);
    intern_done(&interner);
}

static void test_ceiling_of_count(void **state) {
    (void)state;
    struct interner interner;
    intern_init(&interner, 2, 1 << 10);
    assert_int_equal(intern_add(&interner, SLICE("a")), 0);
    assert_int_equal(intern_add(&interner, SLICE("b")), 1);
    assert_int_equal(intern_add(&interner, SLICE("c")), INTERN_FULL);
    assert_int_equal(intern_add(&interner, SLICE("a")), 0); // known ones still answer
    assert_int_equal(interner.count, 2);
    intern_done(&interner);
}

static void test_ceiling_of_bytes(void **state) {
    (void)state;
    struct interner interner;
    intern_init(&interner, 100, 64);
    uint32_t number = 0;
    char text[] = "0123456789-a";
    for (int i = 0; i < 20 && number != INTERN_FULL; i++) {
        text[sizeof text - 2] = (char)('a' + i);
        number = intern_add(&interner, slice_of_string(text));
    }
    assert_int_equal(number, INTERN_FULL);
    assert_true(interner.count >= 3 && interner.count <= 5);
    intern_done(&interner);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_texts_share_a_number),
        cmocka_unit_test(test_empty_text_and_embedded_nul),
        cmocka_unit_test(test_ceiling_of_count),
        cmocka_unit_test(test_ceiling_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
