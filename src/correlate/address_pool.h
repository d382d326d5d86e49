// Addresses that are lent now to this host, now to that
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_ADDRESS_POOL_H
#define CORRELATE_ADDRESS_POOL_H

#include "model/hosts.h"

#include <stdbool.h>
#include <stdint.h>

// An address that nobody names stands for a host of its own, unless it lies amid addresses that are
// lent: those had several hosts, or a host that had another address at another time. When the
// nearest named ones below and above it, ADDRESS_POOL_NEAR away at most, are lent, it is, too, and
// to a host that may be told by its name already. IPv4 only: networks of IPv6 are too wide.
struct address_pool {
    struct pool_address {
        uint32_t number; // of four bytes
        uint32_t host;   // who had it
        bool is_lent;
    } * addresses; // by number, each once
    uint32_t count;
};

enum {
    ADDRESS_POOL_NEAR = 16,
    ADDRESS_POOL_MAX = 1 << 20 // more are none of a pool
};

void address_pool_init(struct address_pool *pool, const struct fleet *fleet);
void address_pool_done(struct address_pool *pool);

bool address_pool_lends(const struct address_pool *pool, struct slice address);

#endif
