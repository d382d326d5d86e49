// Which trees are campaigns
// SPDX-License-Identifier: Apache-2.0
#include "correlate/gate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/table.h"
#include "correlate/shuffle.h"
#include "correlate/weights.h"

#include <stdlib.h>

enum {
    SCALE = 1000000
};

// How often a finding of this level is right, in thousandths: Beta(1 + hits, 1 + misses) before
// anything was counted, by level.
static uint32_t level_precision(enum rule_level level) {
    static const uint32_t PRECISIONS[RULE_LEVEL_COUNT] = {
        [RULE_LEVEL_LOW] = 50,
        [RULE_LEVEL_MEDIUM] = 200,
        [RULE_LEVEL_HIGH] = 500,
        [RULE_LEVEL_CRITICAL] = 800,
    };
    return PRECISIONS[level];
}

static bool clue_belongs(const struct clue *clue, const struct forest_host *host) {
    return clue->bits > 0 && clue_counts(clue, host);
}

// By host: its tree's place in the list, or FOREST_NONE.
static uint32_t *trees_place(struct tree_list *list, const struct forest *forest) {
    uint32_t *places = memory_new((size_t)forest->host_count + 1, sizeof *places);
    for (uint32_t host = 0; host < forest->host_count; host++) {
        places[host] = FOREST_NONE;
        if (forest->hosts[host].root != host)
            continue;
        places[host] = list->count;
        list->trees[list->count++] = (struct tree){.root = host};
    }
    for (uint32_t host = 0; host < forest->host_count; host++)
        if (forest->hosts[host].root != FOREST_NONE)
            places[host] = places[forest->hosts[host].root];
    return places;
}

void tree_list_init(struct tree_list *list, const struct forest *forest,
                    const struct clue_book *book) {
    *list = (struct tree_list){.trees =
                                   memory_new((size_t)forest->host_count + 1, sizeof *list->trees)};
    uint32_t *places = trees_place(list, forest);
    uint32_t(*doubts)[STAGE_COUNT] = memory_new((size_t)list->count + 1, sizeof *doubts);
    for (uint32_t i = 0; i < list->count; i++)
        for (int stage = 0; stage < STAGE_COUNT; stage++)
            doubts[i][stage] = SCALE;
    struct table seen;
    table_init(&seen);
    for (uint32_t host = 0; host < forest->host_count; host++) {
        if (places[host] == FOREST_NONE)
            continue;
        struct tree *tree = &list->trees[places[host]];
        tree->host_count++;
        tree->victims += host != tree->root;
        for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            if (!clue_belongs(clue, &forest->hosts[host]))
                continue;
            tree->classes |= clue->classes;
            if (clue->level >= RULE_LEVEL_MEDIUM)
                tree->stages |= 1u << clue->stage;
            uint64_t key = digest_mix64(places[host], clue->rule_number + 1ull);
            if (clue->stage == STAGE_NONE || clue->stage == STAGE_COVER ||
                table_find(&seen, key, NULL, NULL, NULL) != TABLE_NONE)
                continue;
            table_add(&seen, key, i);
            uint32_t *doubt = &doubts[places[host]][clue->stage];
            *doubt = (uint32_t)((uint64_t)*doubt * (1000 - level_precision(clue->level)) / 1000);
        }
    }
    for (uint32_t i = 0; i < list->count; i++)
        for (int stage = STAGE_NONE + 1; stage < STAGE_COUNT; stage++)
            list->trees[i].score += (int32_t)((SCALE - doubts[i][stage]) / (SCALE / 1000));
    table_done(&seen);
    memory_free(doubts);
    memory_free(places);
}

void tree_list_done(struct tree_list *list) {
    memory_free(list->trees);
    *list = (struct tree_list){0};
}

static unsigned bits_count(unsigned bits) {
    return (unsigned)__builtin_popcount(bits);
}

static bool gate_shape(const struct tree *tree) {
    unsigned stages = tree->stages & ~(1u << STAGE_NONE | 1u << STAGE_COVER);
    return bits_count(stages) >= WEIGHT_GATE_STAGES && tree->host_count >= WEIGHT_GATE_HOSTS &&
           bits_count(tree->classes) >= WEIGHT_GATE_SOURCES;
}

bool gate_passes(const struct tree *tree, int32_t null_score) {
    return gate_shape(tree) && tree->score > null_score;
}

static int32_t shuffle_best(struct shuffle *shuffle, int32_t root_cost) {
    struct forest forest;
    struct tree_list trees;
    int32_t best = 0;
    forest_init(&forest, &shuffle->mixed, &shuffle->mixed_edges, root_cost, NULL);
    forest_join(&forest, &shuffle->mixed, &shuffle->mixed_edges, root_cost);
    tree_list_init(&trees, &forest, &shuffle->mixed);
    for (uint32_t i = 0; i < trees.count; i++)
        if (gate_shape(&trees.trees[i]) && trees.trees[i].score > best)
            best = trees.trees[i].score;
    tree_list_done(&trees);
    forest_done(&forest);
    return best;
}

static int score_compare(const void *left, const void *right) {
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return a < b ? -1 : a > b;
}

static void tree_leave_out(struct shuffle *shuffle, const struct forest *forest,
                           const struct tree *tree) {
    for (uint32_t i = 0; i < shuffle->book->count; i++) {
        const struct clue *clue = &shuffle->book->clues[i];
        if (forest->hosts[clue->host].root == tree->root &&
            clue_belongs(clue, &forest->hosts[clue->host]))
            shuffle->left_out[i] = true;
    }
    for (uint32_t i = 0; i < shuffle->edges->count; i++) {
        const struct edge *edge = &shuffle->edges->edges[i];
        const struct forest_host *to = &forest->hosts[edge->to];
        if (edge->is_by_account && to->root == tree->root &&
            edge->time_ns >= to->reached_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS)
            shuffle->edges_left_out[i] = true;
    }
}

static void shuffle_leave_out(struct shuffle *shuffle, const struct forest *forest,
                              const struct tree_list *trees) {
    for (uint32_t i = 0; i < trees->count; i++)
        if (gate_shape(&trees->trees[i]))
            tree_leave_out(shuffle, forest, &trees->trees[i]);
}

int32_t gate_null_score(const struct clue_book *book, const struct edge_list *edges,
                        const struct forest *forest, const struct tree_list *trees,
                        int32_t root_cost) {
    struct shuffle shuffle;
    int32_t best[WEIGHT_NULL_ROUNDS];
    shuffle_init(&shuffle, book, edges, forest->host_count);
    shuffle_leave_out(&shuffle, forest, trees);
    for (size_t round = 0; round < WEIGHT_NULL_ROUNDS; round++) {
        shuffle_deal(&shuffle, round + 1);
        best[round] = shuffle_best(&shuffle, root_cost);
    }
    shuffle_done(&shuffle);
    qsort(best, WEIGHT_NULL_ROUNDS, sizeof best[0], score_compare);
    return best[WEIGHT_NULL_ROUNDS * WEIGHT_NULL_PERCENTILE / 100];
}
