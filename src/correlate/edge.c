// How one host may have been reached from another
// SPDX-License-Identifier: Apache-2.0
#include "correlate/edge.h"

#include "base/memory.h"
#include "base/table.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>
#include <string.h>

#define EDGE_BYTES ((size_t)256 << 20)
#define ROUTINE_NS (7 * 86400 * SECOND_NS)

static struct edge *edge_add(struct edge_list *list) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 1024;
        list->edges = memory_resize(list->edges, list->capacity, sizeof *list->edges);
    }
    return &list->edges[list->count++];
}

// What kind of edge a detector's finding stands for; NULL: it names a source, but not as a way.
static const char *clue_reason(const struct clue *clue, int32_t *ret_cost) {
    static const struct {
        const char *prefix, *reason;
        int32_t cost;
    } REASONS[] = {
        {"vedette-wave-", "wave of an update", WEIGHT_EDGE_WAVE},
        {"vedette-lateral-execution", "remote execution", WEIGHT_EDGE_EXECUTION},
        {"vedette-lateral-transfer", "tool transferred, then run", WEIGHT_EDGE_TRANSFER},
        {"vedette-lateral-account", "stolen account", WEIGHT_EDGE_ACCOUNT},
        {"vedette-lateral-session", "first session of a host that had never moved to another",
         WEIGHT_EDGE_LOGON},
        {"vedette-lateral-", "rare logon", WEIGHT_EDGE_LOGON},
        {"vedette-webshell-", "virtual path on a server taken before", WEIGHT_EDGE_SHARED},
        {"vedette-exfiltration-internal", "sends to a server taken before", WEIGHT_EDGE_SHARED},
        {"vedette-implant-gathers", "sends to a server taken before", WEIGHT_EDGE_SHARED},
    };
    for (size_t i = 0; i < ARRAY_SIZE(REASONS); i++) {
        if (!clue_is_of(clue, REASONS[i].prefix))
            continue;
        *ret_cost = REASONS[i].cost;
        return REASONS[i].reason;
    }
    return NULL;
}

// When an edge that hours may be missing from took place: no later than what the intruder did then.
static int64_t loose_time(const struct clue_book *book, const struct edge *edge) {
    int64_t time_ns = edge->time_ns;
    int64_t least_ns = time_ns - WEIGHT_ZONE_SECONDS * SECOND_NS;
    for (uint32_t i = book->starts[edge->to]; i < book->starts[edge->to + 1]; i++) {
        const struct clue *clue = &book->clues[i];
        if (clue->level >= RULE_LEVEL_MEDIUM && clue->bits > 0 && clue->first_ns >= least_ns &&
            clue->first_ns < time_ns)
            time_ns = clue->first_ns;
    }
    return time_ns;
}

// What is sent to a proxy goes on from there, whoever has it.
static bool clue_sends_through(const struct clue *clue, const struct clue_book *book) {
    const struct fleet *fleet = &book->cast.fleet;
    return clue_is_of(clue, "vedette-exfiltration-internal") &&
           fleet->hosts[clue->source_host].roles & FLEET_ROLE_PROXY;
}

static void edges_of_clues(struct edge_list *list, const struct clue_book *book) {
    for (uint32_t i = 0; i < book->count; i++) {
        const struct clue *clue = &book->clues[i];
        int32_t cost;
        const char *reason;
        if (clue->source_host == RELATION_NO_HOST || clue->source_host == clue->host ||
            clue->is_benign || clue_sends_through(clue, book) ||
            !(reason = clue_reason(clue, &cost)))
            continue;
        *edge_add(list) =
            (struct edge){.time_ns = clue->first_ns,
                          .from = clue->source_host,
                          .to = clue->host,
                          .cost = cost,
                          .is_member = clue_is_of(clue, "vedette-wave-"),
                          .is_told = true,
                          .is_first_move = clue->source_quiet_days > 0 && cost == WEIGHT_EDGE_LOGON,
                          .is_loose = clue->classes == SOURCE_CLASS_UNIX,
                          .evidence = clue_level_bits(clue->level) - clue->bits,
                          .clue = i,
                          .reason = reason,
                          .account = clue->account,
                          .references = clue->references,
                          .reference_count = clue->reference_count};
        struct edge *edge = &list->edges[list->count - 1];
        if (edge->is_loose)
            edge->time_ns = loose_time(book, edge);
    }
}

