// Findings dealt out over hosts anew
// SPDX-License-Identifier: Apache-2.0
#include "correlate/shuffle.h"

#include "base/digest.h"
#include "base/memory.h"
#include "correlate/weights.h"

#include <stdlib.h>
#include <string.h>

#define DAY_NS (86400 * SECOND_NS)

// A clue's number, by its time.
struct moment {
    int64_t time_ns;
    uint32_t clue;
};

static int moment_compare(const void *left, const void *right) {
    const struct moment *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return a->clue < b->clue ? -1 : a->clue > b->clue;
}

static uint32_t *clues_by_time(const struct clue_book *book) {
    uint32_t *order = memory_new((size_t)book->count + 1, sizeof *order);
    struct moment *moments = memory_new((size_t)book->count + 1, sizeof *moments);
    for (uint32_t i = 0; i < book->count; i++)
        moments[i] = (struct moment){book->clues[i].first_ns, i};
    if (book->count)
        qsort(moments, book->count, sizeof *moments, moment_compare);
    for (uint32_t i = 0; i < book->count; i++)
        order[i] = moments[i].clue;
    memory_free(moments);
    return order;
}

void shuffle_init(struct shuffle *shuffle, const struct clue_book *book,
                  const struct edge_list *edges, uint32_t host_count) {
    size_t clues = (size_t)book->count + 1;
    *shuffle = (struct shuffle){
        .book = book,
        .edges = edges,
        .host_count = host_count,
        .order = clues_by_time(book),
        .hosts = memory_new(clues, sizeof *shuffle->hosts),
        .places = memory_new(clues, sizeof *shuffle->places),
        .left_out = memory_new(clues, sizeof *shuffle->left_out),
        .edges_left_out = memory_new((size_t)edges->count + 1, sizeof *shuffle->edges_left_out),
        .mixed = *book,
        .mixed_edges = *edges};
    shuffle->mixed.clues = memory_new(clues, sizeof *shuffle->mixed.clues);
    shuffle->mixed.starts = memory_new((size_t)host_count + 1, sizeof *shuffle->mixed.starts);
    shuffle->mixed_edges.edges =
        memory_new((size_t)edges->count + 1, sizeof *shuffle->mixed_edges.edges);
}

void shuffle_done(struct shuffle *shuffle) {
    memory_free(shuffle->left_out);
    memory_free(shuffle->edges_left_out);
    memory_free(shuffle->order);
    memory_free(shuffle->hosts);
    memory_free(shuffle->places);
    memory_free(shuffle->mixed.clues);
    memory_free(shuffle->mixed.starts);
    memory_free(shuffle->mixed_edges.edges);
}

// Where what a rule found on a host in a day goes.
static uint32_t host_draw(const struct shuffle *shuffle, uint64_t round, uint32_t rule,
                          int64_t time_ns, uint32_t host) {
    uint64_t drawn = digest_mix64(round, rule);
    drawn = digest_mix64(drawn, (uint64_t)(time_ns / DAY_NS));
    drawn = digest_mix64(drawn, host);
    return (uint32_t)(drawn % shuffle->host_count);
}

// By their new hosts, and by time there, as all books are: an entry begins with its host's first
// clue (a counting sort, which keeps the order that they are dealt in).
static void clues_deal(struct shuffle *shuffle) {
    const struct clue_book *book = shuffle->book;
    struct clue_book *mixed = &shuffle->mixed;
    memset(mixed->starts, 0, ((size_t)shuffle->host_count + 1) * sizeof *mixed->starts);
    for (uint32_t i = 0; i < book->count; i++)
        mixed->starts[shuffle->hosts[i] + 1]++;
    for (uint32_t host = 0; host < shuffle->host_count; host++)
        mixed->starts[host + 1] += mixed->starts[host];
    uint32_t *next = memory_new((size_t)shuffle->host_count + 1, sizeof *next);
    memcpy(next, mixed->starts, (size_t)shuffle->host_count * sizeof *next);
    for (uint32_t k = 0; k < book->count; k++) {
        uint32_t i = shuffle->order[k];
        shuffle->places[i] = next[shuffle->hosts[i]]++;
        struct clue *clue = &mixed->clues[shuffle->places[i]];
        *clue = book->clues[i];
        clue->host = shuffle->hosts[i];
        if (shuffle->left_out[i])
            clue->bits = 0;
    }
    memory_free(next);
}

// To where their clues went; those that lead from a host to itself explain nothing.
static void edges_deal(struct shuffle *shuffle, uint64_t round) {
    for (uint32_t i = 0; i < shuffle->edges->count; i++) {
        struct edge *edge = &shuffle->mixed_edges.edges[i];
        *edge = shuffle->edges->edges[i];
        if (edge->is_silent || shuffle->edges_left_out[i])
            edge->to = edge->from;
        else if (edge->is_by_account)
            edge->to =
                host_draw(shuffle, round, shuffle->book->rule_count, edge->time_ns, edge->to);
        if (!edge->is_told)
            continue;
        edge->to = shuffle->left_out[edge->clue] ? edge->from : shuffle->hosts[edge->clue];
        edge->clue = shuffle->places[edge->clue];
    }
}

void shuffle_deal(struct shuffle *shuffle, uint64_t round) {
    for (uint32_t i = 0; i < shuffle->book->count; i++) {
        const struct clue *clue = &shuffle->book->clues[i];
        shuffle->hosts[i] =
            host_draw(shuffle, round, clue->rule_number, clue->first_ns, clue->host);
    }
    clues_deal(shuffle);
    edges_deal(shuffle, round);
}
