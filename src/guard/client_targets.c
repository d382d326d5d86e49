// The TUF client: look a target up, list them all
// SPDX-License-Identifier: Apache-2.0
#include "guard/client_inside.h"

#include "base/memory.h"
#include "guard/delegation.h"

#include <assert.h>
#include <string.h>

// A role that is still to be looked into.
struct visit {
    const struct metadata *delegator;
    struct metadata_role role;
};

struct search {
    struct refresh refresh;
    struct slice path;
    struct visit *to_visit;
    size_t count, capacity;
    struct slice *visited;
    size_t visited_count;
};

static void search_push(struct search *search, const struct visit *visit) {
    if (search->count == search->capacity) {
        search->capacity = search->capacity * 2 + 16;
        search->to_visit =
            memory_resize(search->to_visit, search->capacity, sizeof *search->to_visit);
    }
    search->to_visit[search->count++] = *visit;
}

// Put what `targets` delegates the path to on the pile, the first on top. A terminating one is
// the last, and what was on the pile before is not looked into any more.
static void search_delegations(struct search *search, const struct metadata *targets) {
    char name[METADATA_BIN_NAME_SIZE];
    struct visit visit = {.delegator = targets};
    uint32_t at = 0;
    size_t from = search->count;
    while (delegation_next(targets, search->path, &at, &visit.role, name)) {
        // A bin's name is in `name`; one a file that is looked into.
        if (targets->bins.bit_length)
            visit.role.name = arena_keep(&search->refresh.client->names, visit.role.name);
        search_push(search, &visit);
        if (!visit.role.terminating)
            continue;
        search->count -= from;
        memmove(search->to_visit, search->to_visit + from,
                search->count * sizeof *search->to_visit);
        from = 0;
        break;
    }
    for (size_t low = from, high = search->count; low + 1 < high; low++) {
        struct visit last = search->to_visit[--high];
        search->to_visit[high] = search->to_visit[low];
        search->to_visit[low] = last;
    }
}

static bool search_visited(const struct search *search, struct slice role) {
    for (size_t i = 0; i < search->visited_count; i++)
        if (slice_equal(search->visited[i], role))
            return true;
    return false;
}

static void target_read(const struct trusted_set *set, const struct metadata *targets,
                        const struct metadata_entry *entry, struct client_target *ret_target) {
    *ret_target = (struct client_target){.path = entry->name,
                                         .role = slice_of_string(trusted_set_role(set, targets)),
                                         .targets_version = targets->version};
    metadata_entry_read(targets, entry, &ret_target->file);
}

static enum status search_run(struct search *search, struct client_target *ret_target) {
    struct refusal *refusal = search->refresh.refusal;
    size_t visits_max =
        client_limit(search->refresh.client->options.limits.delegations_max, 32) + 1; // and the top
    search->visited = memory_new(visits_max, sizeof *search->visited);
    search_push(search, &(struct visit){0});
    while (search->count && search->visited_count < visits_max) {
        struct visit visit = search->to_visit[--search->count];
        struct slice role = visit.delegator ? visit.role.name : SLICE("targets");
        if (search_visited(search, role))
            continue;
        const struct metadata *targets;
        enum status status = client_load_targets(&search->refresh, visit.delegator,
                                                 visit.delegator ? &visit.role : NULL, &targets);
        if (status != STATUS_OK)
            return status;
        const struct metadata_entry *entry = metadata_find(targets, search->path);
        if (entry) {
            target_read(search->refresh.set, targets, entry, ret_target);
            return STATUS_OK;
        }
        search->visited[search->visited_count++] = role;
        search_delegations(search, targets);
    }
    return refusal_set(refusal, REFUSAL_UNLISTED, "no signed metadata lists '%.*s'",
                       (int)(search->path.size < 200 ? search->path.size : 200), search->path.data);
}

enum status client_find(struct client *client, struct slice path, struct client_target *ret_target,
                        struct refusal *refusal) {
    assert(client->set);
    struct search search = {.path = path};
    enum status status = client_work_begin(&search.refresh, client, client->set, refusal);
    if (status != STATUS_OK)
        return status;
    arena_reset(&client->names);
    status = search_run(&search, ret_target);
    client_work_end(&search.refresh);
    memory_free(search.to_visit);
    memory_free(search.visited);
    return status;
}

// A role that is delegated to, kept or fetched; one that cannot be had is told.
static enum status list_load(struct refresh *refresh, const struct client_listing *listing,
                             const struct metadata *delegator, const struct metadata_role *role) {
    const struct metadata *targets;
    struct refusal why, *refusal = refresh->refusal;
    if (trusted_set_has(refresh->set, role->name))
        return STATUS_OK;
    refresh->refusal = &why;
    enum status status = client_load_targets(refresh, delegator, role, &targets);
    refresh->refusal = refusal;
    if (status == STATUS_OK)
        return status;
    if (why.reason == REFUSAL_SYSTEM)
        return refusal_wrap(refusal, why.reason, &why.problem);
    listing->lacking(listing->context, role->name, &why);
    return STATUS_OK;
}

static enum status list_bins(struct refresh *refresh, const struct client_listing *listing,
                             const struct metadata *delegator) {
    char name[METADATA_BIN_NAME_SIZE];
    struct metadata_role role;
    enum status status = STATUS_OK;
    const struct metadata_bins *bins = &delegator->bins;
    if (bins->bit_length > CLIENT_LIST_BINS_BITS_MAX) {
        struct refusal why;
        refusal_set(&why, REFUSAL_LENGTH, "too many bins to look into each");
        listing->lacking(listing->context, bins->name_prefix, &why);
        return STATUS_OK;
    }
    for (uint32_t n = 0; status == STATUS_OK && n < UINT32_C(1) << bins->bit_length; n++) {
        delegation_bin(bins, n, &role, name);
        status = list_load(refresh, listing, delegator, &role);
    }
    return status;
}

// Loaded roles are a queue: each may delegate to others, which are loaded behind it.
static enum status list_roles(struct refresh *refresh, const struct client_listing *listing) {
    const struct metadata *targets;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && (targets = trusted_set_loaded(refresh->set, i));
         i++) {
        for (uint32_t n = 0; status == STATUS_OK && n < targets->delegation_count; n++)
            status = list_load(refresh, listing, targets, &targets->delegations[n]);
        if (status == STATUS_OK && targets->bins.bit_length)
            status = list_bins(refresh, listing, targets);
    }
    return status;
}

// What a role lists counts where the search for its path ends in just this entry: the role may not
// be asked for the path, or another one before it.
static enum status list_entries(struct client *client, const struct metadata *targets,
                                const struct client_listing *listing, struct refusal *refusal) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < targets->entry_count; i++) {
        struct client_target target;
        struct refusal why;
        if (client_find(client, targets->entries[i].name, &target, &why) == STATUS_OK) {
            if (target.path.data == targets->entries[i].name.data)
                status = listing->take(listing->context, &target, refusal);
        } else if (why.reason == REFUSAL_SYSTEM) {
            status = refusal_wrap(refusal, why.reason, &why.problem);
        }
    }
    return status;
}

enum status client_list(struct client *client, const struct client_listing *listing,
                        struct refusal *refusal) {
    assert(client->set);
    const struct metadata *targets;
    struct refresh refresh;
    enum status status = client_work_begin(&refresh, client, client->set, refusal);
    if (status != STATUS_OK)
        return status;
    status = list_roles(&refresh, listing);
    client_work_end(&refresh);
    for (size_t i = 0; status == STATUS_OK && (targets = trusted_set_loaded(client->set, i)); i++)
        status = list_entries(client, targets, listing, refusal);
    return status;
}
