// One form for an account's names
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_ACCOUNT_BOOK_H
#define RELATE_ACCOUNT_BOOK_H

#include "base/intern.h"

#include <stdint.h>

// domain\user in lower case, for SIDs that a logon showed with it, and for UPNs (user@realm) whose
// realm starts with the domain, or whose user is in one domain only.
struct account_book {
    struct interner accounts; // domain\user
    struct interner sids;
    struct interner users;
    uint32_t *sid_accounts;  // by SID
    uint32_t *user_accounts; // by user; ACCOUNT_SEVERAL
};

void account_book_init(struct account_book *book);
void account_book_done(struct account_book *book);

// What a logon shows together; `sid` may be empty.
void account_book_learn(struct account_book *book, struct slice account, struct slice sid);

// The settled form, at most `size` bytes of it.
size_t account_book_settle(const struct account_book *book, struct slice account, uint8_t *to,
                           size_t size);

#endif
