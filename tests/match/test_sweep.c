// A sweep over a line against a search piece by piece
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_sweep.h"
#include "match/trigger_sweep_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
    LITERALS = 60,
    LITERAL_BYTES = 20,
    LINE_BYTES = 700,
    ROUNDS = 300,
    LINES = 40,
};

struct dice {
    uint32_t state;
};

static uint32_t dice_below(struct dice *dice, uint32_t ceiling) {
    dice->state = dice->state * 1664525u + 1013904223u;
    return (dice->state >> 8) % ceiling;
}

// Few letters, so that pieces are met, and all bytes that mean something.
static uint8_t dice_letter(struct dice *dice, bool capitals) {
    static const char LOWER[] = "aaabbc.x/= +?";
    static const char BOTH[] = "aAabBc.X/= +?@`";
    return capitals ? (uint8_t)BOTH[dice_below(dice, sizeof BOTH - 1)]
                    : (uint8_t)LOWER[dice_below(dice, sizeof LOWER - 1)];
}

static uint8_t fold(uint8_t byte, bool whole) {
    if (byte >= 'A' && byte <= 'Z')
        return byte | 0x20;
    return byte == '+' && !whole ? ' ' : byte;
}

static bool stands_at(struct slice line, size_t at, struct slice piece, bool whole) {
    if (line.size - at < piece.size)
        return false;
    for (size_t i = 0; i < piece.size; i++)
        if (fold(line.data[at + i], whole) != fold(piece.data[i], whole))
            return false;
    return true;
}

static bool sweep_has(const struct sweep_hits *hits, uint32_t number, uint32_t start) {
    for (uint32_t i = 0; i < hits->count; i++)
        if (hits->at[i].piece->number == number && hits->at[i].start == start)
            return true;
    return false;
}

// The piece that the sweep made of a literal is one of its runs between '?'.
static bool is_run(const struct sweep_literal *literal, struct slice piece) {
    struct slice text = literal->text;
    for (size_t at = 0; at + piece.size <= text.size; at++) {
        size_t end = at + piece.size;
        bool from = at == 0 || literal->whole || text.data[at - 1] == '?';
        bool to = end == text.size || literal->whole || text.data[end] == '?';
        if (from && to && stands_at(text, at, piece, literal->whole))
            return true;
    }
    return false;
}

struct round {
    struct arena arena;
    uint8_t bytes[LITERALS][LITERAL_BYTES];
    struct sweep_literal literals[LITERALS];
    const struct sweep *sweep;
};

static void round_init(struct round *round, struct dice *dice, uint32_t count) {
    arena_init(&round->arena, 4 << 20);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = 2 + dice_below(dice, LITERAL_BYTES - 2);
        bool whole = dice_below(dice, 3) == 0;
        for (uint32_t k = 0; k < size; k++)
            round->bytes[i][k] = dice_letter(dice, false);
        round->bytes[i][0] = 'a'; // a core of two bytes
        round->bytes[i][1] = 'b';
        round->literals[i] =
            (struct sweep_literal){slice_of(round->bytes[i], size), i, whole, dice_below(dice, 2)};
    }
    round->sweep = sweep_new(&round->arena, round->literals, count);
}

// Every hit stands there, and no place is missed at which a literal's piece does.
static void line_check(const struct round *round, uint32_t count, struct slice line) {
    struct sweep_hits hits;
    if (!sweep_line(round->sweep, line, &hits))
        return; // too many
    const struct sweep_piece *pieces[LITERALS] = {NULL};
    for (uint32_t i = 0; i < hits.count; i++) {
        const struct sweep_piece *piece = hits.at[i].piece;
        pieces[piece->number] = piece;
        assert_true(is_run(&round->literals[piece->number], piece->text));
        if (hits.at[i].start + piece->text.size <= line.size)
            assert_true(stands_at(line, hits.at[i].start, piece->text, piece->whole));
    }
    for (uint32_t i = 0; i < count; i++) {
        // A whole literal that stands in the line has a hit inside it.
        const struct sweep_literal *literal = &round->literals[i];
        for (size_t at = 0; at + literal->text.size <= line.size; at++) {
            if (!stands_at(line, at, literal->text, literal->whole))
                continue;
            bool met = false;
            for (size_t k = 0; k < literal->text.size; k++)
                met |= sweep_has(&hits, i, (uint32_t)(at + k));
            assert_true(met);
        }
        for (size_t at = 0; pieces[i] && at + pieces[i]->text.size <= line.size; at++)
            if (stands_at(line, at, pieces[i]->text, pieces[i]->whole))
                assert_true(sweep_has(&hits, i, (uint32_t)at));
    }
}

