// Which record names an account on a host
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_LOGON_BOOK_H
#define CORRELATE_LOGON_BOOK_H

#include "correlate/forest.h"

enum {
    LOGON_ROWS_MAX = 1 << 16,
    LOGON_NAME_MAX = 256
};

// Logons from one host of a tree to another, by target and account: the first since the source was
// reached. What findings cite of a session may be its flows alone, which name nobody.
struct logon_book {
    struct interner names; // accounts without domain, lower case
    struct table table;
    struct logon_row {
        uint32_t host, name;
        struct reference reference;
    } * rows;
    uint32_t count, capacity;
};

// One pass over logons and uses of credentials. logon_book_done it in any case.
enum status logon_book_init(struct logon_book *logons, const struct clue_book *book,
                            const struct forest *forest, struct problem *problem);
void logon_book_done(struct logon_book *logons);

// NULL: none.
const struct reference *logon_book_find(const struct logon_book *logons, uint32_t host,
                                        struct slice account);

#endif