struct slice account_user(struct slice account) {
    return slice_behind_last(account, "\\");
}

struct slice account_name(struct slice account) {
    struct slice user = account_user(account);
    const uint8_t *at = user.size ? memchr(user.data, '@', user.size) : NULL;
    return at ? slice_part(user, 0, (size_t)(at - user.data)) : user;
}

bool account_is_somebodys(struct slice account) {
    static const char *const COMMON[] = {"root",  "administrator", "system",
                                         "guest", "localsystem",   "anonymous logon"};
    struct slice user = account_user(account);
    for (size_t i = 0; i < ARRAY_SIZE(COMMON); i++)
        if (text_equal_fold_ascii(user, slice_of_string(COMMON[i])))
            return false;
    return user.size && user.data[user.size - 1] != '$';
}

bool edge_executes(const struct edge *edge, const struct clue_book *book) {
    return edge->is_told && !edge->is_member && edge->cost <= WEIGHT_EDGE_TRANSFER &&
           book->clues[edge->clue].level >= RULE_LEVEL_HIGH;
}

bool edge_is_first_of_quiet(const struct edge *edge, const struct clue_book *book) {
    return edge->is_told && !edge->is_member && book->clues[edge->clue].source_quiet_days > 0 &&
           edge->reference_count > 0;
}

// The same hands: the account that executed on another host from there within a week, or, where no
// account is told, any execution from there within a day.
static bool edge_goes_with(const struct edge *logon, const struct edge *execution) {
    int64_t apart_ns = logon->time_ns - execution->time_ns;
    apart_ns = apart_ns < 0 ? -apart_ns : apart_ns;
    if (logon->account.size)
        return apart_ns <= WEIGHT_SILENT_SECONDS * SECOND_NS &&
               text_equal_fold_ascii(logon->account, execution->account);
    return apart_ns <= WEIGHT_SESSION_SECONDS * SECOND_NS;
}

// A told logon that goes with what was executed from the same host is no administrator's errand.
static void edges_raise_logons(struct edge_list *list, const struct clue_book *book) {
    uint32_t *last = memory_new((size_t)book->cast.fleet.count + 1, sizeof *last); // from 1
    uint32_t *before = memory_new((size_t)list->count + 1, sizeof *before);
    for (uint32_t i = 0; i < list->count; i++) {
        if (!edge_executes(&list->edges[i], book))
            continue;
        before[i] = last[list->edges[i].from];
        last[list->edges[i].from] = i + 1;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct edge *edge = &list->edges[i];
        if (!edge->is_told || edge->cost != WEIGHT_EDGE_LOGON)
            continue;
        for (uint32_t k = last[edge->from]; k; k = before[k - 1]) {
            if (!edge_goes_with(edge, &list->edges[k - 1]))
                continue;
            edge->cost = WEIGHT_EDGE_ACCOUNT;
            edge->reason = "logon beside executions from the same host";
            break;
        }
    }
    memory_free(last);
    memory_free(before);
}

static void edges_doubt_movers(struct edge_list *list, const struct clue_book *book) {
    for (uint32_t i = 0; i < list->count; i++) {
        struct edge *edge = &list->edges[i];
        if (edge->is_told && book->clues[edge->clue].source_moves &&
            (edge->cost == WEIGHT_EDGE_ACCOUNT || edge->cost == WEIGHT_EDGE_LOGON))
            edge->cost += WEIGHT_EDGE_MOVES;
    }
}

static enum status edge_of_relation(struct edge_list *list, const struct relation *relation,
                                    struct problem *problem) {
    bool runs = relation->kind == RELATION_REMOTE_EXECUTION;
    struct edge edge = {.time_ns = relation->first_ns,
                        .from = relation->from_host,
                        .to = relation->to_host,
                        .cost = runs ? WEIGHT_EDGE_EXECUTION : WEIGHT_EDGE_LOGON,
                        .reason = runs ? "remote execution" : "rare logon",
                        .account = arena_keep(&list->arena, relation->account),
                        .references = references_keep(&list->arena, relation->references,
                                                      relation->reference_count),
                        .reference_count = relation->reference_count};
    if (!edge.references || !edge_list_add(list, &edge))
        return problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    return STATUS_OK;
}

