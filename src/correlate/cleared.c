// Hosts whose logs were cleared with a campaign's
// SPDX-License-Identifier: Apache-2.0
//
// Cost: clearings are compared with each other, WEIGHT_CLEARINGS at most; all edges are looked
// through only for a clearing that one of a campaign's goes with, once for each such campaign; and
// one pass over sessions where a host was found.
#include "correlate/cleared.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/silent.h"
#include "correlate/weights.h"

#include <stdlib.h>

#define DAY_NS (86400 * SECOND_NS)

struct cleared_search {
    const struct clue_book *book;
    const struct forest *forest;
    const struct edge_list *edges;
    struct arena *arena; // the edges'
    uint32_t *clearings; // clues
    uint32_t count;
    uint32_t *judged; // by root: the last clearing that was held against its campaign, from 1
    // By host: the root whose campaign's logs were cleared with its own, and the way there.
    struct cleared_host {
        uint32_t root; // FOREST_NONE: none
        int64_t time_ns;
        struct slice account;
        struct edge way;        // a session; reason NULL: none yet
        struct edge by_account; // where no session is left; reason NULL: none
    } * hosts;
    uint32_t found;
};

static void clearings_find(struct cleared_search *search) {
    for (uint32_t i = 0; i < search->book->count && search->count < WEIGHT_CLEARINGS; i++) {
        const struct clue *clue = &search->book->clues[i];
        if (clue->rule->id.size == sizeof "vedette-log-cleared" - 1 &&
            clue_is_of(clue, "vedette-log-cleared") && clue->account.size && !clue->is_benign &&
            clue->level >= RULE_LEVEL_MEDIUM)
            search->clearings[search->count++] = i;
    }
}

// A campaign's: the same account cleared it within a day, when the intruders had the host.
static bool clearing_goes_with(const struct cleared_search *search, const struct clue *clue,
                               const struct clue *other) {
    const struct forest_host *host = &search->forest->hosts[other->host];
    return host->root != FOREST_NONE && other->first_ns >= host->reached_ns &&
           llabs(other->first_ns - clue->first_ns) <= DAY_NS &&
           text_equal_fold_ascii(other->account, clue->account);
}

// How many hosts of the campaign of `root` had logs cleared with it.
static uint32_t cleared_together(const struct cleared_search *search, const struct clue *clue,
                                 uint32_t root) {
    uint32_t count = 0, last = FOREST_NONE; // clues come by host
    for (uint32_t i = 0; i < search->count; i++) {
        const struct clue *other = &search->book->clues[search->clearings[i]];
        if (other->host == last || search->forest->hosts[other->host].root != root ||
            !clearing_goes_with(search, clue, other))
            continue;
        last = other->host;
        count++;
    }
    return count;
}

// When the intruders were there at the latest: before the host moved to others as it never had, if
// it did so while they had the campaign's entry; else when its log was cleared.
static int64_t host_time(const struct cleared_search *search, const struct clue *clue,
                         uint32_t root) {
    for (uint32_t i = 0; i < search->edges->count; i++) {
        const struct edge *edge = &search->edges->edges[i];
        if (edge->time_ns >= clue->first_ns)
            break;
        if (edge->from == clue->host && edge_is_first_of_quiet(edge, search->book) &&
            edge->time_ns > search->forest->hosts[root].reached_ns)
            return edge->time_ns - 1;
    }
    return clue->first_ns;
}

// The last thing that a host of the campaign executed by the account before the time; or NULL.
static const struct edge *account_last_execution(const struct cleared_search *search,
                                                 const struct clue *clue, uint32_t root,
                                                 int64_t time_ns) {
    const struct edge *last = NULL;
    for (uint32_t i = 0; i < search->edges->count; i++) {
        const struct edge *edge = &search->edges->edges[i];
        const struct forest_host *from = &search->forest->hosts[edge->from];
        if (edge->time_ns < time_ns && edge_executes(edge, search->book) && from->root == root &&
            from->reached_ns <= edge->time_ns &&
            text_equal_fold_ascii(account_user(edge->account), account_user(clue->account)))
            last = edge;
    }
    return last;
}

// The account itself led there.
static struct edge way_by_account(const struct edge *execution, const struct clue *clue,
                                  int64_t time_ns) {
    return (struct edge){.time_ns = time_ns,
                         .from = execution->from,
                         .to = clue->host,
                         .cost = WEIGHT_EDGE_KNOWN_ACCOUNT,
                         .is_silent = true,
                         .is_proven = true,
                         .is_by_account = true,
                         .evidence = WEIGHT_CLEARED,
                         .reason = "its logs were cleared by the account that cleared the others'",
                         .account = execution->account,
                         .references = clue->references,
                         .reference_count = clue->reference_count};
}

// Enough of the campaign's logs were cleared by the same account; one is enough where the intruders
// executed by that account before, unless every host has such an account.
static bool host_goes_with(struct cleared_search *search, const struct clue *clue, uint32_t root) {
    struct cleared_host *host = &search->hosts[clue->host];
    uint32_t together = cleared_together(search, clue, root);
    if (together < WEIGHT_CLEARED_HOSTS && !account_is_somebodys(clue->account))
        return false;
    int64_t time_ns = host_time(search, clue, root);
    const struct edge *execution = account_last_execution(search, clue, root, time_ns);
    if (!execution) {
        time_ns = clue->first_ns;
        execution = account_last_execution(search, clue, root, time_ns);
    }
    if (execution)
        host->by_account = way_by_account(execution, clue, time_ns);
    return execution || together >= WEIGHT_CLEARED_HOSTS;
}

