// Entries of which no finding tells how
// SPDX-License-Identifier: Apache-2.0
#include "correlate/hidden_entry.h"

#include "base/clock.h"
#include "base/memory.h"
#include "correlate/weights.h"

void hidden_list_init(struct hidden_list *list, uint32_t host_count) {
    list->by_host = memory_new((size_t)host_count + 1, sizeof *list->by_host);
    for (uint32_t host = 0; host < host_count; host++)
        list->by_host[host].used_ns = CLOCK_NONE;
}

void hidden_list_done(struct hidden_list *list) {
    memory_free(list->by_host);
}

static bool edge_is_loot(const struct edge *edge, const struct clue_book *book) {
    return clue_is_loot(&book->clues[edge->clue]);
}

// What an edge would pay if its source were an entry.
static int32_t edge_gain(const struct edge *edge, const struct forest *forest,
                         const struct clue_book *book) {
    const struct forest_host *to = &forest->hosts[edge->to];
    const struct clue *clue = &book->clues[edge->clue];
    int64_t from_ns = edge->time_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS;
    if (to->reached_ns == CLOCK_NONE)
        return edge->evidence + clue_evidence(book, edge->to, from_ns, INT64_MAX) - edge->cost;
    if (edge_is_loot(edge, book))
        return clue_level_bits(clue->level) - (to->is_member ? WEIGHT_EDGE_FELLOW : edge->cost);
    // A wave says who gave it, whatever way the hosts were reached by later.
    if (edge->is_member && to->edge != FOREST_NONE &&
        edge->time_ns < to->reached_ns - WEIGHT_SKEW_SECONDS * SECOND_NS)
        return edge->evidence + clue_evidence(book, edge->to, from_ns, to->reached_ns) + to->cost -
               edge->cost;
    if (to->edge == FOREST_NONE &&
        edge->time_ns <= to->reached_ns + WEIGHT_SKEW_SECONDS * SECOND_NS)
        return to->entry_price - edge->cost;
    return 0;
}

struct sums {
    struct hidden_entry *rows; // by host
    uint32_t *last;            // by target: the source (from 1) that it was counted for last
    uint32_t *loots;           // by host: how many sent theirs there
};

static void sums_take(struct sums *sums, const struct edge *edge, int32_t gain,
                      const struct clue_book *book) {
    struct hidden_entry *row = &sums->rows[edge->from];
    sums->last[edge->to] = edge->from + 1;
    if (row->used_ns == CLOCK_NONE) {
        row->used_ns = edge->time_ns;
        row->clue = edge->clue;
    }
    row->gain += gain > 0 ? gain : 0;
    if (edge_is_loot(edge, book))
        row->is_proven |= ++sums->loots[edge->from] >= WEIGHT_LOOT_HOSTS;
    else
        row->is_proven |=
            edge->cost <= WEIGHT_EDGE_TRANSFER && book->clues[edge->clue].level >= RULE_LEVEL_HIGH;
}

// Edges come by time, so that the first of a host is its first use.
static void sums_make(struct sums *sums, const struct edge_list *edges, const struct forest *forest,
                      const struct clue_book *book) {
    for (uint32_t i = 0; i < edges->count; i++) {
        const struct edge *edge = &edges->edges[i];
        if (!edge->is_told || edge->from == edge->to ||
            forest->hosts[edge->from].reached_ns != CLOCK_NONE ||
            sums->last[edge->to] == edge->from + 1)
            continue;
        int32_t gain = edge_gain(edge, forest, book);
        if (gain > 0 || edge->is_first_move) // whom it moved to first, whatever that explains
            sums_take(sums, edge, gain, book);
    }
}

bool hidden_entry_find(struct hidden_list *list, const struct edge_list *edges,
                       const struct forest *forest, const struct clue_book *book) {
    uint32_t hosts = forest->host_count, best = FOREST_NONE;
    int32_t best_net = 0;
    struct hidden_list found;
    hidden_list_init(&found, hosts);
    struct sums sums = {.rows = found.by_host,
                        .last = memory_new((size_t)hosts + 1, sizeof *sums.last),
                        .loots = memory_new((size_t)hosts + 1, sizeof *sums.loots)};
    sums_make(&sums, edges, forest, book);
    for (uint32_t host = 0; host < hosts; host++) {
        const struct hidden_entry *row = &found.by_host[host];
        int32_t net = row->gain - forest->hosts[host].entry_price;
        if (row->used_ns == CLOCK_NONE || net <= best_net ||
            list->by_host[host].used_ns != CLOCK_NONE)
            continue;
        best = host;
        best_net = net;
    }
    if (best != FOREST_NONE)
        list->by_host[best] = found.by_host[best];
    hidden_list_done(&found);
    memory_free(sums.last);
    memory_free(sums.loots);
    return best != FOREST_NONE;
}
