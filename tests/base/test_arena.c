// Alignment, ceilings and reset of an arena
// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_memory_is_zeroed_aligned_and_apart(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 10 << 20);
    uint8_t *before = NULL;
    for (size_t size = 1; size < 3000; size += 7) {
        uint8_t *memory = arena_new(&arena, size, 1);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xAA, size);
        if (before)
            assert_int_equal(before[0], 0xAA);
        before = memory;
    }
    arena_done(&arena);
}

static void test_reset_hands_out_zeroes_again(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            uint8_t *memory = arena_new(&arena, 1, 4000);
            assert_non_null(memory);
            assert_int_equal(memory[0] | memory[3999], 0);
            memset(memory, 0xFF, 4000);
        }
        arena_reset(&arena);
        assert_int_equal(arena.used_bytes, 0);
    }
    arena_done(&arena);
}

static void test_ceiling(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024);
    assert_non_null(arena_new(&arena, 512, 1));
    assert_null(arena_new(&arena, 513, 1));
    assert_non_null(arena_new(&arena, 512, 1));
    assert_null(arena_new(&arena, 1, 1));
    arena_reset(&arena);
    assert_non_null(arena_new(&arena, 1024, 1));
    arena_done(&arena);
    arena_init(&arena, 0);
    assert_null(arena_new(&arena, 1, 1));
    arena_done(&arena);
}

static void test_absurd_sizes(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_new(&arena, SIZE_MAX, 2));
    assert_null(arena_new(&arena, SIZE_MAX, 1));
    assert_null(arena_new(&arena, SIZE_MAX - 14, 1));
    assert_null(arena_new(&arena, SIZE_MAX / 4, 5));
    arena_done(&arena);
}

static void test_larger_than_a_block(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 10 << 20);
    uint8_t *large = arena_new(&arena, 1 << 20, 1);
    assert_non_null(large);
    large[(1 << 20) - 1] = 1;
    assert_non_null(arena_new(&arena, 1, 1));
    arena_done(&arena);
}

static void test_keep(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 64);
    struct slice kept = arena_keep(&arena, SLICE("evidence"));
    assert_true(slice_equal_string(kept, "evidence"));
    assert_int_equal(kept.data[kept.size], 0);
    struct slice empty = arena_keep(&arena, (struct slice){NULL, 0});
    assert_int_equal(empty.size, 0);
    assert_non_null(empty.data);
    assert_null(arena_keep(&arena, SLICE("longer than the sixty-four bytes that the arena may "
                                         "hand out in all"))
                    .data);
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_reset_hands_out_zeroes_again),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_absurd_sizes),
        cmocka_unit_test(test_larger_than_a_block),
        cmocka_unit_test(test_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