// New to the pair: not there in the first week of evidence, and not a habit.
static bool relation_is_candidate(const struct relation *relation, const struct clue_book *book) {
    const struct correlate_input *input = book->cast.input;
    if (relation->from_host == RELATION_NO_HOST || relation->to_host == RELATION_NO_HOST ||
        relation->from_host == relation->to_host || relation->first_ns == CLOCK_NONE ||
        relation->reference_count == 0 || slice_equal(relation->detail[1], SLICE("failed")))
        return false;
    bool habit = relation->last_ns - relation->first_ns > 4 * ROUTINE_NS && relation->count > 20;
    bool known = relation->first_ns < input->first_ns + ROUTINE_NS &&
                 input->last_ns - input->first_ns > 4 * ROUTINE_NS;
    int64_t from_ns = relation->first_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS;
    int64_t until_ns = relation->first_ns + WEIGHT_ARRIVAL_SECONDS * SECOND_NS;
    return !habit && !known && clue_evidence(book, relation->to_host, from_ns, until_ns) > 0;
}

struct candidates {
    struct edge_list *list;
    const struct clue_book *book;
};

static enum status relation_try(void *context, struct relation *relation, struct problem *problem) {
    const struct candidates *candidates = context;
    if (relation->from_host == RELATION_NO_HOST)
        relation->from_host =
            cast_find(&candidates->book->cast, relation->from, relation->first_ns);
    return relation_is_candidate(relation, candidates->book)
               ? edge_of_relation(candidates->list, relation, problem)
               : STATUS_OK;
}

static enum status edges_of_relations(struct edge_list *list, const struct clue_book *book,
                                      struct problem *problem) {
    struct candidates candidates = {list, book};
    return relation_source_each(book->cast.input->relations,
                                RELATION_MASK(LOGON) | RELATION_MASK(REMOTE_EXECUTION),
                                RELATION_ORDER_PAIR, relation_try, &candidates, problem);
}

static int edge_compare(const void *left, const void *right) {
    const struct edge *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    if (a->reference_count && b->reference_count)
        return reference_compare(&a->references[0], &b->references[0]);
    return 0;
}

// Administrators' jump hosts and scanners reach many: each of their edges says less. Waves are
// exempt: reaching many is what they are.
static void edges_weigh_hubs(struct edge_list *list, uint32_t host_count) {
    list->hubs = memory_new((size_t)host_count + 1, sizeof *list->hubs);
    uint32_t *reached = memory_new((size_t)host_count + 1, sizeof *reached);
    struct table seen;
    table_init(&seen);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct edge *edge = &list->edges[i];
        uint64_t key = digest_mix64((uint64_t)edge->from << 32 | edge->to, 1);
        if (edge->is_member || table_find(&seen, key, NULL, NULL, NULL) != TABLE_NONE)
            continue;
        table_add(&seen, key, i);
        reached[edge->from]++;
    }
    for (uint32_t host = 0; host < host_count; host++)
        list->hubs[host] = millibits_of(1 + (uint64_t)reached[host]);
    table_done(&seen);
    memory_free(reached);
}

enum status edge_list_init(struct edge_list *list, const struct clue_book *book,
                           struct problem *problem) {
    *list = (struct edge_list){0};
    arena_init(&list->arena, EDGE_BYTES);
    edges_of_clues(list, book);
    edges_raise_logons(list, book);
    edges_doubt_movers(list, book);
    enum status status = edges_of_relations(list, book, problem);
    if (status != STATUS_OK) {
        edge_list_done(list);
        return status;
    }
    edge_list_sort(list);
    edges_weigh_hubs(list, book->cast.fleet.count);
    return STATUS_OK;
}

void edge_list_sort(struct edge_list *list) {
    if (list->count)
        qsort(list->edges, list->count, sizeof *list->edges, edge_compare);
}

int32_t edge_first_move_evidence(const struct edge_list *list, int64_t since_ns) {
    int64_t days = since_ns <= 0 ? 1 : 1 + since_ns / (86400 * SECOND_NS);
    int32_t bits = list->first_move - millibits_of((uint64_t)days);
    return bits < 0 ? 0 : bits < WEIGHT_LEVEL_CRITICAL ? bits : WEIGHT_LEVEL_CRITICAL;
}

bool edge_list_add(struct edge_list *list, const struct edge *edge) {
    if (list->count >= EDGES_MAX)
        return false;
    *edge_add(list) = *edge;
    return true;
}

void edge_list_done(struct edge_list *list) {
    arena_done(&list->arena);
    memory_free(list->edges);
    memory_free(list->hubs);
    *list = (struct edge_list){0};
}
