// What a host of the drill is for
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_HOST_ROLE_H
#define DRILL_HOST_ROLE_H

#include "base/slice.h"

#include <stdbool.h>

enum host_role {
#define HOST_ROLE(name, ...) HOST_##name,
#include "drill/host_role.def"
#undef HOST_ROLE
    HOST_ROLE_COUNT
};
_Static_assert(HOST_ROLE_COUNT <= 32, "writers take roles as a 32-bit mask");

#define HOST_MASK(name) (1u << HOST_##name)

enum host_system {
    SYSTEM_WINDOWS,
    SYSTEM_LINUX,
    SYSTEM_DEVICE
};

enum {
    ORGANISATION_HOSTS_MAX = 20000,
    ORGANISATION_SITES_MAX = 64
};

// Word of scenario files; HOST_ROLE_COUNT when unknown.
enum host_role host_role_find(struct slice word);
const char *host_role_word(enum host_role role);

// Default name, system and pass of a role.
const char *host_role_name(enum host_role role);
enum host_system host_role_system(enum host_role role);
bool host_role_is_central(enum host_role role);

#endif
