// Internet addresses of the drill
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_ADDRESS_H
#define DRILL_ADDRESS_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ADDRESS_TEXT_SIZE = 46
};

// Private ranges inside; outside RFC 5737 (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24) and
// RFC 3849 (2001:db8::/32), so that no indicator of a drill can land in a block list.
struct address {
    uint8_t bytes[16]; // network order; an IPv4 address in the first four
    uint8_t size;      // 4, 16, or 0: none
};

struct network {
    struct address first;
    uint8_t bits; // of the prefix
};

static inline struct address address_of(uint32_t four) {
    return (struct address){.bytes = {(uint8_t)(four >> 24), (uint8_t)(four >> 16),
                                      (uint8_t)(four >> 8), (uint8_t)four},
                            .size = 4};
}

// The 32 bits of an IPv4 address; 0 for others.
static inline uint32_t address_four(const struct address *address) {
    const uint8_t *bytes = address->bytes;
    if (address->size != 4)
        return 0;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

bool address_equal(const struct address *a, const struct address *b);

// "10.20.3.4" (or RFC 5952); "-" for none. Returns the length.
size_t address_format(const struct address *address, char ret_text[ADDRESS_TEXT_SIZE]);

// "10.20.0.0/16" or a bare address; false when it is neither, or reaches outside the ranges above.
bool network_parse(struct slice text, struct network *ret_network);
bool network_holds(const struct network *network, const struct address *address);

// How many addresses (at most 2^32 - 1), and the one with this number; IPv4 only.
uint32_t network_size(const struct network *network);
struct address network_address(const struct network *network, uint32_t number);

#endif
