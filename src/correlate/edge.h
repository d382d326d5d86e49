// How one host may have been reached from another
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_EDGE_H
#define CORRELATE_EDGE_H

#include "correlate/clue.h"

// A candidate. `from` is where the intruder was before, `to` where he came to.
struct edge {
    int64_t time_ns;
    uint32_t from, to; // of the cast
    int32_t cost;      // millibits, without the hub's share
    bool is_member;    // membership of a wave convicts by itself
    bool is_told;      // a detector told it; else it is a bare relation
    bool is_silent;    // to a stepping stone (silent.h); `evidence` is what it explains
    bool is_proven; // silent, and something was executed elsewhere from there: others' logs say so
    bool is_by_account; // the account is what tells, not how many its source reached
    bool is_first_move; // told: a logon or session of a host that had never moved to others
    bool is_loose;      // only logs without a time zone show it: hours may be missing
    int32_t evidence;   // of the finding that told it, beyond what its rarity leaves it
    uint32_t clue;      // that told it
    const char *reason; // static
    struct slice account;
    const struct reference *references;
    uint32_t reference_count;
};

enum {
    EDGES_MAX = 4 << 20
};

// By (time, from, to, cost, first reference), so that ties always go the same way.
struct edge_list {
    struct arena arena;
    struct edge *edges;
    uint32_t count, capacity;
    int32_t first_move; // what a first move weighs on the day when its source fell
    int32_t *hubs; // by host: what each edge from it costs besides: log2(1 + hosts newly reached)
};

// From detectors' findings that name a source, and from relations (logons, remote executions)
// between two of our hosts that are new to the pair and lead to a host with evidence of its own.
enum status edge_list_init(struct edge_list *list, const struct clue_book *book,
                           struct problem *problem);
void edge_list_done(struct edge_list *list);

// An account without its domain; records of one account name it with and without.
struct slice account_user(struct slice account);
struct slice account_name(struct slice account); // the same of ann@corp.example.com, too
// Accounts that every host has say nothing about who used them.
bool account_is_somebodys(struct slice account);

// A detector is sure that something was executed on its target from its source.
bool edge_executes(const struct edge *edge, const struct clue_book *book);

// A detector told it of a source that had never moved to others before.
bool edge_is_first_of_quiet(const struct edge *edge, const struct clue_book *book);

// With the hub's share where it says anything.
static inline int32_t edge_cost(const struct edge_list *list, const struct edge *edge) {
    return edge->cost + (edge->is_told || edge->is_by_account ? 0 : list->hubs[edge->from]);
}

// What a first move tells of the host it leads to, when its source fell so long before: the longer
// ago, the likelier its owner's.
int32_t edge_first_move_evidence(const struct edge_list *list, int64_t since_ns);

// One more, which takes its place when all are sorted. False when there is no room. Its references
// and account lie in the list's arena or the book's.
bool edge_list_add(struct edge_list *list, const struct edge *edge);
void edge_list_sort(struct edge_list *list);

#endif
