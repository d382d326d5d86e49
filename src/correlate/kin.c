// Ways that no session shows
// SPDX-License-Identifier: Apache-2.0
//
// Cost: n log n of the clues that have a series, each of which looks back over KIN_LOOK_MAX others
// at most, until it met KIN_SERIES_MAX hosts, and where it met fewer over as many on to the next
// that was reached; one pass over the accounts that controllers checked, then, for each first use
// of one by a host, all executions by that account.
//
// Memory: 48 bytes and the account's name for each host and account that a controller checked it
// for, 96 more where nothing names the host's address; a hundred thousand hosts with five accounts
// each take 90 MB at most. Records are kept of accounts only that executed on others.
#include "correlate/kin.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/fellow.h"
#include "correlate/weights.h"

#include <stdlib.h>

#define DAY_NS (86400 * SECOND_NS)
#define MOMENT_NS (WEIGHT_MOMENT_SECONDS * SECOND_NS)
#define SILENT_NS (WEIGHT_SILENT_SECONDS * SECOND_NS)

enum {
    KIN_SERIES_MAX = 8,    // hosts before, each a possible source
    KIN_LOOK_MAX = 1 << 14 // clues before, or after, that are looked at
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

// Who brought the next program of the series to its host had that one's tree's entry, at least,
// before: the latest host on its way that was reached before this clue; or FOREST_NONE.
static uint32_t series_hand(const struct series_list *list, const struct forest *forest,
                            const struct edge_list *edges, const struct clue *clue) {
    const struct clue *next = NULL;
    uint32_t from = series_before(list, clue);
    for (uint32_t i = from; i < list->count && i - from < KIN_LOOK_MAX && !next; i++) {
        const struct clue *other = list->rows[i];
        if (!slice_equal(other->series, clue->series))
            return FOREST_NONE;
        if (other->host != clue->host && forest->hosts[other->host].reached_ns != CLOCK_NONE)
            next = other;
    }
    if (!next)
        return FOREST_NONE;
    uint32_t host = next->host;
    while (host == clue->host || forest->hosts[host].reached_ns > clue->first_ns) {
        if (forest->hosts[host].edge == FOREST_NONE)
            return FOREST_NONE;
        host = edges->edges[forest->hosts[host].edge].from;
    }
    return host;
}

static bool host_is_among(const uint32_t *hosts, uint32_t count, uint32_t host) {
    for (uint32_t i = 0; i < count; i++)
        if (hosts[i] == host)
            return true;
    return false;
}

static bool series_edge_add(struct edge_list *edges, const struct clue *clue, uint32_t number,
                            uint32_t from, const char *reason) {
    struct edge edge = {.time_ns = clue->first_ns,
                        .from = from,
                        .to = clue->host,
                        .cost = WEIGHT_EDGE_SHARED,
                        .is_told = true,
                        .evidence = clue_level_bits(clue->level) - clue->bits,
                        .clue = number,
                        .reason = reason,
                        .references = clue->references,
                        .reference_count = clue->reference_count};
    return edge_list_add(edges, &edge);
}

// The latest hosts that have the clue's series before it, without its own.
static uint32_t series_sources(const struct series_list *list, const struct clue *clue,
                               uint32_t sources[static KIN_SERIES_MAX]) {
    uint32_t count = 0;
    uint32_t until = series_before(list, clue);
    uint32_t from = until > KIN_LOOK_MAX ? until - KIN_LOOK_MAX : 0;
    for (uint32_t i = until; i > from && count < KIN_SERIES_MAX; i--) {
        const struct clue *before = list->rows[i - 1];
        if (!slice_equal(before->series, clue->series))
            break;
        if (before->host != clue->host && !host_is_among(sources, count, before->host))
            sources[count++] = before->host;
    }
    return count;
}

// What removes itself as on hosts of a wave came as it came there.
static bool edges_of_sources(struct edge_list *edges, const struct forest *forest,
                             const struct clue *clue, uint32_t number, const uint32_t *sources,
                             uint32_t count) {
    bool is_implant = clue_is_of(clue, "vedette-implant-"), room = true;
    uint32_t givers[KIN_SERIES_MAX], giver_count = 0;
    for (uint32_t i = 0; i < count && room; i++) {
        uint32_t from = is_implant ? fellow_giver(forest, edges, sources[i]) : sources[i];
        if (from == clue->host || host_is_among(givers, giver_count, from))
            continue;
        givers[giver_count++] = from;
        room = series_edge_add(edges, clue, number, from,
                               !is_implant ? "program of the same series as on a host before"
                               : from == sources[i]
                                   ? "the same program removes itself as on a host before"
                                   : "the same program removes itself as on hosts of a wave");
    }
    return room;
}

// From the latest hosts before the clue; where these are few, also from who brought the next, if he
// is none of them.
static bool edges_of_clue(struct edge_list *edges, const struct series_list *list,
                          const struct forest *forest, const struct clue *clue, uint32_t number) {
    uint32_t sources[KIN_SERIES_MAX];
    uint32_t count = series_sources(list, clue, sources);
    if (!edges_of_sources(edges, forest, clue, number, sources, count))
        return false;
    uint32_t hand = count < KIN_SERIES_MAX ? series_hand(list, forest, edges, clue) : FOREST_NONE;
    return hand == FOREST_NONE || host_is_among(sources, count, hand) ||
           series_edge_add(edges, clue, number, hand,
                           "program of a series that was brought to other hosts from there");
}

static bool edges_of_series(struct edge_list *edges, const struct clue_book *book,
                            const struct forest *forest) {
    struct series_list list;
    bool room = true;
    series_list_init(&list, book);
    for (uint32_t i = 0; room && i < book->count; i++)
        if (clue_has_series(&book->clues[i]))
            room = edges_of_clue(edges, &list, forest, &book->clues[i], i);
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

struct use_list {
    struct use *rows;
    uint32_t count, capacity;
};

// An edge by which an account executed on another host.
struct execution {
    struct slice user;
    uint32_t edge;
};

struct uses {
    const struct clue_book *book;
    struct arena *arena; // the edges'
    struct use_list all;
    struct use_list checks; // each of an account for a host whose address nothing names, by time
    struct execution *executions; // by (user, edge)
    uint32_t execution_count;
    int64_t first_ns, last_ns;
};

static struct use *use_add(struct use_list *list, struct use use) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 1024;
        list->rows = memory_resize(list->rows, list->capacity, sizeof *list->rows);
    }
    list->rows[list->count] = use;
    return &list->rows[list->count++];
}

