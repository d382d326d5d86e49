// Memory, with what any C library has
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// Linked against a memory.c of its own, built as for C libraries that lack calls (meson.build).
static void memory_stays_whole_when_free_memory_goes_back(void **state) {
    enum {
        PIECES = 512,
        PIECE_BYTES = 64 << 10
    };
    (void)state;
    uint8_t *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = memory_new(PIECE_BYTES, 1);
        memset(pieces[i], (int)(i % 251), PIECE_BYTES);
    }
    for (size_t i = 0; i < PIECES; i += 2)
        memory_free(pieces[i]);
    memory_give_back();
    for (size_t i = 1; i < PIECES; i += 2) {
        assert_int_equal(pieces[i][0], i % 251);
        assert_int_equal(pieces[i][PIECE_BYTES - 1], i % 251);
        memory_free(pieces[i]);
    }
    memory_give_back();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_stays_whole_when_free_memory_goes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
