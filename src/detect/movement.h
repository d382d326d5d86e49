// Who logged on to whom, and what was habit
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_MOVEMENT_H
#define DETECT_MOVEMENT_H

#include "base/intern.h"
#include "base/table.h"
#include "detect/reading.h"

#include <stdbool.h>
#include <stdint.h>

// What relations from one host to another show.
enum movement_sign {
    MOVEMENT_LOGON = 1,        // network, remote interactive or SSH logon that succeeded
    MOVEMENT_NTLM = 2,         // by NTLM
    MOVEMENT_SSH = 4,          // by SSH
    MOVEMENT_DESKTOP = 8,      // by RDP
    MOVEMENT_TICKET = 16,      // a service ticket for the host, or credentials given for it
    MOVEMENT_SHARE = 32,       // a share was opened
    MOVEMENT_PROGRAM = 64,     // a program was written over a share
    MOVEMENT_EXECUTION = 128,  // something was run, by a record that names the source
    MOVEMENT_RUN = 256,        // something was run on the target while the session was young
    MOVEMENT_CONNECTION = 512, // a connection to a port of remote administration
    MOVEMENT_SESSION = 1024,   // one that carried more than a knock
};

enum {
    MOVEMENT_DAYS_MAX = 512, // of evidence; later days count as the last
    MOVEMENT_HOSTS_MAX = 65536,
    MOVEMENT_PAIRS_MAX = 1 << 20,
    MOVEMENT_RUNS_MAX = 16384
};

// A host, or an address that none of the fleet's is known by.
struct movement_host {
    uint32_t sources;            // hosts that logged on to it
    uint32_t targets, recurrent; // hosts it logged on to that few log on to; those on several days
    uint32_t active_days;        // on which it did
    int64_t first_ns;            // when first; INT64_MAX: never
    uint64_t days[MOVEMENT_DAYS_MAX / 64];
};

// One host that moved to another.
struct movement_pair {
    uint32_t from, to; // numbers of names
    uint32_t account;  // the first by time; INTERN_FULL: none
    int64_t account_ns;
    unsigned signs;
    uint32_t day_count;   // of logons; where the wire alone shows it, from the first to the last
    uint32_t active_days; // with a logon, or with a session where the wire alone shows it
    int64_t first_ns, last_ns; // of logons, tickets, shares, else of sessions; INT64_MAX, INT64_MIN
    uint32_t run, run_count;   // by lateral.c: what was run on the target
    int score;                 // by lateral.c
};

// An account at a host: as which others it used, or which it was used on.
struct movement_use {
    int64_t local_ns;  // logged on there by hand; INT64_MAX
    int64_t remote_ns; // first used from there on another; INT64_MAX
    uint32_t targets;
};

struct movement {
    const struct detect_context *context;
    struct interner names;    // of hosts, in the order of first sight
    struct interner accounts; // lower case, without their domain: SSH knows none
    struct movement_host *hosts;
    uint32_t host_capacity;
    struct movement_pair *pairs; // by (from, to) in the order of RELATION_ORDER_PAIR
    uint32_t pair_count, pair_capacity;
    struct movement_use *uses;
    uint32_t use_count, use_capacity;
    struct table use_by_key;   // (account, host) -> use
    int64_t *account_first_ns; // by account: first remote use from anywhere
    uint32_t account_capacity;
    uint32_t popular;   // so many sources make a host one that everybody logs on to
    uint32_t span_days; // of logons
    int64_t first_ns;   // the first logon: inventories reach back for years
};

void movement_init(struct movement *movement, const struct detect_context *context);
void movement_done(struct movement *movement);

// Three passes over relations between hosts. Accounts of machines and nobody's are left out.
enum status movement_read(struct movement *movement, struct problem *problem);

// Everybody logs on there: file servers, controllers.
bool movement_is_popular(const struct movement *movement, uint32_t host);
// It has logged on to others for as long as the evidence reaches back, to the same hosts again
// and again: jump host, backup, management, monitoring.
bool movement_is_habit(const struct movement *movement, uint32_t host);

// The relations between hosts once more, in the order of the pairs:
//
//     status = movement_walk_open(&walk, movement, problem);
//     while (status == STATUS_OK && (status = movement_walk_next(&walk, problem)) == STATUS_OK &&
//            walk.more)
//         ... walk.reading.relation, of walk.pair (NULL: of a pair that only connected) ...
//     movement_walk_close(&walk);
struct movement_walk {
    const struct movement *movement;
    struct reading reading;
    const struct movement_pair *pair;
    uint32_t next; // pairs before it are over
    bool more;
};

enum status movement_walk_open(struct movement_walk *walk, const struct movement *movement,
                               struct problem *problem);
enum status movement_walk_next(struct movement_walk *walk, struct problem *problem);
void movement_walk_close(struct movement_walk *walk);

// An account at a host; all INT64_MAX when never seen there.
struct movement_use movement_use_of(const struct movement *movement, uint32_t account,
                                    uint32_t host);

// Ports by which hosts are administered from afar.
bool movement_port(struct slice port);
// What a relation between hosts shows; 0: nothing.
unsigned movement_signs(const struct relation *relation);

#endif
