// What a deed looks like on the network
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_WIRE_H
#define DRILL_WIRE_H

#include "drill/deed.h"
#include "drill/organisation.h"

// One conversation that a sensor or router sees. All that watch the network agree on it: ports
// and counts that the deed leaves open come from its serial.
struct wire_leg {
    const struct deed *deed;
    struct address from, to;
    uint16_t from_port, to_port;
    const char *protocol; // "tcp", "udp", "icmp"
    const char *service;  // as Zeek names it; "": not recognised
    uint64_t sent_bytes, received_bytes;
    uint64_t sent_packets, received_packets;
    uint32_t taken_ms;
    bool refused;
    bool secret;  // TLS: what is said in it cannot be read
    bool proxied; // the client's side of a request through the proxy
    uint64_t key; // of the conversation: identifiers are made of it
};

enum {
    WIRE_LEGS_MAX = 2,
    WIRE_PROXY_PORT = 3128
};

// How many conversations it makes: 2 for a request through a proxy, else 1.
size_t wire_legs(const struct organisation *organisation, const struct deed *deed,
                 struct wire_leg ret_legs[WIRE_LEGS_MAX]);

// The port of the side that began.
uint16_t wire_from_port(const struct deed *deed);

// "https": said so, or Exchange, which answers nothing else.
bool wire_is_secret(const struct deed_web *web);

// The proxy that hands on what hosts ask of the Internet; NULL: there is none.
const struct host *wire_proxy(const struct organisation *organisation);

#endif
