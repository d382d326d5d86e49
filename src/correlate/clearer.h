// Whose clearing of logs is a campaign's
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_CLEARER_H
#define CORRELATE_CLEARER_H

#include "correlate/assembly.h"
#include "correlate/known_account.h"

// Logs are cleared on every host of a fleet now and then. Where an account that the campaign uses
// cleared some on any of its hosts, or one account cleared those of WEIGHT_CLEARER_TIMES as many of
// its hosts as another, that other's doing so is no sign of it.
struct clearers {
    const struct known_accounts *known;
    struct clearer {
        struct slice person;
        uint32_t host, hosts; // hosts: once counted
    } * rows;                 // by person
    uint32_t count, most;
    bool by_known;
};

// Of the campaign in work (assembly->members). `known` is borrowed.
void clearers_init(struct clearers *clearers, const struct assembly *assembly,
                   const struct known_accounts *known);
void clearers_done(struct clearers *clearers);

// Whether somebody's account, and not the campaign's, cleared a log. The clue is of the campaign,
// at least medium, and counts.
bool clearing_is_strangers(const struct clearers *clearers, const struct clue *clue);

#endif
