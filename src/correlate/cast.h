// Who plays a part: the fleet, and addresses nobody names
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_CAST_H
#define CORRELATE_CAST_H

#include "base/intern.h"
#include "correlate/address_pool.h"
#include "correlate/correlate.h"

#include <stdbool.h>

// The fleet's hosts keep their numbers. An inside address that a finding speaks of although no
// evidence ever names its host is a host of its own (a stranger): others' logs show what was done
// to it. An address that was somebody's at another time moves between hosts: it is none, nor is one
// amid such (address_pool.h).
struct cast {
    const struct correlate_input *input;
    struct address_pool pool;  // of the fleet's
    struct interner named;     // addresses that some evidence names
    struct interner strangers; // number - input->fleet->count
    struct fleet_host *hosts;  // the fleet's, then strangers
    struct fleet fleet;        // all of them; while strangers are met: the fleet's
};

enum {
    CAST_STRANGERS_MAX = 1 << 16,
    CAST_ASKERS_MAX = 1 << 12,    // more are a guesser's
    CAST_CONTACTED_MAX = 1 << 13, // more are a scanner's
    CAST_SENDERS_MIN = 16, // more than so many, and than so many parts of the fleet, are a guests'
    CAST_SENDERS_PART = 16 // network: none of them is a host then
};

void cast_init(struct cast *cast, const struct correlate_input *input);
void cast_done(struct cast *cast);

// Who that was at the time; RELATION_NO_HOST. cast_meet makes an inside address a stranger.
uint32_t cast_find(const struct cast *cast, struct slice name, int64_t time_ns);
void cast_find_ends(const struct cast *cast, struct relation *relation); // those not known yet
uint32_t cast_meet(struct cast *cast, struct slice name, int64_t time_ns);

// A use of credentials that a controller let pass by NTLM: names who asked, not whom he went to.
bool relation_names_asker(const struct relation *relation);
// Whom only such a record names: strangers by name.
enum status cast_meet_askers(struct cast *cast, struct problem *problem);

// A connection by a program to another's port of administration.
bool relation_is_contact(const struct relation *relation);
// Whom only such a one names: strangers by address.
enum status cast_meet_contacted(struct cast *cast, struct problem *problem);

// A flow that carried much to a place outside.
bool relation_sends_out(const struct relation *relation);
// Who sends so and has no name: strangers by address.
enum status cast_meet_senders(struct cast *cast, struct problem *problem);

// Whether no evidence names it.
bool cast_is_stranger(const struct cast *cast, uint32_t host);

// After the last was met.
void cast_settle(struct cast *cast);

#endif
