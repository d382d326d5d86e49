// What truth and report say, in one form
// SPDX-License-Identifier: Apache-2.0
#include "drill/check_side.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <string.h>

void check_side_done(struct check_side *side) {
    for (size_t i = 0; i < side->unit_count; i++) {
        memory_free(side->units[i].servers);
        memory_free(side->units[i].hosts);
        memory_free(side->units[i].accounts);
    }
    memory_free(side->units);
    memory_free(side->citations);
    intern_done(&side->tags);
}

struct check_unit *check_add_unit(struct check_side *side, const struct check_node *node) {
    if (side->unit_count == CHECK_UNITS_MAX) {
        check_should(node, "is one too many: campaigns and incidents are at most 4096");
        return NULL;
    }
    if (side->unit_count == side->unit_capacity) {
        side->unit_capacity = side->unit_capacity ? 2 * side->unit_capacity : 8;
        side->units = memory_resize(side->units, side->unit_capacity, sizeof *side->units);
    }
    struct check_unit *unit = &side->units[side->unit_count++];
    *unit = (struct check_unit){.entry = CHECK_NO_HOST};
    for (size_t i = 0; i < CHECK_STAGES; i++)
        unit->stage_first_ns[i] = CLOCK_NONE;
    return unit;
}

void check_add_server(struct check_unit *unit, uint32_t host) {
    if (host == CHECK_NO_HOST)
        return;
    if (unit->server_count == unit->server_capacity) {
        unit->server_capacity = unit->server_capacity ? 2 * unit->server_capacity : 4;
        unit->servers = memory_resize(unit->servers, unit->server_capacity, sizeof *unit->servers);
    }
    unit->servers[unit->server_count++] = host;
}

void check_add_host(struct check_unit *unit, const struct check_host *host) {
    if (host->host == CHECK_NO_HOST)
        return;
    if (unit->host_count == unit->host_capacity) {
        unit->host_capacity = unit->host_capacity ? 2 * unit->host_capacity : 16;
        unit->hosts = memory_resize(unit->hosts, unit->host_capacity, sizeof *unit->hosts);
    }
    unit->hosts[unit->host_count++] = *host;
}

void check_add_stage(struct check_unit *unit, enum check_stage stage, int64_t first_ns) {
    int64_t *first = &unit->stage_first_ns[stage];
    unit->stages |= 1u << stage;
    if (first_ns != CLOCK_NONE && (*first == CLOCK_NONE || first_ns < *first))
        *first = first_ns;
}

static struct slice account_user(struct slice account) {
    struct slice user = slice_behind_last(account, "\\");
    const uint8_t *at = user.size ? memchr(user.data, '@', user.size) : NULL;
    return at ? slice_of(user.data, (size_t)(at - user.data)) : user;
}

bool check_account_is(struct slice account, struct slice other) {
    return text_equal_fold_ascii(account_user(account), account_user(other));
}

void check_add_account(struct check_unit *unit, struct slice account) {
    if (account.size == 0 || unit->account_count == CHECK_ACCOUNTS_MAX)
        return;
    for (size_t i = 0; i < unit->account_count; i++)
        if (check_account_is(unit->accounts[i], account))
            return;
    if (unit->account_count == unit->account_capacity) {
        unit->account_capacity = unit->account_capacity ? 2 * unit->account_capacity : 8;
        unit->accounts =
            memory_resize(unit->accounts, unit->account_capacity, sizeof *unit->accounts);
    }
    unit->accounts[unit->account_count++] = account;
}

const char *check_stage_word(enum check_stage stage) {
    static const char *const words[CHECK_STAGES] = {
        "entry", "foothold", "credentials", "spread", "control", "collection", "theft", "cover"};
    return words[stage];
}
