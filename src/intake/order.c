// Servers' logs first
// SPDX-License-Identifier: Apache-2.0
#include "intake/order.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

// A hint counts where it stands; BEFORE and AFTER ask for a name's boundary (no letter) there,
// so that "dc01" and "FILE-DC" are servers and "dcim" and "abcdc" are not.
static const struct order_hint {
    const char *text; // lower case
    bool before, after;
} order_hints[] = {
    {"exchange", false, false}, {"inetpub", false, false},
    {"w3svc", false, false},    {"domaincontroller", false, false},
    {"dc", true, true},         {"srv", true, false},
    {"srv", false, true},       {"server", true, true},
};

static bool order_is_letter(struct slice path, size_t at) {
    return at < path.size && isalpha(path.data[at]);
}

static bool order_fits(struct slice path, size_t at, const struct order_hint *hint) {
    size_t size = strlen(hint->text);
    if (path.size - at < size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (tolower(path.data[at + i]) != hint->text[i])
            return false;
    if (hint->before && at > 0 && order_is_letter(path, at - 1))
        return false;
    return !hint->after || !order_is_letter(path, at + size);
}

// Whether a hint begins like that. Most bytes of a path begin none.
static bool order_begins(uint8_t byte) {
    switch (byte | 0x20) {
    case 'd':
    case 'e':
    case 'i':
    case 's':
    case 'w':
        return true;
    default:
        return false;
    }
}

int order_rank(struct slice path) {
    for (size_t at = 0; at < path.size; at++)
        for (size_t i = 0;
             order_begins(path.data[at]) && i < sizeof order_hints / sizeof *order_hints; i++)
            if (order_fits(path, at, &order_hints[i]))
                return 0;
    return 1;
}
