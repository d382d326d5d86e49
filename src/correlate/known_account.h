// Accounts that a campaign is known to use
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_KNOWN_ACCOUNT_H
#define CORRELATE_KNOWN_ACCOUNT_H

#include "correlate/assembly.h"

// On a server where many work, what one account does may be its owner's work while an intruder is
// there with another. An account is known to be the intruders' where hosts of the campaign were
// reached with it, or high findings of two stages tell of it. Names are compared without domain.
struct known_accounts {
    struct account_use {
        struct slice user;
        unsigned stages; // of high findings, bits
        bool moves;      // a host was reached with it
    } * uses;            // by user
    uint32_t count;
};

// Of the campaign in work (assembly->members).
void known_accounts_init(struct known_accounts *known, const struct assembly *assembly);
void known_accounts_done(struct known_accounts *known);

// Whether somebody's account did it, and one that is known to be the intruders'.
bool clue_is_by_known_account(const struct known_accounts *known, const struct clue *clue);

// Whether somebody's account did it that is not known to be theirs.
bool clue_is_by_stranger(const struct known_accounts *known, const struct clue *clue);

#endif
