// Hosts that an intrusion could have reached
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_BYSTANDER_H
#define CORRELATE_BYSTANDER_H

#include "correlate/clue.h"

// A host that is none of a campaign's, but
//
//   - fetched from its turned server, or asked it for anything, while a wave went out from there,
//   or
//   - was logged on to, or worked on, from one of its hosts by an account that the intruder used.
//
// Nothing shows that it is compromised: it is *cleared* when its own logs would show it and cover
// the time (alibi.h), else *exposed*. It never joins the campaign's hosts.
struct bystander_way {
    enum {
        BYSTANDER_FETCHED,
        BYSTANDER_ASKED,
        BYSTANDER_EXECUTION,
        BYSTANDER_LOGON
    } kind;
    uint32_t unit;     // number of the campaign; incidents after them
    uint32_t host;     // of the cast, or beyond it: an address that no evidence names
    uint32_t source;   // index into the campaign's hosts
    int64_t time_ns;   // the first in the time that counts
    struct slice what; // the path fetched, the account
    struct reference references[3];
    uint32_t reference_count;
};

struct bystander_search {
    const struct correlate_input *input;
    const struct clue_book *book;
    struct reconstruction *made;
    struct arena *arena;       // of the result
    struct interner addresses; // number - cast's count
    struct bystander_way *ways;
    uint32_t count, capacity;
};

enum {
    BYSTANDERS_MAX = 5000,    // told of a campaign
    BYSTANDER_UNITS_MAX = 64, // campaigns, then incidents, that are looked at
    BYSTANDER_WAYS_MAX = 1 << 18
};

// The campaign or incident of that number.
struct campaign *bystander_unit(const struct bystander_search *search, uint32_t number);

// One pass over logons and remote executions, and with a wave over fetches and web requests; the
// earliest way to each host stays, sorted by (unit, host). bystander_search_done it in any case.
enum status bystander_search_init(struct bystander_search *search, struct problem *problem);
void bystander_search_done(struct bystander_search *search);

// Fills in every campaign's bystanders (bystander_state.c). STATUS_LIMIT when the arena is full.
enum status bystanders_tell(struct bystander_search *search,
                            const struct evidence_coverage *coverage, struct problem *problem);

#endif
