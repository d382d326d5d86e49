// Ways that no session shows
// SPDX-License-Identifier: Apache-2.0
#include "correlate/kin.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>

#define DAY_NS (86400 * SECOND_NS)

enum {
    KIN_USES_MAX = 1 << 16,
    KIN_SERIES_MAX = 8 // hosts before, each a possible source
};

// The latest clue of the series on another host before one, after `not_after` was met; or NULL.
static const struct clue *series_before(const struct clue_book *book, const struct clue *clue,
                                        const struct clue *later) {
    const struct clue *best = NULL;
    for (uint32_t i = 0; i < book->count; i++) {
        const struct clue *other = &book->clues[i];
        if (other->series.size == 0 || other->host == clue->host || other->is_benign ||
            !slice_equal(other->series, clue->series) || other->first_ns >= clue->first_ns)
            continue;
        if (later && (other->first_ns > later->first_ns ||
                      (other->first_ns == later->first_ns && other->host >= later->host)))
            continue;
        if (!best || other->first_ns > best->first_ns ||
            (other->first_ns == best->first_ns && other->host > best->host))
            best = other;
    }
    return best;
}

static bool edges_of_series(struct edge_list *list, const struct clue_book *book) {
    for (uint32_t i = 0; i < book->count; i++) {
        const struct clue *clue = &book->clues[i], *before = NULL;
        if (clue->series.size == 0 || clue->is_benign)
            continue;
        for (uint32_t k = 0; k < KIN_SERIES_MAX; k++) {
            before = series_before(book, clue, before);
            if (!before)
                break;
            struct edge edge = {.time_ns = clue->first_ns,
                                .from = before->host,
                                .to = clue->host,
                                .cost = WEIGHT_EDGE_SHARED,
                                .is_told = true,
                                .evidence = clue_level_bits(clue->level) - clue->bits,
                                .clue = i,
                                .reason = "program of the same series as on a host before",
                                .references = clue->references,
                                .reference_count = clue->reference_count};
            if (!edge_list_add(list, &edge))
                return false;
        }
    }
    return true;
}

// An account that a controller checked for a host.
struct use {
    int64_t first_ns;
    uint32_t host;
    struct slice user;
    const struct reference *references;
    uint32_t reference_count;
};

struct uses {
    const struct clue_book *book;
    struct arena *arena; // the edges'
    struct use *rows;
    uint32_t count;
    int64_t first_ns, last_ns;
};

static struct slice account_user(struct slice account) {
    return slice_behind_last(account, "\\");
}

static enum status use_take(void *context, struct relation *relation, struct problem *problem) {
    struct uses *uses = context;
    const struct cast *cast = &uses->book->cast;
    (void)problem;
    if (!slice_equal(relation->artefact, SLICE("ntlm")) || relation->detail[1].size ||
        relation->first_ns == CLOCK_NONE || relation->reference_count == 0 ||
        uses->count == KIN_USES_MAX || !account_is_somebodys(relation->account))
        return STATUS_OK;
    uint32_t host = relation->from_host != RELATION_NO_HOST
                        ? relation->from_host
                        : cast_find(cast, relation->from, relation->first_ns);
    if (host == RELATION_NO_HOST)
        return STATUS_OK;
    const struct reference *references =
        references_keep(uses->arena, relation->references, relation->reference_count);
    if (!references)
        return STATUS_OK;
    uses->rows[uses->count++] =
        (struct use){.first_ns = relation->first_ns,
                     .host = host,
                     .user = arena_keep(uses->arena, account_user(relation->account)),
                     .references = references,
                     .reference_count = relation->reference_count};
    if (relation->first_ns < uses->first_ns)
        uses->first_ns = relation->first_ns;
    if (relation->last_ns > uses->last_ns)
        uses->last_ns = relation->last_ns;
    return STATUS_OK;
}

