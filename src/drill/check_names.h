// Hosts by any of their names
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_CHECK_NAMES_H
#define DRILL_CHECK_NAMES_H

#include "base/intern.h"

#include <stdbool.h>
#include <stdint.h>

// Truth and report may call a host "MAIL-01", "mail-01.corp.example.com" or by an alias: names
// are alike when they are up to the first dot, ASCII letters of either case. An address counts as
// a whole, and only where it belonged to one host.
struct check_names {
    struct interner keys;
    uint32_t *hosts;    // by key
    struct slice *seen; // by host: the name it was first called by
    uint32_t host_count, host_capacity, key_capacity;
};

enum {
    CHECK_NAMES_MAX = 1 << 22
};
#define CHECK_NO_HOST UINT32_MAX

void check_names_init(struct check_names *names);
void check_names_done(struct check_names *names);

uint32_t check_names_find(const struct check_names *names, struct slice name);
// The host of this name, a new one when there is none. `name` must outlive `names`. CHECK_NO_HOST
// for an empty name, or when there is no room.
uint32_t check_names_add(struct check_names *names, struct slice name);
// One more name of a host, unless it is another's already.
void check_names_alias(struct check_names *names, uint32_t host, struct slice name);

bool check_is_address(struct slice name);

#endif
