// Bare sessions in company of a campaign's moves
// SPDX-License-Identifier: Apache-2.0
//
// Cost: n log n of the told moves; for each bare one of a host that nobody reached, those within a
// day of it are looked at, COMPANY_MAX at most.
#include "correlate/bare_move.h"

#include "base/clock.h"
#include "base/memory.h"
#include "correlate/weights.h"

#define DAY_NS (86400 * SECOND_NS)
#define NEAR_NS (WEIGHT_SESSION_SECONDS * SECOND_NS)
#define SKEW_NS (WEIGHT_SKEW_SECONDS * SECOND_NS)

enum {
    COMPANY_MAX = 256 // moves before, and after, that are looked at
};

// Told moves from host to host, by time.
struct move {
    uint32_t edge;
    bool is_known; // from a host that was reached by then, to another of its tree
    bool is_bare;  // the first of its source that nothing shows to be reached, on the wire alone
};

struct moves {
    const struct clue_book *book;
    const struct forest *forest;
    const struct edge_list *edges;
    struct move *rows;
    uint32_t count;
    bool *guessed;     // by host: nothing but bare first moves shows that its tree began there
    uint32_t *ties;    // by host: the tree of whom told edges tie it to; FOREST_NONE: none
    uint64_t strays;   // bare moves far from all that is known
    uint64_t far_days; // of the evidence
};

static const struct edge *move_edge(const struct moves *moves, uint32_t number) {
    return &moves->edges->edges[moves->rows[number].edge];
}

// The tree that a host is of. An entry that is a guess is none: it may be a step of a campaign.
static uint32_t host_root(const struct moves *moves, uint32_t host) {
    uint32_t root = moves->forest->hosts[host].root;
    return root != FOREST_NONE && moves->guessed[root] ? FOREST_NONE : root;
}

// All that leads on in such a tree is bare.
static void guesses_find(struct moves *moves, const struct hidden_list *hidden) {
    const struct forest *forest = moves->forest;
    moves->guessed = memory_new((size_t)forest->host_count + 1, sizeof *moves->guessed);
    for (uint32_t host = 0; host < forest->host_count; host++)
        moves->guessed[host] = forest->hosts[host].is_hidden && !hidden->by_host[host].is_proven;
    for (uint32_t host = 0; host < forest->host_count; host++) {
        const struct forest_host *reached = &forest->hosts[host];
        if (reached->reached_ns == CLOCK_NONE || reached->edge == FOREST_NONE)
            continue;
        const struct edge *edge = &moves->edges->edges[reached->edge];
        if (!edge->is_first_move || edge->account.size)
            moves->guessed[reached->root] = false;
    }
}

static bool edge_is_known(const struct moves *moves, const struct edge *edge) {
    const struct forest_host *from = &moves->forest->hosts[edge->from];
    const struct forest_host *to = &moves->forest->hosts[edge->to];
    return from->reached_ns != CLOCK_NONE && from->reached_ns <= edge->time_ns + SKEW_NS &&
           to->edge != FOREST_NONE && to->root == from->root &&
           host_root(moves, edge->from) != FOREST_NONE;
}

// Whether an address says who that was: nothing else names it, or the host never had another.
static bool host_is_settled(const struct cast *cast, uint32_t host) {
    const struct fleet_host *known = &cast->fleet.hosts[host];
    uint32_t addresses = 0;
    for (uint32_t i = 0; i < known->alias_count; i++)
        addresses += address_is_address(known->aliases[i].text);
    return addresses <= 1;
}

static bool edge_is_bare(const struct moves *moves, const struct edge *edge) {
    return edge_is_first_of_quiet(edge, moves->book) && edge->is_first_move &&
           edge->account.size == 0 &&
           (moves->forest->hosts[edge->from].reached_ns == CLOCK_NONE ||
            moves->guessed[edge->from]) &&
           host_is_settled(&moves->book->cast, edge->from);
}

