// The cheapest earlier explanation of each host
// SPDX-License-Identifier: Apache-2.0
//
// 1. hosts[h].reached_ns only moves before anything was explained by it: once set, it stays.
// 2. The source of hosts[h].edge was reached at or before the edge's time plus the skew.
// 3. Following edges from any host ends at its root.
#include "correlate/forest.h"

#include "base/clock.h"
#include "base/memory.h"
#include "correlate/weights.h"

#include <assert.h>
#include <stdlib.h>

bool clue_counts(const struct clue *clue, const struct forest_host *host) {
    return host->root != FOREST_NONE && !clue->is_benign && !clue->is_untied &&
           clue->last_ns >= host->reached_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS;
}

bool clue_gives_out(const struct clue *clue) {
    return clue_is_of(clue, "vedette-wave-package-replaced") ||
           clue_is_of(clue, "vedette-wave-hosts");
}

// What an intruder does first on a host that he comes into from outside. A server that gives out
// what was never released is in somebody's hands, whether or not his way in is known.
static bool clue_is_entry(const struct clue *clue) {
    return clue->stage == STAGE_ENTRY || clue->stage == STAGE_FOOTHOLD || clue_gives_out(clue);
}

// Evidence that this host was broken into from outside, and the first clue of it.
// `met` has a place for each rule and says on which host (from 1) it was met last: each rule counts
// once. *ret_way: what of it shows a way in.
static int32_t entry_evidence(const struct clue_book *book, uint32_t host, uint32_t *met,
                              uint32_t *ret_clue, int32_t *ret_way) {
    int32_t sum = 0;
    uint32_t count = 0;
    *ret_clue = FOREST_NONE;
    *ret_way = 0;
    for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++) {
        const struct clue *clue = &book->clues[i];
        bool again = met[clue->rule_number] == host + 1;
        met[clue->rule_number] = host + 1;
        bool from_inside = clue->source_host != RELATION_NO_HOST && clue->source_host != host;
        if (!clue_is_entry(clue) || clue->level < RULE_LEVEL_MEDIUM || clue->bits == 0 ||
            from_inside)
            continue;
        if (*ret_clue == FOREST_NONE)
            *ret_clue = i;
        if (again || count++ >= 2 * WEIGHT_RULES_A_STAGE)
            continue;
        sum += clue_gives_out(clue) ? WEIGHT_LEVEL_CRITICAL : clue->bits;
        *ret_way += clue_gives_out(clue) ? 0 : clue->bits;
    }
    return sum;
}

// An entry in waiting: when time comes to it, it competes with the edges.
struct root {
    int64_t time_ns;
    uint32_t host, clue;
    int32_t cost;
    int32_t explains; // of a hidden entry
    bool is_hidden;
};

static int root_compare(const void *left, const void *right) {
    const struct root *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return a->host < b->host ? -1 : a->host > b->host;
}

static int32_t root_price(int32_t root_cost, int32_t evidence) {
    int32_t cost = root_cost - evidence;
    return cost > WEIGHT_ROOT_MIN ? cost : WEIGHT_ROOT_MIN;
}

// A hidden entry begins with the first sign of a way in shortly before it was used, if there is
// one, else with its first use.
static void root_hide(struct root *root, const struct hidden_entry *hidden, int32_t price,
                      const struct clue_book *book) {
    bool shown =
        root->clue != FOREST_NONE && book->clues[root->clue].first_ns <= hidden->used_ns &&
        book->clues[root->clue].first_ns >= hidden->used_ns - WEIGHT_SILENT_SECONDS * SECOND_NS;
    root->is_hidden = true;
    root->cost = price;
    root->explains = hidden->gain;
    root->clue = shown ? root->clue : hidden->clue;
    root->time_ns = shown ? book->clues[root->clue].first_ns : hidden->used_ns;
}

static uint32_t roots_find(struct forest *forest, const struct clue_book *book, int32_t root_cost,
                           const struct hidden_list *hidden, struct root *roots) {
    uint32_t count = 0;
    uint32_t *met = memory_new((size_t)book->rule_count + 1, sizeof *met);
    for (uint32_t host = 0; host < forest->host_count; host++) {
        int32_t way;
        struct root *root = &roots[count];
        *root = (struct root){.host = host};
        root->cost = root_price(root_cost, entry_evidence(book, host, met, &root->clue, &way));
        forest->hosts[host].entry_price = root_price(root_cost, way);
        if (root->clue != FOREST_NONE)
            root->time_ns = book->clues[root->clue].first_ns;
        bool hides = hidden && hidden->by_host[host].used_ns != CLOCK_NONE;
        if (hides)
            root_hide(root, &hidden->by_host[host], forest->hosts[host].entry_price, book);
        count += hides || root->clue != FOREST_NONE;
    }
    memory_free(met);
    qsort(roots, count, sizeof *roots, root_compare);
    return count;
}