static int execution_compare(const void *left, const void *right) {
    const struct execution *a = left, *b = right;
    int order = text_compare_fold_ascii(a->user, b->user);
    return order ? order : a->edge < b->edge ? -1 : a->edge > b->edge;
}

static void executions_find(struct uses *uses, const struct edge_list *list) {
    uses->executions = memory_new((size_t)list->count + 1, sizeof *uses->executions);
    for (uint32_t i = 0; i < list->count; i++) {
        struct slice user = account_user(list->edges[i].account);
        if (user.size && edge_executes(&list->edges[i], uses->book))
            uses->executions[uses->execution_count++] = (struct execution){user, i};
    }
    if (uses->execution_count)
        qsort(uses->executions, uses->execution_count, sizeof *uses->executions, execution_compare);
}

// The first execution by the account, or where it would be.
static uint32_t execution_first(const struct uses *uses, struct slice user) {
    uint32_t from = 0, until = uses->execution_count;
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        if (text_compare_fold_ascii(uses->executions[middle].user, user) < 0)
            from = middle + 1;
        else
            until = middle;
    }
    return from;
}

static bool execution_is_by(const struct uses *uses, uint32_t number, struct slice user) {
    return number < uses->execution_count &&
           text_equal_fold_ascii(uses->executions[number].user, user);
}

static void uses_span(struct uses *uses, int64_t first_ns, int64_t last_ns) {
    if (first_ns < uses->first_ns)
        uses->first_ns = first_ns;
    if (last_ns > uses->last_ns)
        uses->last_ns = last_ns;
}