static void tie_add(struct moves *moves, uint32_t host, uint32_t other) {
    if (moves->ties[host] == FOREST_NONE)
        moves->ties[host] = host_root(moves, other);
}

// Who takes another tree's loot, or leads there, is of that one.
static void ties_find(struct moves *moves) {
    moves->ties = memory_new((size_t)moves->forest->host_count + 1, sizeof *moves->ties);
    for (uint32_t host = 0; host < moves->forest->host_count; host++)
        moves->ties[host] = FOREST_NONE;
    for (uint32_t i = 0; i < moves->edges->count; i++) {
        const struct edge *edge = &moves->edges->edges[i];
        if (!edge->is_told || edge->from == edge->to)
            continue;
        tie_add(moves, edge->from, edge->to);
        tie_add(moves, edge->to, edge->from);
    }
}

// Edges come by time.
static void moves_find(struct moves *moves) {
    moves->rows = memory_new((size_t)moves->edges->count + 1, sizeof *moves->rows);
    for (uint32_t i = 0; i < moves->edges->count; i++) {
        const struct edge *edge = &moves->edges->edges[i];
        if (!edge->is_told || edge->is_member ||
            !clue_is_of(&moves->book->clues[edge->clue], "vedette-lateral-"))
            continue;
        struct move move = {.edge = i,
                            .is_known = edge_is_known(moves, edge),
                            .is_bare = edge_is_bare(moves, edge)};
        if (move.is_known || move.is_bare)
            moves->rows[moves->count++] = move;
    }
}

// Days of the evidence that no known move is within a day of, and the bare moves in them.
static void moves_count_far(struct moves *moves) {
    const struct correlate_input *input = moves->book->cast.input;
    int64_t near_until_ns = input->first_ns, far_ns = 0;
    for (uint32_t i = 0; i < moves->count; i++) {
        int64_t time_ns = move_edge(moves, i)->time_ns;
        if (!moves->rows[i].is_known)
            continue;
        if (time_ns - NEAR_NS > near_until_ns)
            far_ns += time_ns - NEAR_NS - near_until_ns;
        if (time_ns + NEAR_NS > near_until_ns)
            near_until_ns = time_ns + NEAR_NS;
    }
    if (input->last_ns > near_until_ns)
        far_ns += input->last_ns - near_until_ns;
    moves->far_days = (uint64_t)(far_ns / DAY_NS);
    int64_t before_ns = INT64_MIN / 2;
    for (uint32_t i = 0, next = 0; i < moves->count; i++) {
        int64_t time_ns = move_edge(moves, i)->time_ns;
        if (moves->rows[i].is_known)
            before_ns = time_ns;
        if (!moves->rows[i].is_bare)
            continue;
        if (next < i)
            next = i;
        while (next < moves->count && !moves->rows[next].is_known)
            next++;
        bool far = time_ns - before_ns > NEAR_NS;
        far &= next == moves->count || move_edge(moves, next)->time_ns - time_ns > NEAR_NS;
        moves->strays += far;
    }
}

// The hosts that one tree reached within a day of a move, and those that others' bare moves led to.
struct company {
    uint32_t hosts[2 * COMPANY_MAX];
    uint32_t count, known; // of them the tree's
    uint32_t root;         // FOREST_NONE: none yet
    uint32_t last;         // who moved last before; FOREST_NONE: nobody
};

static void company_add(struct company *company, const struct moves *moves, uint32_t number,
                        const struct edge *of) {
    const struct edge *edge = move_edge(moves, number);
    bool known = moves->rows[number].is_known;
    uint32_t root = moves->forest->hosts[edge->from].root;
    if (known ? company->root != FOREST_NONE && company->root != root : edge->from == of->from)
        return;
    company->root = known ? root : company->root;
    for (uint32_t i = 0; i < company->count; i++)
        if (company->hosts[i] == edge->to)
            return;
    company->hosts[company->count++] = edge->to;
    company->known += known;
}

