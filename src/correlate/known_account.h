// Accounts that a campaign is known to use
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_KNOWN_ACCOUNT_H
#define CORRELATE_KNOWN_ACCOUNT_H

#include "correlate/forest.h"

// On a server where many work, what one account does may be its owner's work while an intruder is
// there with another. An account is known to be the intruders' where
//
//   a host of the campaign was reached with it: with more than a logon, as a detector told, or
//   because it had executed on others before;
//   high findings of two stages on hosts of the campaign tell of it. Rules that send mail on are
//   none of them: whose they are is judged by who set them (mail_rules.h).
//
// Names are compared without domain.
struct known_accounts {
    struct account_use {
        struct slice user;
        unsigned stages; // of high findings, bits
        bool moves;      // a host was reached with it
    } * uses;            // by user
    uint32_t count;
};

// Of the tree with this root.
void known_accounts_init(struct known_accounts *known, const struct clue_book *book,
                         const struct edge_list *edges, const struct forest *forest, uint32_t root);
void known_accounts_done(struct known_accounts *known);

bool account_is_known(const struct known_accounts *known, struct slice account);

// Whether somebody's account did it, and one that is known to be the intruders'.
bool clue_is_by_known_account(const struct known_accounts *known, const struct clue *clue);

// Whether somebody's account did it that is not known to be theirs.
bool clue_is_by_stranger(const struct known_accounts *known, const struct clue *clue);

#endif
