// Which host had which address, and when
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_ADDRESS_BOOK_H
#define RELATE_ADDRESS_BOOK_H

#include "base/intern.h"
#include "model/hosts.h"

#include <stdbool.h>
#include <stdint.h>

// Claims become spans that do not overlap:
//
//   claims  A ██   ██            A's in between too, unless A had another address meanwhile
//           B           ███
//           C             ███    two at a time: nobody's
//   spans   A ███████ B ██-- C
//
// A lease holds until its end when nobody else is seen there; nobody's span reaches back into a
// time in which its host is seen elsewhere.
struct address_book {
    struct interner addresses;
    struct address_claim {
        uint32_t address;
        uint32_t host; // a name's number until settled
        int64_t first_ns, last_ns;
        int64_t until_ns; // of a lease; CLOCK_NONE
        bool strong;
    } * claims,   // spans, once settled, in order of address and time
        *by_host; // the same in order of host and time, once settled
    size_t count, capacity;
    uint64_t conflicts; // spans that are nobody's
    uint64_t dropped;   // claims for which there was no room
};

void address_book_init(struct address_book *book);
void address_book_done(struct address_book *book);

// `host` is any number. Addresses of the outside are refused, times that are CLOCK_NONE too.
void address_book_claim(struct address_book *book, struct slice address,
                        const struct address_claim *claim);

// After the last claim: `hosts` gives each claim's number its host, FLEET_NO_HOST for none.
void address_book_settle(struct address_book *book, const uint32_t *hosts);

// Who had it; FLEET_NO_HOST when nobody, or not known. CLOCK_NONE: whoever had it always.
uint32_t address_book_find(const struct address_book *book, struct slice address, int64_t time_ns);

#endif
