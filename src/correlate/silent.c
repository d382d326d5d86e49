// Stepping stones that no finding shows
// SPDX-License-Identifier: Apache-2.0
#include "correlate/silent.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>

// A host that was used without having been reached, or that stands as an entry of its own.
struct stone {
    int64_t used_ns;      // first; CLOCK_NONE: it is none
    int32_t gain;         // what it would explain
    bool is_proven;       // a told execution came from it
    bool is_entry;        // so far; then only a known account leads there
    struct slice account; // somebody's, that it used first, and when
    int64_t account_ns;
    struct edge way; // the cheapest to it; reason NULL: none yet
};

struct stones {
    struct stone *by_host;
    uint32_t count;
    struct edge_list *edges;
    const struct forest *forest;
    const struct clue_book *book;
};

static bool edge_leads(const struct edge *edge) {
    return edge->is_told && !edge->is_member && edge->from != edge->to;
}

// What an edge would pay if its source were reached.
static int32_t edge_gain(const struct stones *stones, const struct edge *edge) {
    const struct forest_host *to = &stones->forest->hosts[edge->to];
    if (to->reached_ns != CLOCK_NONE && to->edge != FOREST_NONE)
        return 0;
    if (to->reached_ns != CLOCK_NONE)
        return to->cost - edge->cost; // an entry saved
    int64_t from_ns = edge->time_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS;
    return edge->evidence + clue_evidence(stones->book, edge->to, from_ns, INT64_MAX) - edge->cost;
}

static void stone_begin(const struct stones *stones, struct stone *stone, const struct edge *edge) {
    const struct forest_host *from = &stones->forest->hosts[edge->from];
    stone->is_entry = from->reached_ns != CLOCK_NONE;
    if (stone->is_entry) {
        stone->used_ns = from->reached_ns;
        stone->gain = from->cost;
    } else {
        stone->used_ns = edge->time_ns;
        stone->gain = clue_evidence(stones->book, edge->from,
                                    edge->time_ns - WEIGHT_SILENT_SECONDS * SECOND_NS, INT64_MAX);
    }
}

static void stone_use(const struct stones *stones, struct stone *stone, const struct edge *edge,
                      int32_t gain) {
    if (stone->used_ns == CLOCK_NONE)
        stone_begin(stones, stone, edge);
    if (stone->account.size == 0 && account_is_somebodys(edge->account)) {
        stone->account = edge->account;
        stone->account_ns = stone->is_entry ? stone->used_ns : edge->time_ns;
    }
    stone->gain += stone->is_entry ? 0 : gain;
    stone->is_proven |= edge_executes(edge, stones->book);
}

// Edges come by time, so that the first of a host is its first use.
static void stones_find(struct stones *stones) {
    struct stone *rows = stones->by_host;
    const struct forest *forest = stones->forest;
    uint32_t *last = memory_new((size_t)forest->host_count + 1, sizeof *last);
    for (uint32_t host = 0; host < forest->host_count; host++)
        rows[host].used_ns = CLOCK_NONE;
    for (uint32_t i = 0; i < stones->edges->count; i++) {
        const struct edge *edge = &stones->edges->edges[i];
        const struct forest_host *from = &forest->hosts[edge->from];
        bool entry = from->reached_ns != CLOCK_NONE && from->edge == FOREST_NONE;
        if (!edge_leads(edge) || (from->reached_ns != CLOCK_NONE && !entry) ||
            (entry && !edge_executes(edge, stones->book)))
            continue;
        int32_t gain = edge_gain(stones, edge);
        if ((gain <= 0 && !entry) || last[edge->to] == edge->from + 1)
            continue;
        last[edge->to] = edge->from + 1;
        stones->count += rows[edge->from].used_ns == CLOCK_NONE && !entry;
        stone_use(stones, &rows[edge->from], edge, gain);
    }
    memory_free(last);
}

// The cheapest, then the latest, then the first host's.
static bool way_is_better(const struct edge *best, const struct edge *way) {
    if (!best->reason || way->cost != best->cost)
        return !best->reason || way->cost < best->cost;
    if (way->time_ns != best->time_ns)
        return way->time_ns > best->time_ns;
    return way->from < best->from;
}

bool relation_is_session(const struct relation *relation) {
    static const char *const PORTS[] = {"tcp/22",   "tcp/135",  "tcp/445",
                                        "tcp/3389", "tcp/5985", "tcp/5986"};
    if (relation->kind == RELATION_LOGON || relation->kind == RELATION_REMOTE_EXECUTION)
        return !slice_equal(relation->detail[1], SLICE("failed"));
    if (relation->kind == RELATION_CREDENTIAL_USE)
        return slice_equal(relation->artefact, SLICE("ticket")) &&
               !slice_equal(relation->detail[1], SLICE("failed"));
    for (size_t i = 0; i < ARRAY_SIZE(PORTS); i++)
        if (slice_equal_string(relation->artefact, PORTS[i]))
            return !slice_equal(relation->detail[1], SLICE("refused"));
    return false;
}

