// The one visit that nobody else pays
// SPDX-License-Identifier: Apache-2.0
//
// Cost: nothing without such a server, else one pass over logons; visits of a server are compared
// with each other, VISITS_MAX at most.
#include "correlate/visit.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>

#define DAY_NS (86400 * SECOND_NS)

enum {
    SERVERS_MAX = 8,
    VISITS_MAX = 2048
};

struct visit {
    uint32_t from;
    int64_t first_ns, last_ns;
    uint64_t count;
    struct slice account;
    const struct reference *references;
    uint32_t reference_count;
};

// A server that is in somebody's hands, and who logged on to it.
struct visited {
    uint32_t host, clue;
    int64_t given_ns; // what it gave out first
    struct visit *visits;
    uint32_t count;
    bool is_crowded; // more visits than are compared
};

struct visit_search {
    struct visited servers[SERVERS_MAX];
    uint32_t count;
    struct visitor {
        uint32_t last; // target, from 1; logons come by pair
        uint32_t targets;
    } * visitors; // by host
    struct arena *arena;
    const struct clue_book *book;
};

static void servers_find(struct visit_search *search, const struct forest *forest) {
    for (uint32_t host = 0; host < forest->host_count && search->count < SERVERS_MAX; host++) {
        const struct forest_host *found = &forest->hosts[host];
        if (found->reached_ns == CLOCK_NONE || found->edge != FOREST_NONE ||
            !clue_gives_out(&search->book->clues[found->entry_clue]))
            continue;
        search->servers[search->count++] =
            (struct visited){.host = host,
                             .clue = found->entry_clue,
                             .given_ns = found->reached_ns,
                             .visits = memory_new(VISITS_MAX, sizeof *search->servers[0].visits)};
    }
}

static enum status visit_take(struct visit_search *search, struct visited *server,
                              const struct relation *relation, struct problem *problem) {
    struct slice user = account_user(relation->account);
    if (user.size == 0 || user.data[user.size - 1] == '$' || relation->reference_count == 0)
        return STATUS_OK;
    if (server->count == VISITS_MAX) {
        server->is_crowded = true;
        return STATUS_OK;
    }
    const struct reference *references =
        references_keep(search->arena, relation->references, relation->reference_count);
    struct slice account = arena_keep(search->arena, relation->account);
    if (!references || account.size != relation->account.size)
        return problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    server->visits[server->count++] = (struct visit){.from = relation->from_host,
                                                     .first_ns = relation->first_ns,
                                                     .last_ns = relation->last_ns,
                                                     .count = relation->count,
                                                     .account = account,
                                                     .references = references,
                                                     .reference_count = relation->reference_count};
    return STATUS_OK;
}

static enum status logon_take(void *context, struct relation *relation, struct problem *problem) {
    struct visit_search *search = context;
    const struct cast *cast = &search->book->cast;
    if (relation->first_ns == CLOCK_NONE || relation->to_host == RELATION_NO_HOST ||
        relation->detail[1].size) // failed
        return STATUS_OK;
    if (relation->from_host == RELATION_NO_HOST)
        relation->from_host = cast_find(cast, relation->from, relation->first_ns);
    if (relation->from_host == RELATION_NO_HOST || relation->from_host == relation->to_host)
        return STATUS_OK;
    struct visitor *visitor = &search->visitors[relation->from_host];
    visitor->targets += visitor->last != relation->to_host + 1;
    visitor->last = relation->to_host + 1;
    for (uint32_t i = 0; i < search->count; i++)
        if (search->servers[i].host == relation->to_host)
            return visit_take(search, &search->servers[i], relation, problem);
    return STATUS_OK;
}

static enum status visits_read(struct visit_search *search, struct problem *problem) {
    return relation_source_each(search->book->cast.input->relations, RELATION_MASK(LOGON),
                                RELATION_ORDER_PAIR, logon_take, search, problem);
}

static bool account_is_shared(const struct visited *server, const struct visit *visit) {
    struct slice user = account_user(visit->account);
    for (uint32_t i = 0; i < server->count; i++)
        if (server->visits[i].from != visit->from &&
            text_equal_fold_ascii(account_user(server->visits[i].account), user))
            return true;
    return false;
}

// Its host comes on one day only, and by no account that others use there.
static bool visit_is_odd(const struct visited *server, const struct visit *visit) {
    int64_t first_ns = visit->first_ns, last_ns = visit->last_ns;
    for (uint32_t i = 0; i < server->count; i++) {
        const struct visit *other = &server->visits[i];
        if (other->from != visit->from)
            continue;
        if (account_is_shared(server, other))
            return false;
        first_ns = other->first_ns < first_ns ? other->first_ns : first_ns;
        last_ns = other->last_ns > last_ns ? other->last_ns : last_ns;
    }
    return last_ns - first_ns <= DAY_NS;
}

// Hosts that come and go for days: without them nothing tells what is odd.
static bool others_are_known(const struct visited *server, uint32_t from) {
    int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;
    uint64_t count = 0;
    for (uint32_t i = 0; i < server->count; i++) {
        const struct visit *other = &server->visits[i];
        if (other->from == from)
            continue;
        first_ns = other->first_ns < first_ns ? other->first_ns : first_ns;
        last_ns = other->last_ns > last_ns ? other->last_ns : last_ns;
        count += other->count;
    }
    return count >= WEIGHT_VISITS_KNOWN && last_ns - first_ns >= WEIGHT_VISIT_DAYS * DAY_NS;
}

