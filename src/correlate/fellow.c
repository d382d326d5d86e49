// Hosts that send where hosts of a wave send
// SPDX-License-Identifier: Apache-2.0
//
// Cost: two passes over the clues.
#include "correlate/fellow.h"

#include "base/memory.h"
#include "correlate/weights.h"

enum {
    OTHERS_PART = 4 // of the members, so many senders may have been reached another way
};

// Who sends to a place, by place.
struct senders {
    uint32_t giver; // of the wave that its members are of
    uint32_t members, others;
    uint32_t last; // host, from 1, that was counted last
};

uint32_t fellow_giver(const struct forest *forest, const struct edge_list *edges, uint32_t host) {
    uint32_t edge = forest->hosts[host].edge;
    bool is_member = forest->hosts[host].reached_ns != CLOCK_NONE && edge != FOREST_NONE &&
                     edges->edges[edge].is_member;
    return is_member ? edges->edges[edge].from : host;
}

static bool clue_sends(const struct clue *clue) {
    return clue_is_loot(clue) && !clue->is_benign && clue->source_host != RELATION_NO_HOST &&
           clue->source_host != clue->host;
}

// Of whom nothing but what it sends leads to an explanation.
static bool host_only_sends(const struct forest *forest, const struct edge_list *edges,
                            const struct clue_book *book, uint32_t host) {
    uint32_t edge = forest->hosts[host].edge;
    if (forest->hosts[host].reached_ns == CLOCK_NONE)
        return true;
    return edge != FOREST_NONE && edges->edges[edge].is_told &&
           clue_is_loot(&book->clues[edges->edges[edge].clue]);
}

static void senders_take(struct senders *row, const struct forest *forest,
                         const struct edge_list *edges, const struct clue_book *book,
                         uint32_t host) {
    if (row->last == host + 1)
        return;
    row->last = host + 1;
    uint32_t giver = fellow_giver(forest, edges, host);
    if (giver != host && (row->members == 0 || giver == row->giver)) {
        row->giver = giver;
        row->members++;
    } else if (giver != host || !host_only_sends(forest, edges, book, host)) {
        row->others++;
    }
}

static bool senders_are_of_a_wave(const struct senders *row) {
    return row->members >= WEIGHT_LOOT_HOSTS && row->others * OTHERS_PART <= row->members;
}

static bool edges_of_senders(struct edge_list *edges, const struct senders *rows,
                             const struct forest *forest, const struct clue_book *book) {
    for (uint32_t i = 0; i < book->count; i++) {
        const struct clue *clue = &book->clues[i];
        if (!clue_sends(clue) || !senders_are_of_a_wave(&rows[clue->source_host]) ||
            rows[clue->source_host].giver == clue->host ||
            !host_only_sends(forest, edges, book, clue->host))
            continue;
        struct edge edge = {.time_ns = clue->first_ns,
                            .from = rows[clue->source_host].giver,
                            .to = clue->host,
                            .cost = WEIGHT_EDGE_FELLOW,
                            .is_told = true,
                            .evidence = clue_level_bits(clue->level) - clue->bits,
                            .clue = i,
                            .reason = "sends where hosts of a wave send",
                            .references = clue->references,
                            .reference_count = clue->reference_count};
        if (!edge_list_add(edges, &edge))
            return false;
    }
    return true;
}

bool fellow_edges_add(struct edge_list *edges, const struct forest *forest,
                      const struct clue_book *book) {
    struct senders *rows = memory_new((size_t)forest->host_count + 1, sizeof *rows);
    for (uint32_t i = 0; i < book->count; i++)
        if (clue_sends(&book->clues[i]))
            senders_take(&rows[book->clues[i].source_host], forest, edges, book,
                         book->clues[i].host);
    bool room = edges_of_senders(edges, rows, forest, book);
    memory_free(rows);
    return room;
}