static void hosts_find(struct cleared_search *search) {
    for (uint32_t i = 0; i < search->count; i++) {
        const struct clue *clue = &search->book->clues[search->clearings[i]];
        struct cleared_host *host = &search->hosts[clue->host];
        if (search->forest->hosts[clue->host].reached_ns != CLOCK_NONE || host->root != FOREST_NONE)
            continue;
        for (uint32_t k = 0; k < search->count && host->root == FOREST_NONE; k++) {
            const struct clue *other = &search->book->clues[search->clearings[k]];
            uint32_t root = search->forest->hosts[other->host].root;
            if (!clearing_goes_with(search, clue, other) || search->judged[root] == i + 1)
                continue;
            search->judged[root] = i + 1;
            if (!host_goes_with(search, clue, root))
                continue;
            host->root = root;
            host->time_ns = clue->first_ns;
            host->account = clue->account;
            search->found++;
        }
    }
}

static bool flow_carries(const struct relation *relation) {
    return relation->kind != RELATION_FLOW || relation->detail[0].size ||
           relation->bytes_out + relation->bytes_in > WEIGHT_FLOW_BYTES * relation->count;
}

// A session that a host of the campaign had with it, before the log was cleared and not by habit.
static bool session_leads(const struct cleared_search *search, const struct relation *relation) {
    const int64_t skew_ns = WEIGHT_SKEW_SECONDS * SECOND_NS;
    const struct cleared_host *to = &search->hosts[relation->to_host];
    const struct forest_host *from = &search->forest->hosts[relation->from_host];
    return to->root != FOREST_NONE && from->root == to->root &&
           relation->first_ns >= from->reached_ns - skew_ns && relation->first_ns <= to->time_ns &&
           relation->last_ns <= to->time_ns + DAY_NS && flow_carries(relation);
}

// What more than a flow shows, then the latest, then the first host's.
static bool way_is_better(const struct edge *best, const struct edge *way) {
    if (!best->reason || way->cost != best->cost)
        return !best->reason || way->cost < best->cost;
    if (way->time_ns != best->time_ns)
        return way->time_ns > best->time_ns;
    return way->from < best->from;
}

static enum status session_take(void *context, struct relation *relation, struct problem *problem) {
    struct cleared_search *search = context;
    if (relation->first_ns == CLOCK_NONE || relation->reference_count == 0 ||
        !relation_is_session(relation))
        return STATUS_OK;
    cast_find_ends(&search->book->cast, relation);
    if (relation->to_host == RELATION_NO_HOST || relation->from_host == RELATION_NO_HOST ||
        !session_leads(search, relation))
        return STATUS_OK;
    struct cleared_host *host = &search->hosts[relation->to_host];
    struct edge way = {.time_ns = relation->first_ns,
                       .from = relation->from_host,
                       .to = relation->to_host,
                       .cost = relation->kind == RELATION_FLOW ? WEIGHT_EDGE_KNOWN_ACCOUNT
                                                               : WEIGHT_EDGE_LOGON,
                       .is_silent = true,
                       .is_proven = true, // he did something there: he cleared the log
                       .is_by_account = true,
                       .evidence = WEIGHT_CLEARED,
                       .reason = "session with a host whose logs were cleared with the others'",
                       .account = host->account,
                       .reference_count = relation->reference_count};
    if (!way_is_better(&host->way, &way))
        return STATUS_OK;
    const struct reference *references =
        references_keep(search->arena, relation->references, way.reference_count);
    if (!references)
        return problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    way.references = references;
    host->way = way;
    return STATUS_OK;
}

static enum status sessions_read(struct cleared_search *search, struct problem *problem) {
    return relation_source_each(search->book->cast.input->relations, SESSION_KINDS,
                                RELATION_ORDER_PAIR, session_take, search, problem);
}

enum status cleared_find(struct edge_list *edges, const struct forest *forest,
                         const struct clue_book *book, uint32_t *ret_found,
                         struct problem *problem) {
    struct cleared_search search = {
        .book = book,
        .forest = forest,
        .edges = edges,
        .arena = &edges->arena,
        .clearings = memory_new(WEIGHT_CLEARINGS, sizeof *search.clearings),
        .judged = memory_new((size_t)forest->host_count + 1, sizeof *search.judged),
        .hosts = memory_new((size_t)forest->host_count + 1, sizeof *search.hosts)};
    for (uint32_t host = 0; host < forest->host_count; host++)
        search.hosts[host].root = FOREST_NONE;
    enum status status = STATUS_OK;
    *ret_found = 0;
    clearings_find(&search);
    hosts_find(&search);
    if (search.found)
        status = sessions_read(&search, problem);
    for (uint32_t i = 0; status == STATUS_OK && i < forest->host_count; i++) {
        const struct cleared_host *host = &search.hosts[i];
        const struct edge *way = host->way.reason ? &host->way : &host->by_account;
        if (way->reason)
            *ret_found += edge_list_add(edges, way);
    }
    if (*ret_found)
        edge_list_sort(edges);
    memory_free(search.clearings);
    memory_free(search.judged);
    memory_free(search.hosts);
    return status;
}
