// Which host had which address, and when
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_ADDRESS_BOOK_H
#define RELATE_ADDRESS_BOOK_H

#include "base/intern.h"
#include "model/hosts.h"

#include <stdbool.h>
#include <stdint.h>

// How surely a claim speaks for its host; a surer one outdoes another of its time.
enum address_word {
    ADDRESS_HEARSAY, // what a logon or a name server says
    ADDRESS_GRANTED, // the log of a DHCP server: when, not how long, and in a zone that it names
                     // not
    ADDRESS_OWN,     // the host's own records, a sensor's
    ADDRESS_LEASE,   // [first_ns, last_ns], to the second
};

// Sightings become spans that do not overlap:
//
//   sightings  A ██   ██         A's in between too, unless A had another address meanwhile or
//              B           ███   another host a lease of it
//              C             ███ two at a time: nobody's
//   spans      A ███████ B ██-- C
//
// and so do leases: one holds to its end, or until another host's begins.
//
//   leases     A ███████████████
//              B        ██████
//   spans      A ██████ B █████  then nobody's
//
// At an instant a lease counts, for hosts' clocks may be wrong. Where there is none, a sighting
// does, or the nearer of two, but never across a lease's end or beginning: then it is nobody's.
// Nobody's span reaches back, or the last one on, into a time in which its host is seen elsewhere.
// An address that several hosts had goes round: its first span does not reach back, nor the last
// one on, for more than half a day.
struct address_book {
    struct interner addresses;
    struct address_claim {
        uint32_t address;
        uint32_t host; // a name's number until settled
        int64_t first_ns, last_ns;
        enum address_word word;
    } * claims,       // all; once settled, spans of sightings in order of address and time
        *leases,      // once settled: spans of leases in order of address and time
        *by_host;     // once settled: both in order of host and time
    bool *goes_round; // once settled, by address: several hosts had it
    size_t count, capacity, lease_count;
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