static void host_reach(struct forest *forest, const struct clue_book *book, uint32_t host,
                       int64_t time_ns, int32_t cost) {
    struct forest_host *reached = &forest->hosts[host];
    reached->reached_ns = time_ns;
    reached->cost = cost;
    reached->evidence =
        clue_evidence(book, host, time_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS, INT64_MAX);
}

static void root_try(struct forest *forest, const struct clue_book *book, const struct root *root) {
    struct forest_host *host = &forest->hosts[root->host];
    int32_t evidence = clue_evidence(book, root->host,
                                     root->time_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS, INT64_MAX);
    if (host->reached_ns != CLOCK_NONE || evidence + root->explains <= root->cost)
        return;
    host_reach(forest, book, root->host, root->time_ns, root->cost);
    host->edge = FOREST_NONE;
    host->root = root->host;
    host->entry_clue = root->clue;
    host->is_hidden = root->is_hidden;
}

// Keep an explanation that is not the best among the runners-up, by (cost, edge).
static void runner_up_keep(struct forest_host *host, uint32_t edge, int32_t cost) {
    uint32_t at = host->runner_up_count;
    while (at > 0 && host->runner_up_costs[at - 1] > cost)
        at--;
    if (at == CAMPAIGN_RUNNERS_UP_MAX)
        return;
    if (host->runner_up_count < CAMPAIGN_RUNNERS_UP_MAX)
        host->runner_up_count++;
    for (uint32_t i = host->runner_up_count - 1; i > at; i--) {
        host->runners_up[i] = host->runners_up[i - 1];
        host->runner_up_costs[i] = host->runner_up_costs[i - 1];
    }
    host->runners_up[at] = edge;
    host->runner_up_costs[at] = cost;
}

// A cheaper explanation takes the place of a dearer one that came before it, as long as nothing was
// explained by the host in between.
static bool edge_is_better(const struct forest *forest, const struct edge_list *edges,
                           const struct edge *edge, int32_t cost) {
    const struct forest_host *to = &forest->hosts[edge->to];
    bool same = to->edge != FOREST_NONE && edges->edges[to->edge].from == edge->from;
    return cost < to->cost && to->children == 0 && !same && to->root != edge->from &&
           !to->is_member;
}

// Beyond what its clue weighs by itself.
static int32_t first_move_evidence(const struct edge_list *edges, const struct edge *edge,
                                   const struct forest_host *from, int32_t clue_bits) {
    int32_t bits = edge_first_move_evidence(edges, edge->time_ns - from->reached_ns) -
                   (int32_t)from->steps * WEIGHT_EDGE_STEP - clue_bits;
    return bits > edge->evidence ? bits : edge->evidence;
}

static void edge_try(struct forest *forest, const struct clue_book *book,
                     const struct edge_list *edges, uint32_t number) {
    const struct edge *edge = &edges->edges[number];
    const struct forest_host *from = &forest->hosts[edge->from];
    struct forest_host *to = &forest->hosts[edge->to];
    const int64_t skew_ns =
        (edge->is_loose ? WEIGHT_ZONE_SECONDS : WEIGHT_SKEW_SECONDS) * SECOND_NS;
    if (edge->from == edge->to || from->reached_ns == CLOCK_NONE ||
        from->reached_ns > edge->time_ns + skew_ns)
        return;
    int32_t cost =
        edge_cost(edges, edge) + (from->reached_ns > edge->time_ns ? WEIGHT_EDGE_CLOCK : 0);
    if (to->reached_ns != CLOCK_NONE && !edge_is_better(forest, edges, edge, cost)) {
        bool other = to->edge == FOREST_NONE || edges->edges[to->edge].from != edge->from;
        bool near = edge->time_ns <= to->reached_ns + WEIGHT_ARRIVAL_SECONDS * SECOND_NS;
        if (other && near && cost < to->cost + WEIGHT_ALTERNATIVE)
            runner_up_keep(to, number, cost);
        return;
    }
    int64_t time_ns = edge->time_ns;
    int64_t from_ns = time_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS;
    int64_t until_ns =
        edge->is_told ? INT64_MAX : edge->time_ns + WEIGHT_ARRIVAL_SECONDS * SECOND_NS;
    int32_t shown = edge->is_silent ? 0 : clue_evidence(book, edge->to, from_ns, until_ns);
    int32_t told = edge->is_first_move
                       ? first_move_evidence(edges, edge, from, book->clues[edge->clue].bits)
                       : edge->evidence;
    if (!edge->is_member && shown + told <= cost)
        return;
    if (to->edge != FOREST_NONE)
        forest->hosts[edges->edges[to->edge].from].children--;
    host_reach(forest, book, edge->to, time_ns, cost);
    to->evidence += edge->is_silent ? 0 : told;
    to->steps = edge->is_first_move && shown < WEIGHT_CONFIRMED ? from->steps + 1 : 0;
    forest->hosts[edge->from].children++;
    to->edge = number;
    to->entry_clue = FOREST_NONE;
    to->is_hidden = false;
    to->root = from->root;
    to->is_member = edge->is_member;
}

