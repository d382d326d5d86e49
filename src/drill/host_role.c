// What a host of the drill is for
// SPDX-License-Identifier: Apache-2.0
#include "drill/host_role.h"

#include <assert.h>

static const struct {
    const char *word, *name;
    enum host_system system;
    bool central;
} roles[HOST_ROLE_COUNT] = {
#define HOST_ROLE(role, word, name, system, central) {word, name, SYSTEM_##system, central},
#include "drill/host_role.def"
#undef HOST_ROLE
};

enum host_role host_role_find(struct slice word) {
    unsigned role = 0;
    while (role < HOST_ROLE_COUNT && !slice_equal_string(word, roles[role].word))
        role++;
    return role;
}

const char *host_role_word(enum host_role role) {
    assert(role < HOST_ROLE_COUNT);
    return roles[role].word;
}

const char *host_role_name(enum host_role role) {
    assert(role < HOST_ROLE_COUNT);
    return roles[role].name;
}

enum host_system host_role_system(enum host_role role) {
    assert(role < HOST_ROLE_COUNT);
    return roles[role].system;
}

bool host_role_is_central(enum host_role role) {
    assert(role < HOST_ROLE_COUNT);
    return roles[role].central;
}
