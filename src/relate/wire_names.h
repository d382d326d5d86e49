// Addresses of hosts whose own logs never say them
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_WIRE_NAMES_H
#define RELATE_WIRE_NAMES_H

#include "base/intern.h"
#include "relate/relation_codec.h"

#include <stdbool.h>
#include <stdint.h>

// A Linux server writes its name and where a session came from, but not its own address; a sensor
// sees where to that session went. Sessions of one client that always lie equally far apart in
// both are the same ones, however wrong the server's clock or zone is:
//
//   name     10.0.0.5 ─> UNIX-05       17:58:16  19:20:40  22:31:33
//   wire     10.0.0.5 ─> 10.0.0.47     09:58:16  11:20:40  14:31:33    eight hours each: one host
//
// An address is a name's when five sessions or more agree within two seconds, half of all that a
// sensor might have seen, and twice as many as for any other address, and for no other name more.
struct wire_names {
    struct interner clients, names, addresses;
    struct wire_sighting {
        uint32_t client;
        uint32_t who; // a name's or an address's number
        int64_t time_ns;
    } * sessions, *flows;
    size_t session_count, session_capacity;
    size_t flow_count, flow_capacity;
};

// What came of it: `name` had `address` between these times, as the sensor counts them.
struct wire_match {
    struct slice name, address;
    int64_t first_ns, last_ns;
};

void wire_names_init(struct wire_names *wire);
void wire_names_done(struct wire_names *wire);

void wire_names_learn(struct wire_names *wire, const struct relation_key *key,
                      const struct relation_sum *sum);

// Names and addresses that need none are left out by the two questions. Calls `found` for each
// match, in the order of names' numbers.
struct wire_settling {
    void *context;
    bool (*is_known)(void *context, struct slice name);        // its address is known
    bool (*is_somebodys)(void *context, struct slice address); // its host is known
    void (*found)(void *context, const struct wire_match *match);
};
void wire_names_settle(struct wire_names *wire, const struct wire_settling *settling);

#endif