static bool host_has_address(const struct cast *cast, uint32_t host) {
    const struct fleet_host *known = &cast->fleet.hosts[host];
    bool found = address_is_address(known->name);
    for (uint32_t i = 0; i < known->alias_count && !found; i++)
        found = address_is_address(known->aliases[i].text);
    return found;
}

// When the controller checked it, each time: sessions on the wire at that moment are by the
// account.
static void checks_take(struct uses *uses, const struct use *use, const struct relation *relation) {
    if (host_has_address(&uses->book->cast, use->host))
        return;
    const int64_t times[] = {relation->first_ns, relation->last_ns};
    for (size_t i = 0; i < ARRAY_SIZE(times); i++)
        use_add(&uses->checks, *use)->first_ns = times[i];
}

static enum status use_take(void *context, struct relation *relation, struct problem *problem) {
    struct uses *uses = context;
    const struct cast *cast = &uses->book->cast;
    if (!relation_names_asker(relation) || relation->reference_count == 0 ||
        !account_is_somebodys(relation->account))
        return STATUS_OK;
    uint32_t host = relation->from_host != RELATION_NO_HOST
                        ? relation->from_host
                        : cast_find(cast, relation->from, relation->first_ns);
    if (host == RELATION_NO_HOST)
        return STATUS_OK;
    struct use use = {.first_ns = relation->first_ns, .host = host};
    struct slice user = account_user(relation->account);
    bool executes = execution_is_by(uses, execution_first(uses, user), user);
    use.user = arena_keep(uses->arena, user);
    use.reference_count = executes ? relation->reference_count : 0;
    use.references = references_keep(uses->arena, relation->references, use.reference_count);
    if (!use.user.size || !use.references)
        return problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    use_add(&uses->all, use);
    uses_span(uses, relation->first_ns, relation->last_ns);
    checks_take(uses, &use, relation);
    return STATUS_OK;
}

static int check_compare(const void *left, const void *right) {
    const struct use *a = left, *b = right;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return a->host != b->host ? (a->host < b->host ? -1 : 1) : slice_compare(a->user, b->user);
}

// As whom a session was opened: as its record says, or as the account that a controller checked at
// that moment for a host whose address nothing names, where an address that nothing names opened
// it. Of several accounts it may have been any: clocks are not settled to the second.
static struct slice move_user(const struct uses *uses, const struct edge *edge) {
    const struct cast *cast = &uses->book->cast;
    if (edge->account.size || !address_is_address(cast->fleet.hosts[edge->from].name))
        return account_user(edge->account);
    uint32_t low = 0, high = uses->checks.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (uses->checks.rows[middle].first_ns < edge->time_ns - MOMENT_NS)
            low = middle + 1;
        else
            high = middle;
    }
    struct slice user = SLICE("");
    for (uint32_t i = low; i < uses->checks.count; i++) {
        const struct use *check = &uses->checks.rows[i];
        if (check->first_ns > edge->time_ns + MOMENT_NS)
            break;
        if (user.size && !text_equal_fold_ascii(check->user, user))
            return SLICE("");
        user = check->user;
    }
    return user;
}

// A host that never moved before did so by an account: it was in the account's hands before its
// first move, as whom that was seen or not. Edges come by time.
static void uses_take_moves(struct uses *uses, const struct edge_list *list,
                            const struct clue_book *book, const struct forest *forest) {
    int64_t *moved_ns = memory_new((size_t)forest->host_count + 1, sizeof *moved_ns);
    for (uint32_t i = 0; i < forest->host_count; i++)
        moved_ns[i] = CLOCK_NONE;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct edge *edge = &list->edges[i];
        if (!edge_is_first_of_quiet(edge, book))
            continue;
        int64_t *first_ns = &moved_ns[edge->from];
        if (*first_ns == CLOCK_NONE || edge->time_ns - *first_ns > SILENT_NS)
            *first_ns = edge->time_ns;
        int64_t reached_ns = forest->hosts[edge->from].reached_ns;
        struct slice user = move_user(uses, edge);
        if (!account_is_somebodys(user) || (reached_ns != CLOCK_NONE && reached_ns < *first_ns))
            continue;
        use_add(&uses->all, (struct use){.first_ns = *first_ns - 1,
                                         .host = edge->from,
                                         .user = user,
                                         .references = edge->references,
                                         .reference_count = edge->reference_count});
        uses_span(uses, edge->time_ns, edge->time_ns);
    }
    memory_free(moved_ns);
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
    return relation_source_each(uses->book->cast.input->relations, RELATION_MASK(CREDENTIAL_USE),
                                RELATION_ORDER_PAIR, use_take, uses, problem);
}

