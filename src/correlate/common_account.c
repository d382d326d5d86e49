// Logons by an account that every host has
// SPDX-License-Identifier: Apache-2.0
//
// Cost: one pass over logons; told logons by such accounts are compared with each other, HANDS_MAX
// at most.
#include "correlate/common_account.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

#define SKEW_NS (WEIGHT_SKEW_SECONDS * SECOND_NS)

enum {
    HANDS_MAX = 1024
};

// A told logon over SSH by such an account.
struct hand {
    uint32_t edge;
    bool is_ssh, is_known; // it explains its target, from a host that was reached by then
};

struct hands {
    const struct clue_book *book;
    const struct forest *forest;
    const struct edge_list *edges;
    struct hand rows[HANDS_MAX];
    uint32_t count;
    bool others; // who is not told uses it, too
};

static bool account_is_root(struct slice account) {
    return text_equal_fold_ascii(account_user(account), SLICE("root"));
}

static bool edge_is_known(const struct forest *forest, const struct edge_list *edges,
                          uint32_t number) {
    const struct edge *edge = &edges->edges[number];
    const struct forest_host *from = &forest->hosts[edge->from], *to = &forest->hosts[edge->to];
    return from->reached_ns != CLOCK_NONE && from->reached_ns <= edge->time_ns + SKEW_NS &&
           to->edge == number;
}

static void hands_find(struct hands *hands) {
    for (uint32_t i = 0; i < hands->edges->count && hands->count < HANDS_MAX; i++) {
        const struct edge *edge = &hands->edges->edges[i];
        if (edge_is_first_of_quiet(edge, hands->book) && account_is_root(edge->account))
            hands->rows[hands->count++] =
                (struct hand){.edge = i, .is_known = edge_is_known(hands->forest, hands->edges, i)};
    }
}

static enum status logon_take(void *context, struct relation *relation, struct problem *problem) {
    struct hands *hands = context;
    (void)problem;
    if (!slice_equal(relation->artefact, SLICE("ssh")) || relation->detail[1].size || // failed
        !account_is_root(relation->account))
        return STATUS_OK;
    cast_find_ends(&hands->book->cast, relation);
    bool told = false;
    for (uint32_t i = 0; i < hands->count; i++) {
        const struct edge *edge = &hands->edges->edges[hands->rows[i].edge];
        bool same = edge->from == relation->from_host && edge->to == relation->to_host;
        hands->rows[i].is_ssh |= same;
        told |= same;
    }
    hands->others |= !told;
    return STATUS_OK;
}

// The last that is known before the time; else the first that is known; or NULL.
static const struct hand *hand_before(const struct hands *hands, int64_t time_ns) {
    const struct hand *best = NULL;
    for (uint32_t i = 0; i < hands->count; i++) {
        const struct hand *hand = &hands->rows[i];
        if (hand->is_known && hand->is_ssh &&
            (!best || hands->edges->edges[hand->edge].time_ns < time_ns))
            best = hand;
    }
    return best;
}

// Where the intruders were when they used it: the host that did before, else their first one.
// FOREST_NONE: they were nowhere yet.
static uint32_t hand_source(const struct hands *hands, const struct edge *use) {
    const struct hand *before = hand_before(hands, use->time_ns);
    const struct edge *edge = &hands->edges->edges[before->edge];
    const struct forest_host *hosts = hands->forest->hosts;
    uint32_t source = edge->time_ns < use->time_ns ? edge->from : hosts[edge->from].root;
    return hosts[source].reached_ns < use->time_ns ? source : FOREST_NONE;
}

static bool use_is_unknown(const struct hands *hands, const struct hand *hand) {
    const struct edge *edge = &hands->edges->edges[hand->edge];
    const struct forest_host *from = &hands->forest->hosts[edge->from];
    return hand->is_ssh && (from->reached_ns == CLOCK_NONE || from->reached_ns > edge->time_ns);
}

// An entry of its own whose tree gives out a wave is no host of this campaign's: whoever broke in
// there may have logged on as root himself.
static bool use_begins_a_wave(const struct hands *hands, const struct edge *use) {
    const struct forest *forest = hands->forest;
    for (uint32_t host = 0; host < forest->host_count; host++)
        if (forest->hosts[host].is_member && forest->hosts[host].reached_ns != CLOCK_NONE &&
            forest->hosts[host].root == use->from)
            return true;
    return false;
}

// What it tells of the host that it was used from: host-days of the evidence without such a logon.
static int32_t use_bits(const struct hands *hands, const struct edge *edge) {
    uint64_t hosts = hands->book->cast.input->fleet->count;
    uint64_t days = hands->book->clues[edge->clue].source_quiet_days;
    int32_t bits = millibits_of_ratio(hosts * days, 1);
    return bits < WEIGHT_LEVEL_CRITICAL ? bits : WEIGHT_LEVEL_CRITICAL;
}

static bool uses_lead(const struct hands *hands, struct edge_list *list, uint32_t *ret_found) {
    for (uint32_t i = 0; i < hands->count; i++)
        if (use_is_unknown(hands, &hands->rows[i]) &&
            hand_source(hands, &list->edges[hands->rows[i].edge]) == FOREST_NONE)
            return true; // somebody used it before them
    for (uint32_t i = 0; i < hands->count; i++) {
        const struct edge *use = &list->edges[hands->rows[i].edge];
        int32_t bits = use_bits(hands, use);
        if (!use_is_unknown(hands, &hands->rows[i]) || bits <= WEIGHT_EDGE_KNOWN_ACCOUNT ||
            use_begins_a_wave(hands, use))
            continue;
        struct edge edge = {.time_ns = use->time_ns - 1,
                            .from = hand_source(hands, use),
                            .to = use->from,
                            .cost = WEIGHT_EDGE_KNOWN_ACCOUNT,
                            .is_by_account = true,
                            .evidence = bits,
                            .reason = "logs on as root, as nobody but the intruders does",
                            .account = use->account,
                            .references = use->references,
                            .reference_count = use->reference_count};
        if (edge.from == edge.to)
            continue;
        if (!edge_list_add(list, &edge))
            return false;
        (*ret_found)++;
    }
    return true;
}

enum status common_account_edges_add(struct edge_list *list, const struct forest *forest,
                                     const struct clue_book *book, uint32_t *ret_found,
                                     struct problem *problem) {
    struct hands *hands = memory_new(1, sizeof *hands);
    *hands = (struct hands){.book = book, .forest = forest, .edges = list};
    *ret_found = 0;
    hands_find(hands);
    enum status status = STATUS_OK;
    if (hands->count)
        status = relation_source_each(book->cast.input->relations, RELATION_MASK(LOGON),
                                      RELATION_ORDER_PAIR, logon_take, hands, problem);
    if (status == STATUS_OK && !hands->others && hand_before(hands, INT64_MAX) &&
        !uses_lead(hands, list, ret_found))
        status = problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    if (*ret_found)
        edge_list_sort(list);
    memory_free(hands);
    return status;
}
