// Findings dealt out anew keep what they tell
// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include "correlate/kin.h"
#include "correlate/shuffle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    ROUNDS = 20
};

// A campaign in a fleet, its clues and edges, and what is dealt of them.
struct deal {
    struct play play;
    struct play_source source;
    struct clue_book book;
    struct edge_list edges;
    struct shuffle shuffle;
};

static void deal_init(struct deal *deal) {
    struct problem problem;
    play_init(&deal->play, 200);
    play_campaign(&deal->play);
    play_find(&deal->play,
              rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, "attack.lateral-movement"),
              "H-002", "H-000", 300000);
    deal->play.findings[deal->play.count - 1].account = SLICE("corp\\adm");
    struct relation *check =
        relation_table_add(deal->play.table, RELATION_CREDENTIAL_USE, "H-050", "H-199", 400000);
    check->artefact = SLICE("ntlm");
    check->account = SLICE("corp\\adm");
    play_input(&deal->play, &deal->source);
    assert_int_equal(clue_book_init(&deal->book, &deal->source.input, &problem), STATUS_OK);
    assert_int_equal(edge_list_init(&deal->edges, &deal->book, &problem), STATUS_OK);
    struct forest forest;
    forest_init(&forest, &deal->book, &deal->edges, 15000, NULL);
    assert_int_equal(kin_edges_add(&deal->edges, &forest, &deal->book, &problem), STATUS_OK);
    forest_done(&forest);
    shuffle_init(&deal->shuffle, &deal->book, &deal->edges, deal->book.cast.fleet.count);
}

static void deal_done(struct deal *deal) {
    shuffle_done(&deal->shuffle);
    edge_list_done(&deal->edges);
    clue_book_done(&deal->book);
    play_done(&deal->play);
}

// An edge leads to the host that the clue which told it was dealt to, and is told by that clue.
static void edges_go_with_their_clues(void **state) {
    (void)state;
    struct deal deal;
    uint32_t moved = 0;
    deal_init(&deal);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        shuffle_deal(&deal.shuffle, round);
        for (uint32_t i = 0; i < deal.edges.count; i++) {
            const struct edge *before = &deal.edges.edges[i];
            const struct edge *edge = &deal.shuffle.mixed_edges.edges[i];
            if (!before->is_told)
                continue;
            const struct clue *was = &deal.book.clues[before->clue];
            const struct clue *clue = &deal.shuffle.mixed.clues[edge->clue];
            assert_ptr_equal(clue->references, was->references);
            assert_int_equal(edge->to, clue->host);
            moved += edge->to != before->to;
        }
    }
    assert_true(moved > 0);
    deal_done(&deal);
}

// As in every book: a host's first clue is its earliest.
static void clues_of_a_host_come_by_time(void **state) {
    (void)state;
    struct deal deal;
    uint32_t met = 0;
    deal_init(&deal);
    const struct clue_book *mixed = &deal.shuffle.mixed;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        shuffle_deal(&deal.shuffle, round);
        for (uint32_t i = 1; i < mixed->count; i++) {
            if (mixed->clues[i].host != mixed->clues[i - 1].host)
                continue;
            assert_true(mixed->clues[i].first_ns >= mixed->clues[i - 1].first_ns);
            met++;
        }
    }
    assert_true(met > 0);
    deal_done(&deal);
}

// The first use of a stolen account is evidence without a finding: it goes to another host each
// round, or nowhere when it is left out.
static void first_uses_are_dealt(void **state) {
    (void)state;
    struct deal deal;
    uint32_t moved = 0, use = 0;
    deal_init(&deal);
    while (use < deal.edges.count && !deal.edges.edges[use].is_by_account)
        use++;
    assert_true(use < deal.edges.count);
    const struct edge *edge = &deal.shuffle.mixed_edges.edges[use];
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        shuffle_deal(&deal.shuffle, round);
        assert_int_equal(edge->from, deal.edges.edges[use].from);
        moved += edge->to != deal.edges.edges[use].to;
    }
    assert_true(moved >= ROUNDS - 2);
    deal.shuffle.edges_left_out[use] = true;
    shuffle_deal(&deal.shuffle, 1);
    assert_int_equal(edge->to, edge->from);
    deal_done(&deal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_go_with_their_clues),
        cmocka_unit_test(clues_of_a_host_come_by_time),
        cmocka_unit_test(first_uses_are_dealt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