// The tree is that of the nearest known move before, else after.
static void company_find(struct company *company, const struct moves *moves, uint32_t number) {
    const struct edge *of = move_edge(moves, number);
    int64_t time_ns = of->time_ns;
    *company = (struct company){.root = FOREST_NONE, .last = FOREST_NONE};
    for (uint32_t i = number; i > 0 && number - i < COMPANY_MAX; i--) {
        if (time_ns - move_edge(moves, i - 1)->time_ns > NEAR_NS)
            break;
        company_add(company, moves, i - 1, of);
        if (company->last == FOREST_NONE && moves->rows[i - 1].is_known &&
            moves->forest->hosts[move_edge(moves, i - 1)->from].root == company->root)
            company->last = move_edge(moves, i - 1)->from;
    }
    for (uint32_t i = number + 1; i < moves->count && i - number < COMPANY_MAX; i++) {
        if (move_edge(moves, i)->time_ns - time_ns > NEAR_NS)
            break;
        company_add(company, moves, i, of);
    }
    if (company->last == FOREST_NONE)
        company->last = company->root;
}

// The moves of these two days against the bare ones that others are expected to make in
// two days: half a one more than was seen.
static int32_t company_bits(const struct company *company, const struct moves *moves) {
    int32_t bits = millibits_of_ratio(company->count * moves->far_days, 1 + 2 * moves->strays);
    return bits < WEIGHT_LEVEL_CRITICAL ? bits : WEIGHT_LEVEL_CRITICAL;
}

// Nothing ties it, or whom it leads to, to another tree: trees stay apart.
static bool host_may_be_of(const struct moves *moves, uint32_t host, uint32_t root) {
    uint32_t own = host_root(moves, host), tie = moves->ties[host];
    return (own == FOREST_NONE || own == root) && (tie == FOREST_NONE || tie == root);
}

static bool move_is_of(const struct moves *moves, const struct edge *move,
                       const struct company *company) {
    return company->known >= WEIGHT_COMPANY_HOSTS && company->last != move->from &&
           moves->forest->hosts[company->last].reached_ns < move->time_ns &&
           host_may_be_of(moves, move->from, company->root) &&
           host_may_be_of(moves, move->to, company->root);
}

static bool moves_lead(const struct moves *moves, struct edge_list *list, uint32_t *ret_found) {
    struct company *company = memory_new(1, sizeof *company);
    bool room = true;
    for (uint32_t i = 0; room && i < moves->count; i++) {
        if (!moves->rows[i].is_bare)
            continue;
        company_find(company, moves, i);
        const struct edge *move = move_edge(moves, i);
        int32_t bits = company_bits(company, moves);
        if (!move_is_of(moves, move, company) || bits <= WEIGHT_EDGE_COMPANY)
            continue;
        struct edge edge = {.time_ns = move->time_ns - 1,
                            .from = company->last,
                            .to = move->from,
                            .cost = WEIGHT_EDGE_COMPANY,
                            .is_by_account = true,
                            .evidence = bits,
                            .reason = "its first session, as nobody but the intruders opened then",
                            .references = move->references,
                            .reference_count = move->reference_count};
        room = edge_list_add(list, &edge);
        *ret_found += room;
    }
    memory_free(company);
    return room;
}

enum status bare_move_edges_add(struct edge_list *list, const struct forest *forest,
                                const struct clue_book *book, const struct hidden_list *hidden,
                                uint32_t *ret_found, struct problem *problem) {
    struct moves moves = {.book = book, .forest = forest, .edges = list};
    *ret_found = 0;
    guesses_find(&moves, hidden);
    ties_find(&moves);
    moves_find(&moves);
    moves_count_far(&moves);
    enum status status = STATUS_OK;
    if (!moves_lead(&moves, list, ret_found))
        status = problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    if (*ret_found)
        edge_list_sort(list);
    memory_free(moves.rows);
    memory_free(moves.ties);
    memory_free(moves.guessed);
    return status;
}
