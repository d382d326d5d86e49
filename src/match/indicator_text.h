// What a text is as an indicator, and its key
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_INDICATOR_TEXT_H
#define MATCH_INDICATOR_TEXT_H

#include "base/buffer.h"

#include <stdbool.h>

enum indicator_kind {
    INDICATOR_HASH,
    INDICATOR_ADDRESS,
    INDICATOR_NETWORK,
    INDICATOR_DOMAIN,
    INDICATOR_URL,
    INDICATOR_MUTEX,
    INDICATOR_PIPE,
    INDICATOR_PATH,
    INDICATOR_MAIL,
    INDICATOR_KIND_COUNT,
};

enum {
    INDICATOR_TEXT_MAX = 4096, // of one indicator, and of a value that is looked up
    INDICATOR_PREFIX_MIN = 8,  // a wider network is a mistake in a feed
    INDICATOR_PREFIXES = 129,  // 0 to 128, IPv4 mapped (RFC 4291 2.5.5.2)
};

// Undo what keeps indicators from being clicked: hxxp, [.], (.), [:], [@], [dot]; blanks and
// quotes around it left out.
void indicator_append_refanged(struct buffer *to, struct slice text);

// The kind of a refanged text by its look; false when it is none.
bool indicator_guess(struct slice text, enum indicator_kind *ret_kind);

// A name that lists and exchange formats have for a kind ("ip-dst", "sha256", "FQDN").
bool indicator_kind_find(struct slice name, enum indicator_kind *ret_kind);

// Append the key by which a text of a kind is found: the kind, then the text in one form (lower
// case; addresses as 16 bytes; URLs without scheme; paths with '\', without variables). False, and
// nothing appended, when the text is not of that kind. A network's key has its prefix before it.
bool indicator_append_key(struct buffer *to, enum indicator_kind kind, struct slice text);

// The key of the network of that prefix that an address (16 bytes) lies in.
void indicator_append_network(struct buffer *to, const uint8_t address[16], unsigned prefix);

bool indicator_address(struct slice text, uint8_t ret_bytes[16]);

#endif
