// Ways that no session shows
// SPDX-License-Identifier: Apache-2.0
//
// Cost: n log n of the clues that have a series, each of which looks back over KIN_SERIES_MAX
// others and those of its own host between them; one pass over the accounts that controllers
// checked, then all edges for each first use of an account by a host.
#include "correlate/kin.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>

#define DAY_NS (86400 * SECOND_NS)

enum {
    KIN_USES_MAX = 1 << 16,
    KIN_SERIES_MAX = 8 // clues before, each of a possible source
};

// The clues of programs of a series, by (series, first time, host).
struct series_list {
    const struct clue **rows;
    uint32_t count;
};

static int series_compare_time(const struct clue *a, const struct clue *b) {
    int order = slice_compare(a->series, b->series);
    if (order != 0)
        return order;
    return a->first_ns < b->first_ns ? -1 : a->first_ns > b->first_ns;
}

static int series_compare(const void *left, const void *right) {
    const struct clue *const *a = left, *const *b = right;
    int order = series_compare_time(*a, *b);
    return order ? order : (*a)->host < (*b)->host ? -1 : (*a)->host > (*b)->host;
}

static bool clue_has_series(const struct clue *clue) {
    return clue->series.size && !clue->is_benign;
}

static void series_list_init(struct series_list *list, const struct clue_book *book) {
    list->count = 0;
    for (uint32_t i = 0; i < book->count; i++)
        list->count += clue_has_series(&book->clues[i]);
    list->rows = memory_new((size_t)list->count + 1, sizeof *list->rows);
    uint32_t count = 0;
    for (uint32_t i = 0; i < book->count; i++)
        if (clue_has_series(&book->clues[i]))
            list->rows[count++] = &book->clues[i];
    if (count)
        qsort(list->rows, count, sizeof *list->rows, series_compare);
}

// How many rows come before the clue's series and time.
static uint32_t series_before(const struct series_list *list, const struct clue *clue) {
    uint32_t from = 0, until = list->count;
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        if (series_compare_time(list->rows[middle], clue) < 0)
            from = middle + 1;
        else
            until = middle;
    }
    return from;
}

// From the latest on other hosts before the clue.
static bool edges_of_clue(struct edge_list *edges, const struct series_list *list,
                          const struct clue *clue, uint32_t number) {
    const struct clue *last = NULL;
    uint32_t count = 0;
    for (uint32_t i = series_before(list, clue); i > 0 && count < KIN_SERIES_MAX; i--) {
        const struct clue *before = list->rows[i - 1];
        if (!slice_equal(before->series, clue->series))
            break;
        if (before->host == clue->host ||
            (last && last->host == before->host && last->first_ns == before->first_ns))
            continue;
        last = before;
        count++;
        struct edge edge = {.time_ns = clue->first_ns,
                            .from = before->host,
                            .to = clue->host,
                            .cost = WEIGHT_EDGE_SHARED,
                            .is_told = true,
                            .evidence = clue_level_bits(clue->level) - clue->bits,
                            .clue = number,
                            .reason = "program of the same series as on a host before",
                            .references = clue->references,
                            .reference_count = clue->reference_count};
        if (!edge_list_add(edges, &edge))
            return false;
    }
    return true;
}

static bool edges_of_series(struct edge_list *edges, const struct clue_book *book) {
    struct series_list list;
    bool room = true;
    series_list_init(&list, book);
    for (uint32_t i = 0; room && i < book->count; i++)
        if (clue_has_series(&book->clues[i]))
            room = edges_of_clue(edges, &list, &book->clues[i], i);
    memory_free(list.rows);
    return room;
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
    if (!relation_names_asker(relation) || relation->reference_count == 0 ||
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