// New, from a host that was reached by then, and before the stone was used.
static bool stone_may_be_reached(const struct stones *stones, const struct stone *stone,
                                 const struct relation *relation) {
    const int64_t skew_ns = WEIGHT_SKEW_SECONDS * SECOND_NS;
    const struct forest_host *from = &stones->forest->hosts[relation->from_host];
    return stone->used_ns != CLOCK_NONE && !stone->is_entry && from->reached_ns != CLOCK_NONE &&
           relation->first_ns >= from->reached_ns - skew_ns &&
           relation->first_ns <= stone->used_ns + skew_ns &&
           relation->first_ns >= stone->used_ns - WEIGHT_SILENT_SECONDS * SECOND_NS;
}

static enum status stones_take(void *context, struct relation *relation, struct problem *problem) {
    struct stones *stones = context;
    (void)problem;
    if (relation->first_ns == CLOCK_NONE || relation->reference_count == 0 ||
        !relation_is_session(relation))
        return STATUS_OK;
    cast_find_ends(&stones->book->cast, relation);
    if (relation->to_host == RELATION_NO_HOST || relation->from_host == RELATION_NO_HOST ||
        relation->from_host == relation->to_host)
        return STATUS_OK;
    struct stone *stone = &stones->by_host[relation->to_host];
    bool flow = relation->kind == RELATION_FLOW;
    struct edge way = {.time_ns = relation->first_ns,
                       .from = relation->from_host,
                       .to = relation->to_host,
                       .cost = WEIGHT_EDGE_SILENT + (flow ? WEIGHT_EDGE_LOGON : 0),
                       .is_silent = true,
                       .reason = flow ? "session with a stepping stone without findings"
                                      : "logon to a stepping stone without findings",
                       .reference_count = relation->reference_count};
    if (!stone_may_be_reached(stones, stone, relation) || !way_is_better(&stone->way, &way))
        return STATUS_OK;
    const struct reference *references =
        references_keep(&stones->edges->arena, relation->references, way.reference_count);
    if (!references)
        return STATUS_OK;
    way.references = references;
    stone->way = way;
    return STATUS_OK;
}

static enum status stones_read(struct stones *stones, struct problem *problem) {
    return relation_source_each(stones->book->cast.input->relations, SESSION_KINDS,
                                RELATION_ORDER_PAIR, stones_take, stones, problem);
}

// The told edge from a reached host that last used the account before the stone did; one of another
// tree where the stone is an entry.
static const struct edge *account_last_use(const struct stones *stones, const struct stone *stone,
                                           uint32_t host) {
    const struct edge *last = NULL;
    for (uint32_t i = 0; i < stones->edges->count; i++) {
        const struct edge *edge = &stones->edges->edges[i];
        if (edge->time_ns > stone->account_ns)
            break;
        const struct forest_host *from = &stones->forest->hosts[edge->from];
        if (edge_leads(edge) && edge->from != host && from->reached_ns != CLOCK_NONE &&
            from->reached_ns <= edge->time_ns && from->root != host &&
            text_equal_fold_ascii(edge->account, stone->account))
            last = edge;
    }
    return last;
}

// An account that executed on hosts of a campaign, and does so again from a host that nothing else
// shows, is no guess about a host in between.
static void stone_by_account(const struct stones *stones, uint32_t host, struct stone *stone) {
    if (stone->account.size == 0)
        return;
    const struct edge *use = account_last_use(stones, stone, host);
    if (!use)
        return;
    bool known = stone->is_proven && edge_executes(use, stones->book);
    if (stone->is_entry && !known)
        return;
    const int32_t hub = stone->way.reason ? stones->edges->hubs[stone->way.from] : 0;
    int32_t cost = known ? WEIGHT_EDGE_KNOWN_ACCOUNT : WEIGHT_EDGE_SILENT + WEIGHT_EDGE_ACCOUNT;
    if (stone->way.reason && stone->way.cost + hub <= cost)
        return;
    stone->way =
        (struct edge){.time_ns = stone->used_ns,
                      .from = use->from,
                      .to = host,
                      .cost = cost,
                      .is_silent = true,
                      .is_by_account = true,
                      .reason = "same account, used from a stepping stone without findings",
                      .account = use->account,
                      .references = use->references,
                      .reference_count = use->reference_count};
}

enum status silent_find(struct edge_list *edges, const struct forest *forest,
                        const struct clue_book *book, uint32_t *ret_found,
                        struct problem *problem) {
    struct stones stones = {.by_host =
                                memory_new((size_t)forest->host_count + 1, sizeof *stones.by_host),
                            .edges = edges,
                            .forest = forest,
                            .book = book};
    enum status status = STATUS_OK;
    *ret_found = 0;
    stones_find(&stones);
    if (stones.count)
        status = stones_read(&stones, problem);
    for (uint32_t host = 0; status == STATUS_OK && host < forest->host_count; host++)
        if (stones.by_host[host].used_ns != CLOCK_NONE)
            stone_by_account(&stones, host, &stones.by_host[host]);
    for (uint32_t host = 0; status == STATUS_OK && host < forest->host_count; host++) {
        struct stone *stone = &stones.by_host[host];
        stone->way.evidence = stone->gain;
        stone->way.is_proven = stone->is_proven;
        // Who is reached comes before whom he reaches, whatever the clocks said.
        if (stone->way.reason && stone->way.time_ns >= stone->used_ns)
            stone->way.time_ns = stone->used_ns - 1;
        if (stone->way.reason && stone->gain > edge_cost(edges, &stone->way))
            *ret_found += edge_list_add(edges, &stone->way);
    }
    if (*ret_found)
        edge_list_sort(edges);
    memory_free(stones.by_host);
    return status;
}