void forest_init(struct forest *forest, const struct clue_book *book, const struct edge_list *edges,
                 int32_t root_cost, const struct hidden_list *hidden) {
    uint32_t host_count = book->cast.fleet.count;
    forest->hosts = memory_new((size_t)host_count + 1, sizeof *forest->hosts);
    forest->host_count = host_count;
    for (uint32_t host = 0; host < host_count; host++)
        forest->hosts[host] = (struct forest_host){.reached_ns = CLOCK_NONE,
                                                   .edge = FOREST_NONE,
                                                   .root = FOREST_NONE,
                                                   .entry_clue = FOREST_NONE};
    struct root *roots = memory_new((size_t)host_count + 1, sizeof *roots);
    uint32_t root_count = roots_find(forest, book, root_cost, hidden, roots);
    uint32_t next = 0;
    for (uint32_t i = 0; i < edges->count; i++) {
        while (next < root_count && roots[next].time_ns <= edges->edges[i].time_ns)
            root_try(forest, book, &roots[next++]);
        edge_try(forest, book, edges, i);
    }
    while (next < root_count)
        root_try(forest, book, &roots[next++]);
    memory_free(roots);
}

void forest_done(struct forest *forest) {
    memory_free(forest->hosts);
    *forest = (struct forest){0};
}

bool forest_weigh_first_moves(const struct forest *forest, struct edge_list *edges,
                              const struct clue_book *book) {
    uint64_t days = 0, others = 0;
    for (uint32_t i = 0; i < edges->count; i++) {
        const struct edge *edge = &edges->edges[i];
        if (!edge->is_first_move)
            continue;
        const struct forest_host *from = &forest->hosts[edge->from];
        others += from->reached_ns == CLOCK_NONE ||
                  from->reached_ns > edge->time_ns + WEIGHT_SKEW_SECONDS * SECOND_NS;
        if (book->clues[edge->clue].source_quiet_days > days)
            days = book->clues[edge->clue].source_quiet_days;
    }
    int32_t before = edges->first_move;
    edges->first_move = millibits_of_ratio(book->cast.input->fleet->count * days, 1 + others);
    return edges->first_move != before;
}

static uint32_t forest_root(const struct forest *forest, uint32_t host) {
    uint32_t root = forest->hosts[host].root;
    while (root != FOREST_NONE && forest->hosts[root].root != root)
        root = forest->hosts[root].root;
    return root;
}

// Which trees stand on evidence of an entry, by root.
static bool *entries_find(const struct forest *forest, const struct clue_book *book) {
    bool *entries = memory_new((size_t)forest->host_count + 1, sizeof *entries);
    for (uint32_t host = 0; host < forest->host_count; host++) {
        const struct forest_host *root = &forest->hosts[host];
        if (root->root != host)
            continue;
        for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++)
            entries[host] |= book->clues[i].stage == STAGE_ENTRY &&
                             (i == root->entry_clue || book->clues[i].level >= RULE_LEVEL_HIGH) &&
                             clue_counts(&book->clues[i], root);
    }
    return entries;
}

void forest_join(struct forest *forest, const struct clue_book *book, const struct edge_list *edges,
                 int32_t root_cost) {
    bool *entries = entries_find(forest, book);
    for (uint32_t i = 0; i < edges->count; i++) {
        const struct edge *edge = &edges->edges[i];
        if (!edge->is_told || edge->cost >= root_cost ||
            book->clues[edge->clue].level < RULE_LEVEL_MEDIUM ||
            (book->clues[edge->clue].source_moves && edge->cost > WEIGHT_EDGE_ACCOUNT))
            continue;
        uint32_t from = forest_root(forest, edge->from), to = forest_root(forest, edge->to);
        if (from == FOREST_NONE || to == FOREST_NONE || from == to)
            continue;
        // Two ways in are two intrusions, unless one ran something on a host of the other.
        if (entries[from] && entries[to] && !edge_executes(edge, book))
            continue;
        // The earlier tree takes the later one.
        bool from_first = forest->hosts[from].reached_ns <= forest->hosts[to].reached_ns;
        forest->hosts[from_first ? to : from].root = from_first ? from : to;
        entries[from_first ? from : to] |= entries[from_first ? to : from];
    }
    memory_free(entries);
    for (uint32_t host = 0; host < forest->host_count; host++)
        forest->hosts[host].root = forest_root(forest, host);
}