// The first visit of the only host that pays an odd one; is_strict: of those that log on nowhere
// else. NULL: none, or several.
static const struct visit *odd_pick(const struct visit_search *search, const struct visited *server,
                                    bool is_strict, bool *ret_several) {
    const struct visit *odd = NULL;
    *ret_several = false;
    for (uint32_t i = 0; i < server->count && !*ret_several; i++) {
        const struct visit *visit = &server->visits[i];
        if (!visit_is_odd(server, visit) ||
            (is_strict && search->visitors[visit->from].targets > 1))
            continue;
        *ret_several = odd && odd->from != visit->from;
        if (!odd || visit->first_ns < odd->first_ns)
            odd = visit;
    }
    return *ret_several ? NULL : odd;
}

static const struct visit *odd_visit(const struct visit_search *search,
                                     const struct visited *server) {
    bool several;
    const struct visit *odd = odd_pick(search, server, false, &several);
    if (several)
        odd = odd_pick(search, server, true, &several);
    if (!odd || odd->first_ns > server->given_ns + WEIGHT_SKEW_SECONDS * SECOND_NS ||
        odd->first_ns < server->given_ns - WEIGHT_SILENT_SECONDS * SECOND_NS ||
        odd->first_ns < search->book->cast.input->first_ns + DAY_NS ||
        !others_are_known(server, odd->from))
        return NULL;
    return odd;
}

// Where one visit is the odd one, others' are errands: they are no ways there.
static void errands_drop(struct edge_list *edges, uint32_t server, uint32_t from) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < edges->count; i++) {
        const struct edge *edge = &edges->edges[i];
        if (edge->to != server || edge->from == from || edge->cost < WEIGHT_EDGE_ACCOUNT)
            edges->edges[kept++] = *edge;
    }
    edges->count = kept;
}

// So many hosts sent what was taken to it that it is the intruder's, however he came there.
static bool takes_loot(const struct edge_list *edges, const struct clue_book *book, uint32_t host) {
    uint32_t senders[WEIGHT_LOOT_HOSTS], count = 0;
    for (uint32_t i = 0; i < edges->count && count < WEIGHT_LOOT_HOSTS; i++) {
        const struct edge *edge = &edges->edges[i];
        if (!edge->is_told || edge->from != host || !clue_is_loot(&book->clues[edge->clue]))
            continue;
        uint32_t k = 0;
        while (k < count && senders[k] != edge->to)
            k++;
        if (k == count)
            senders[count++] = edge->to;
    }
    return count == WEIGHT_LOOT_HOSTS;
}

static void visit_keep(struct edge_list *edges, struct hidden_list *hidden,
                       const struct forest *forest, const struct visited *server,
                       const struct visit *visit) {
    const struct forest_host *from = &forest->hosts[visit->from];
    int32_t gain = forest->hosts[server->host].entry_price + WEIGHT_VISIT - WEIGHT_EDGE_LOGON;
    // He came before he gave anything out, whatever the clocks said.
    int64_t time_ns = visit->first_ns < server->given_ns ? visit->first_ns : server->given_ns - 1;
    struct edge edge = {.time_ns = time_ns,
                        .from = visit->from,
                        .to = server->host,
                        .cost = WEIGHT_EDGE_LOGON,
                        .is_silent = true,
                        .is_by_account = true,
                        .evidence = gain,
                        .reason = "the only visit of its kind in the week before",
                        .account = visit->account,
                        .references = visit->references,
                        .reference_count = visit->reference_count};
    struct hidden_entry *entry = &hidden->by_host[visit->from];
    if (from->reached_ns == CLOCK_NONE && entry->used_ns == CLOCK_NONE)
        *entry = (struct hidden_entry){.used_ns = time_ns, .gain = gain, .clue = server->clue};
    errands_drop(edges, server->host, visit->from);
    edge_list_add(edges, &edge);
}

enum status visit_find(struct edge_list *edges, struct hidden_list *hidden,
                       const struct forest *forest, const struct clue_book *book,
                       uint32_t *ret_found, struct problem *problem) {
    struct visit_search search = {
        .arena = &edges->arena,
        .book = book,
        .visitors = memory_new((size_t)forest->host_count + 1, sizeof *search.visitors)};
    enum status status = STATUS_OK;
    *ret_found = 0;
    servers_find(&search, forest);
    if (search.count)
        status = visits_read(&search, problem);
    for (uint32_t i = 0; i < search.count; i++) {
        const struct visited *server = &search.servers[i];
        const struct visit *visit =
            status == STATUS_OK && !server->is_crowded ? odd_visit(&search, server) : NULL;
        if (visit) {
            visit_keep(edges, hidden, forest, server, visit);
            hidden->by_host[visit->from].is_proven |= takes_loot(edges, book, visit->from);
            *ret_found += 1;
        }
        memory_free(server->visits);
    }
    if (*ret_found)
        edge_list_sort(edges);
    memory_free(search.visitors);
    return status;
}
