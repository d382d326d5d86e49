// Hosts, their names over time, what they are
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_HOSTS_H
#define MODEL_HOSTS_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define FLEET_NO_HOST UINT32_MAX

// What a host is for, by what its evidence shows; several may hold.
enum fleet_role {
    FLEET_ROLE_MAIL = 1,       // Exchange logs or services
    FLEET_ROLE_DOCUMENT = 2,   // a document or office system answers there
    FLEET_ROLE_UPGRADE = 4,    // gives packages to many
    FLEET_ROLE_CONTROLLER = 8, // Windows domain controller
    FLEET_ROLE_PROXY = 16,
    FLEET_ROLE_WEB = 32,
    FLEET_ROLE_FILE = 64,
    FLEET_ROLE_SERVER = 128, // any server
};

// A name or address that the host had from `first_ns` to `last_ns` (as seen; CLOCK_MIN and
// CLOCK_MAX: always).
struct fleet_alias {
    struct slice text; // lower case
    int64_t first_ns, last_ns;
};

struct fleet_host {
    struct slice name; // short, as most evidence writes it, upper case kept
    struct slice fqdn; // or empty
    const struct fleet_alias *aliases;
    uint32_t alias_count;
    unsigned roles;
    int64_t skew_ns;     // its clock minus true time; 0 when unknown
    uint32_t skew_pairs; // pairs of records that the skew was estimated from; 0: not known
    bool has_evidence;   // some of the evidence is its own
};

// Hosts in the order of their names, so that numbers do not depend on the order of reading.
struct fleet {
    const struct fleet_host *hosts;
    uint32_t count;
};

// Whether an address is of the outside world: everything but the private, link-local, loopback, and
// multicast ranges (RFC 1918, 3927, 4193, 4291, 6598). The documentation ranges (RFC 5737, 3849)
// count as outside. False for what is no address.
bool address_is_outside(struct slice text);
bool address_is_address(struct slice text);

// The one way to write an address (RFC 5952), without its zone, put into `ret_text`; what is no
// address stays as it is.
enum {
    ADDRESS_TEXT_SIZE = 46 // INET6_ADDRSTRLEN
};
struct slice address_plain(struct slice text, char ret_text[ADDRESS_TEXT_SIZE]);

#endif