static int use_compare(const void *left, const void *right) {
    const struct use *a = left, *b = right;
    int order = slice_compare(a->user, b->user);
    if (order != 0)
        return order;
    if (a->host != b->host)
        return a->host < b->host ? -1 : 1;
    return a->first_ns < b->first_ns ? -1 : a->first_ns > b->first_ns;
}

static enum status uses_read(struct uses *uses, struct problem *problem) {
    enum status status =
        relation_source_each(uses->book->cast.input->relations, RELATION_MASK(CREDENTIAL_USE),
                             RELATION_ORDER_PAIR, use_take, uses, problem);
    if (uses->count)
        qsort(uses->rows, uses->count, sizeof *uses->rows, use_compare);
    return status;
}

// The told execution by the account from another host, the last before the use.
static const struct edge *use_theft(const struct edge_list *list, uint32_t count,
                                    const struct clue_book *book, const struct use *use) {
    const struct edge *last = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct edge *edge = &list->edges[i];
        if (edge->from != use->host && edge->time_ns < use->first_ns && edge_executes(edge, book) &&
            (!last || edge->time_ns > last->time_ns) &&
            text_equal_fold_ascii(account_user(edge->account), use->user))
            last = edge;
    }
    return last;
}

static bool use_is_first(const struct uses *uses, uint32_t number) {
    const struct use *use = &uses->rows[number];
    return number == 0 || use[-1].host != use->host || !slice_equal(use[-1].user, use->user);
}

static bool edges_of_uses(struct edge_list *list, const struct clue_book *book,
                          const struct uses *uses) {
    uint32_t told = list->count;
    uint64_t others = 0;
    uint32_t *thefts = memory_new((size_t)uses->count + 1, sizeof *thefts); // edges, from 1
    for (uint32_t i = 0; i < uses->count; i++) {
        const struct edge *theft =
            use_is_first(uses, i) ? use_theft(list, told, book, &uses->rows[i]) : NULL;
        thefts[i] = theft ? (uint32_t)(theft - list->edges) + 1 : 0;
        others += !theft && use_is_first(uses, i) &&
                  uses->rows[i].first_ns >= uses->first_ns + WEIGHT_KNOWN_SECONDS * SECOND_NS;
    }
    uint64_t days = uses->count ? 1 + (uint64_t)((uses->last_ns - uses->first_ns) / DAY_NS) : 1;
    int32_t weight = millibits_of_ratio(book->cast.input->fleet->count * days, 1 + others);
    bool room = true;
    for (uint32_t i = 0; room && i < uses->count; i++) {
        if (!thefts[i])
            continue;
        const struct use *use = &uses->rows[i];
        const struct edge *theft = &list->edges[thefts[i] - 1];
        int64_t apart = 1 + (use->first_ns - theft->time_ns) / DAY_NS;
        int32_t bits = weight - millibits_of((uint64_t)apart);
        struct edge edge = {.time_ns = use->first_ns,
                            .from = theft->from,
                            .to = use->host,
                            .cost = WEIGHT_EDGE_KNOWN_ACCOUNT,
                            .is_by_account = true,
                            .evidence = bits < WEIGHT_LEVEL_CRITICAL ? bits : WEIGHT_LEVEL_CRITICAL,
                            .reason = "first use of an account that the intruders used before",
                            .account = use->user,
                            .references = use->references,
                            .reference_count = use->reference_count};
        room = bits <= edge.cost || edge_list_add(list, &edge);
    }
    memory_free(thefts);
    return room;
}

enum status kin_edges_add(struct edge_list *list, const struct clue_book *book,
                          struct problem *problem) {
    struct uses uses = {.book = book,
                        .arena = &list->arena,
                        .rows = memory_new(KIN_USES_MAX, sizeof *uses.rows),
                        .first_ns = INT64_MAX,
                        .last_ns = INT64_MIN};
    enum status status = uses_read(&uses, problem);
    if (status == STATUS_OK && (!edges_of_uses(list, book, &uses) || !edges_of_series(list, book)))
        status = problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    memory_free(uses.rows);
    edge_list_sort(list);
    return status;
}