// The told execution by the account from another host, the last before the use; rather one from a
// host that was reached by then.
static const struct edge *use_theft(const struct edge_list *list, const struct uses *uses,
                                    const struct forest *forest, const struct use *use) {
    const struct edge *last = NULL;
    bool last_reached = false;
    for (uint32_t i = execution_first(uses, use->user); execution_is_by(uses, i, use->user); i++) {
        const struct edge *edge = &list->edges[uses->executions[i].edge];
        if (edge->from == use->host || edge->time_ns >= use->first_ns)
            continue;
        const struct forest_host *from = &forest->hosts[edge->from];
        bool reached = from->reached_ns != CLOCK_NONE && from->reached_ns <= edge->time_ns;
        if (last &&
            (reached < last_reached || (reached == last_reached && edge->time_ns <= last->time_ns)))
            continue;
        last = edge;
        last_reached = reached;
    }
    return last;
}

static bool use_is_first(const struct uses *uses, uint32_t number) {
    const struct use *use = &uses->all.rows[number];
    return number == 0 || use[-1].host != use->host || !slice_equal(use[-1].user, use->user);
}

static bool edges_of_uses(struct edge_list *list, const struct clue_book *book,
                          const struct uses *uses, const struct forest *forest) {
    const struct use_list *all = &uses->all;
    uint64_t others = 0;
    uint32_t *thefts = memory_new((size_t)all->count + 1, sizeof *thefts); // edges, from 1
    for (uint32_t i = 0; i < all->count; i++) {
        const struct edge *theft =
            use_is_first(uses, i) ? use_theft(list, uses, forest, &all->rows[i]) : NULL;
        thefts[i] = theft ? (uint32_t)(theft - list->edges) + 1 : 0;
        others += !theft && use_is_first(uses, i) &&
                  all->rows[i].first_ns >= uses->first_ns + WEIGHT_KNOWN_SECONDS * SECOND_NS;
    }
    uint64_t days = all->count ? 1 + (uint64_t)((uses->last_ns - uses->first_ns) / DAY_NS) : 1;
    int32_t weight = millibits_of_ratio(book->cast.input->fleet->count * days, 1 + others);
    bool room = true;
    for (uint32_t i = 0; room && i < all->count; i++) {
        if (!thefts[i])
            continue;
        const struct use *use = &all->rows[i];
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

enum status kin_edges_add(struct edge_list *list, const struct forest *forest,
                          const struct clue_book *book, struct problem *problem) {
    struct uses uses = {
        .book = book, .arena = &list->arena, .first_ns = INT64_MAX, .last_ns = INT64_MIN};
    executions_find(&uses, list);
    enum status status = uses_read(&uses, problem);
    if (uses.checks.count)
        qsort(uses.checks.rows, uses.checks.count, sizeof *uses.checks.rows, check_compare);
    uses_take_moves(&uses, list, book, forest);
    if (uses.all.count)
        qsort(uses.all.rows, uses.all.count, sizeof *uses.all.rows, use_compare);
    if (status == STATUS_OK &&
        (!edges_of_uses(list, book, &uses, forest) || !edges_of_series(list, book, forest) ||
         !fellow_edges_add(list, forest, book)))
        status = problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    memory_free(uses.all.rows);
    memory_free(uses.checks.rows);
    memory_free(uses.executions);
    edge_list_sort(list);
    return status;
}