static void random_lines_agree(void **state) {
    (void)state;
    if (!__builtin_cpu_supports("avx2"))
        skip();
    struct dice dice = {7};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct round round;
        uint32_t count = 1 + dice_below(&dice, LITERALS / (1 + i % 5 * 4));
        round_init(&round, &dice, count);
        assert_non_null(round.sweep);
        for (uint32_t k = 0; k < LINES; k++) {
            // Of the very size, so that a read beyond it is seen.
            size_t size = dice_below(&dice, k % 2 ? LINE_BYTES : 80);
            uint8_t *bytes = malloc(size + 1);
            for (size_t at = 0; at < size; at++)
                bytes[at] = k % 4 ? dice_letter(&dice, true) : (uint8_t)('a' + at % 7);
            struct slice text = round.literals[dice_below(&dice, count)].text;
            if (size > text.size)
                memcpy(bytes + dice_below(&dice, (uint32_t)(size - text.size + 1)), text.data,
                       text.size);
            line_check(&round, count, slice_of(bytes, size));
            struct round narrow = round;
            struct sweep sweep = *round.sweep;
            sweep.is_wide = false;
            narrow.sweep = &sweep;
            line_check(&narrow, count, slice_of(bytes, size));
            free(bytes);
        }
        arena_done(&round.arena);
    }
}

static void each_place_is_looked_at(void **state) {
    (void)state;
    if (!__builtin_cpu_supports("avx2"))
        skip();
    static const char *const TEXTS[] = {"${",      "={{",    "fuzz",        "/tmui/",
                                        "sqlmap/", "or a=b", "union select"};
    for (size_t i = 0; i < ARRAY_SIZE(TEXTS); i++) {
        struct arena arena;
        arena_init(&arena, 1 << 20);
        struct sweep_literal literal = {.text = slice_of_string(TEXTS[i]), .number = 3};
        const struct sweep *sweep = sweep_new(&arena, &literal, 1);
        assert_non_null(sweep);
        struct sweep narrow = *sweep;
        narrow.is_wide = false;
        for (size_t size = literal.text.size; size < 620; size += 1 + size / 40)
            for (size_t at = 0; at + literal.text.size <= size; at++) {
                uint8_t *bytes = malloc(size);
                memset(bytes, '-', size);
                memcpy(bytes + at, literal.text.data, literal.text.size);
                struct sweep_hits hits;
                assert_true(sweep_line(sweep, slice_of(bytes, size), &hits));
                assert_true(sweep_has(&hits, 3, (uint32_t)at));
                assert_true(sweep_line(&narrow, slice_of(bytes, size), &hits));
                assert_true(sweep_has(&hits, 3, (uint32_t)at));
                free(bytes);
            }
        arena_done(&arena);
    }
}

static void what_it_cannot_say(void **state) {
    (void)state;
    if (!__builtin_cpu_supports("avx2"))
        skip();
    struct arena arena;
    arena_init(&arena, 4 << 20);
    struct sweep_literal literals[] = {{.text = SLICE("a?b")}, {.text = SLICE("abcd")}};
    assert_null(sweep_new(&arena, literals, 1)); // runs of one byte
    const struct sweep *sweep = sweep_new(&arena, literals + 1, 1);
    struct sweep_hits hits;
    assert_false(sweep_line(sweep, SLICE("caf\xC3\xA9"), &hits));
    assert_false(sweep_line(sweep, SLICE("abcdabcdabcdabcdabcdabcdabcdabcdabcd"), &hits));
    assert_true(sweep_line(sweep, SLICE(""), &hits));
    assert_int_equal(hits.count, 0);
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lines_agree),
        cmocka_unit_test(each_place_is_looked_at),
        cmocka_unit_test(what_it_cannot_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
