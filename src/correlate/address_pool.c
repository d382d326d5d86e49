// Addresses that are lent now to this host, now to that
// SPDX-License-Identifier: Apache-2.0
//
// Cost: a sort of all addresses of the fleet's hosts, once; a search for each address asked.
#include "correlate/address_pool.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOST_ALIASES_MAX = 256 // each is held against each; a gateway's are more
};

static bool address_number(struct slice text, uint32_t *ret_number) {
    char copy[INET_ADDRSTRLEN];
    struct in_addr address;
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    if (inet_pton(AF_INET, copy, &address) != 1)
        return false;
    *ret_number = ntohl(address.s_addr);
    return true;
}

static int address_compare(const void *left, const void *right) {
    const struct pool_address *a = left, *b = right;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->host < b->host ? -1 : a->host > b->host;
}

static void pool_join(struct address_pool *pool) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct pool_address *last = kept ? &pool->addresses[kept - 1] : NULL;
        if (last && last->number == pool->addresses[i].number)
            last->is_lent |= pool->addresses[i].is_lent || last->host != pool->addresses[i].host;
        else
            pool->addresses[kept++] = pool->addresses[i];
    }
    pool->count = kept;
}

// A host that has one address at a time moves; one with two at a time has two cards.
static bool host_moved(const struct fleet_host *host, const struct fleet_alias *here,
                       uint32_t number) {
    for (uint32_t k = 0; k < host->alias_count; k++) {
        const struct fleet_alias *there = &host->aliases[k];
        uint32_t other;
        if ((there->first_ns > here->last_ns || there->last_ns < here->first_ns) &&
            address_number(there->text, &other) && other != number)
            return true;
    }
    return false;
}

static void host_take(struct address_pool *pool, const struct fleet *fleet, uint32_t number,
                      size_t room) {
    const struct fleet_host *host = &fleet->hosts[number];
    for (uint32_t k = 0; k < host->alias_count && pool->count < room; k++) {
        struct pool_address row = {.host = number};
        if (!address_number(host->aliases[k].text, &row.number))
            continue;
        row.is_lent = host->alias_count <= HOST_ALIASES_MAX &&
                      host_moved(host, &host->aliases[k], row.number);
        pool->addresses[pool->count++] = row;
    }
}

void address_pool_init(struct address_pool *pool, const struct fleet *fleet) {
    size_t aliases = 1;
    for (uint32_t i = 0; i < fleet->count; i++)
        aliases += fleet->hosts[i].alias_count;
    if (aliases > ADDRESS_POOL_MAX)
        aliases = ADDRESS_POOL_MAX;
    *pool = (struct address_pool){.addresses = memory_new(aliases, sizeof *pool->addresses)};
    for (uint32_t i = 0; i < fleet->count; i++)
        host_take(pool, fleet, i, aliases);
    if (pool->count)
        qsort(pool->addresses, pool->count, sizeof *pool->addresses, address_compare);
    pool_join(pool);
}

void address_pool_done(struct address_pool *pool) {
    memory_free(pool->addresses);
    *pool = (struct address_pool){.count = 0};
}

bool address_pool_lends(const struct address_pool *pool, struct slice address) {
    uint32_t number, low = 0, high = pool->count;
    if (!address_number(address, &number))
        return false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pool->addresses[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || low == pool->count)
        return false;
    const struct pool_address *below = &pool->addresses[low - 1], *at = &pool->addresses[low];
    if (at->number == number)
        return at->is_lent;
    return below->is_lent && at->is_lent && number - below->number <= ADDRESS_POOL_NEAR &&
           at->number - number <= ADDRESS_POOL_NEAR;
}
