// The hosts of a campaign, its servers and waves
// SPDX-License-Identifier: Apache-2.0
#include "correlate/assembly.h"
#include "correlate/hidden_entry.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"
#include "model/hosts.h"

#include <assert.h>
#include <stdlib.h>

// What comes later than this after the first trace is no way in.
#define ENTRY_NS (86400 * SECOND_NS)

// A short list without repeats, in the order of first sight.
struct name_list {
    struct slice names[CAMPAIGN_LIST_MAX];
    uint32_t count;
};

static void name_list_add(struct name_list *list, struct slice name) {
    if (name.size == 0 || list->count == CAMPAIGN_LIST_MAX)
        return;
    for (uint32_t i = 0; i < list->count; i++)
        if (text_equal_fold_ascii(list->names[i], name))
            return;
    list->names[list->count++] = name;
}

// Who uses accounts of the machine itself is not its owner.
static bool account_is_person(struct slice account) {
    static const char *const MACHINE[] = {
        "localsystem", "nt authority\\system",          "system",
        "root",        "nt authority\\network service", "nt authority\\local service"};
    for (size_t i = 0; i < ARRAY_SIZE(MACHINE); i++)
        if (text_equal_fold_ascii(account, slice_of_string(MACHINE[i])))
            return false;
    return account.size && account.data[account.size - 1] != '$';
}

static const struct slice *name_list_keep(struct assembly *assembly, const struct name_list *list) {
    struct slice *kept = assembly_new(assembly, list->count, sizeof *kept);
    if (kept)
        memcpy(kept, list->names, list->count * sizeof *kept);
    return kept;
}

static struct explanation explanation_of(struct assembly *assembly, uint32_t edge_number,
                                         int32_t cost) {
    const struct edge *edge = &assembly->edges->edges[edge_number];
    return (struct explanation){.parent = (int32_t)assembly->places[edge->from],
                                .reason = slice_of_string(edge->reason),
                                .cost_millibits = cost,
                                .time_ns = edge->time_ns,
                                .references = edge->references,
                                .reference_count = edge->reference_count};
}

// Whoever has a password needs no break-in: an account alone says nothing about where from.
static bool clue_is_of_account(const struct clue *clue) {
    char room[CLUE_TECHNIQUE_SIZE];
    struct slice id = clue_technique(clue, 0, room);
    bool only = id.size > 0;
    for (uint32_t i = 1; id.size && only; id = clue_technique(clue, i++, room))
        only = slice_starts(id, SLICE("T1078"));
    return only;
}

// What somebody did to get in, or what was done there from an address outside.
static bool clue_shows_outside(const struct clue *clue) {
    if (clue->level < RULE_LEVEL_MEDIUM)
        return false;
    if (clue->stage == STAGE_ENTRY && !clue_is_of_account(clue))
        return true;
    bool held =
        clue->stage == STAGE_ENTRY || clue->stage == STAGE_FOOTHOLD || clue->stage == STAGE_CONTROL;
    return held && address_is_outside(clue->source);
}

// The first clue about how a host without a parent was entered; `entry` itself where it tells.
// NULL: nothing does.
static const struct clue *outside_clue(const struct assembly *assembly, uint32_t number,
                                       const struct clue *entry) {
    const struct clue_book *book = assembly->book;
    int64_t until_ns = assembly->forest->hosts[number].reached_ns + ENTRY_NS;
    if (clue_shows_outside(entry))
        return entry;
    for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
        const struct clue *clue = &book->clues[i];
        if (clue->first_ns <= until_ns && assembly_clue_counts(assembly, clue) &&
            clue_shows_outside(clue))
            return clue;
    }
    return NULL;
}

static struct explanation explanation_of_root(const struct assembly *assembly, uint32_t number) {
    const struct forest_host *found = &assembly->forest->hosts[number];
    const struct clue *clue = &assembly->book->clues[found->entry_clue];
    const struct clue *outside = clue->host == number ? outside_clue(assembly, number, clue) : NULL;
    clue = outside ? outside : clue;
    return (struct explanation){
        .parent = -1,
        .is_outside = outside != NULL,
        .reason = outside                ? SLICE("broken into from outside")
                  : clue->host == number ? SLICE("how it was reached is not known")
                                         : SLICE("others were reached from it; how it was taken "
                                                 "is not shown"),
        .cost_millibits = found->cost,
        .time_ns = found->reached_ns,
        .references = clue->references,
        .reference_count = clue->reference_count};
}

static void host_explain(struct assembly *assembly, uint32_t number, struct campaign_host *host) {
    const struct forest_host *found = &assembly->forest->hosts[number];
    host->best = found->edge == FOREST_NONE ? explanation_of_root(assembly, number)
                                            : explanation_of(assembly, found->edge, found->cost);
    for (uint32_t i = 0; i < found->runner_up_count; i++) {
        uint32_t from = assembly->edges->edges[found->runners_up[i]].from;
        if (assembly->places[from] != FOREST_NONE)
            host->runners_up[host->runner_up_count++] =
                explanation_of(assembly, found->runners_up[i], found->runner_up_costs[i]);
    }
}

// What was asked of another host by its path there is nothing that lies on this one.
static bool artefact_is_elsewhere(const struct clue *clue, struct slice artefact) {
    return artefact.size && artefact.data[0] == '/' &&
           (slice_equal_string(clue->rule->id, "vedette-wave-host") ||
            clue_is_of(clue, "vedette-exfiltration") || clue_is_loot(clue));
}

static void host_gather(struct assembly *assembly, uint32_t number, struct campaign_host *host) {
    struct name_list artefacts = {.count = 0};
    struct citations citations = {.count = 0};
    const struct clue_book *book = assembly->book;
    citations_lead(&citations, host->best.references, host->best.reference_count,
                   host->best.time_ns);
    for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
        const struct clue *clue = &book->clues[i];
        if (!assembly_clue_counts(assembly, clue))
            continue;
        if (clue->last_ns > host->last_ns)
            host->last_ns = clue->last_ns;
        if (clue->level >= RULE_LEVEL_MEDIUM)
            citations_add(&citations, clue->references, clue->reference_count);
        for (uint32_t k = 0; k < clue->artefact_count; k++)
            if (!artefact_is_elsewhere(clue, clue->artefacts[k]))
                name_list_add(&artefacts, clue->artefacts[k]);
    }
    host->references = citations_keep(assembly, &citations);
    host->reference_count = citations.count;
    host->artefacts = name_list_keep(assembly, &artefacts);
    host->artefact_count = artefacts.count;
}

static void host_name_all(struct assembly *assembly, uint32_t number, struct campaign_host *host) {
    const struct fleet_host *known = &assembly->book->cast.fleet.hosts[number];
    struct name_list aliases = {.count = 0};
    name_list_add(&aliases, known->fqdn);
    for (uint32_t i = 0; i < known->alias_count; i++)
        name_list_add(&aliases, known->aliases[i].text);
    host->name = known->name;
    host->aliases = name_list_keep(assembly, &aliases);
    host->alias_count = aliases.count;
}

// Whether something was executed with the account on a host of the campaign, or hosts of it were
// reached with it from several.
static bool account_moves_on(const struct assembly *assembly, struct slice account) {
    uint32_t source = FOREST_NONE;
    for (uint32_t i = 0; i < assembly->member_count; i++) {
        const struct forest_host *found = &assembly->forest->hosts[assembly->members[i]];
        if (found->edge == FOREST_NONE || found->is_member)
            continue;
        const struct edge *edge = &assembly->edges->edges[found->edge];
        if (!text_equal_fold_ascii(edge->account, account))
            continue;
        if (edge->cost < WEIGHT_EDGE_ACCOUNT || (source != FOREST_NONE && source != edge->from))
            return true;
        source = edge->from;
    }
    return false;
}

// An account that only logs on, from one host of a campaign, may be its owner's at work on a host
// that the intruder has, too.
static bool edge_is_intruders(const struct assembly *assembly, const struct edge *edge) {
    return edge->cost < WEIGHT_EDGE_ACCOUNT || !account_is_person(edge->account) ||
           account_moves_on(assembly, edge->account);
}

// A detector told how the host was reached, from one that is confirmed, by more than a logon; or it
// told what was executed on others from there.
// Parents come before their children in the list.
static bool edge_convicts(const struct assembly *assembly, const struct campaign *campaign,
                          uint32_t number) {
    const struct forest_host *found = &assembly->forest->hosts[number];
    if (found->edge == FOREST_NONE)
        return found->is_hidden && assembly->hidden->by_host[number].is_proven;
    const struct edge *edge = &assembly->edges->edges[found->edge];
    uint32_t parent = assembly->places[edge->from];
    if (edge->is_silent)
        return edge->is_proven;
    return edge->is_told && edge->cost <= WEIGHT_EDGE_ACCOUNT && parent != FOREST_NONE &&
           campaign->hosts[parent].state == HOST_STATE_CONFIRMED &&
           edge_is_intruders(assembly, edge);
}

// Its own findings say so; beyond what its way cost where that came from somebody unsure.
static bool evidence_convicts(const struct assembly *assembly, const struct campaign *campaign,
                              const struct forest_host *found) {
    uint32_t parent = found->edge == FOREST_NONE
                          ? FOREST_NONE
                          : assembly->places[assembly->edges->edges[found->edge].from];
    bool sure = parent == FOREST_NONE || campaign->hosts[parent].state == HOST_STATE_CONFIRMED;
    return found->evidence - (sure ? 0 : found->cost) >= WEIGHT_CONFIRMED;
}

void assembly_hosts(struct assembly *assembly, struct campaign *campaign) {
    campaign->hosts = assembly_new(assembly, assembly->member_count, sizeof *campaign->hosts);
    if (!campaign->hosts)
        return;
    campaign->host_count = assembly->member_count;
    for (uint32_t i = 0; i < assembly->member_count; i++) {
        uint32_t number = assembly->members[i];
        const struct forest_host *found = &assembly->forest->hosts[number];
        struct campaign_host *host = &campaign->hosts[i];
        host->host = cast_is_stranger(&assembly->book->cast, number) ? RELATION_NO_HOST : number;
        host->first_ns = found->reached_ns;
        host->last_ns = found->reached_ns;
        host->evidence_millibits = found->evidence;
        bool confirmed = found->is_member || evidence_convicts(assembly, campaign, found) ||
                         edge_convicts(assembly, campaign, number);
        host->state = confirmed ? HOST_STATE_CONFIRMED : HOST_STATE_PROBABLE;
        host_name_all(assembly, number, host);
        host_explain(assembly, number, host);
        host_gather(assembly, number, host);
    }
}

static uint32_t children_of(const struct campaign *campaign, uint32_t place) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        count += campaign->hosts[i].best.parent == (int32_t)place;
    return count;
}

// What a host was to the intruder; NULL: nothing but a victim.
static const char *server_role(const struct assembly *assembly, const struct campaign *campaign,
                               uint32_t place) {
    const struct campaign_host *host = &campaign->hosts[place];
    unsigned roles = assembly->book->cast.fleet.hosts[assembly->members[place]].roles;
    uint32_t children = children_of(campaign, place);
    bool sends_waves = false;
    for (uint32_t i = 0; i < campaign->host_count && !sends_waves; i++)
        sends_waves = campaign->hosts[i].best.parent == (int32_t)place &&
                      assembly->forest->hosts[assembly->members[i]].is_member;
    bool entry = host->best.parent < 0;
    if (sends_waves)
        return "software-upgrade server";
    if (roles & FLEET_ROLE_UPGRADE && host->state == HOST_STATE_CONFIRMED)
        return "software-upgrade server";
    if (roles & FLEET_ROLE_MAIL && (entry || children))
        return "mail server";
    if (roles & FLEET_ROLE_DOCUMENT && (entry || children))
        return "document server";
    if (entry)
        return "entry";
    return children >= 2 ? "stepping stone" : NULL;
}

void assembly_servers(struct assembly *assembly, struct campaign *campaign) {
    campaign->servers = assembly_new(assembly, campaign->host_count, sizeof *campaign->servers);
    for (uint32_t i = 0; i < campaign->host_count && campaign->servers; i++) {
        const char *role = server_role(assembly, campaign, i);
        const struct campaign_host *host = &campaign->hosts[i];
        if (role)
            campaign->servers[campaign->server_count++] =
                (struct campaign_server){.host = i,
                                         .role = slice_of_string(role),
                                         .references = host->references,
                                         .reference_count = host->reference_count};
    }
}

// What the wave left on a host; else what the host took.
static struct slice wave_artefact(const struct assembly *assembly, uint32_t number,
                                  const struct campaign_host *host) {
    const struct clue_book *book = assembly->book;
    if (host->artefact_count)
        return host->artefacts[0];
    for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++)
        if (book->clues[i].artefact_count && assembly_clue_counts(assembly, &book->clues[i]))
            return book->clues[i].artefacts[0];
    return SLICE("");
}

static void wave_fill(struct assembly *assembly, struct campaign *campaign, uint32_t source,
                      struct campaign_wave *wave) {
    uint32_t *hosts = assembly_new(assembly, campaign->host_count, sizeof *hosts);
    struct citations citations = {.count = 0};
    assert(source < campaign->host_count);
    *wave = (struct campaign_wave){.source = source, .hosts = hosts};
    for (uint32_t i = 0; i < campaign->host_count && hosts; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        if (host->best.parent != (int32_t)source ||
            !assembly->forest->hosts[assembly->members[i]].is_member)
            continue;
        hosts[wave->host_count++] = i;
        if (wave->host_count == 1)
            wave->first_ns = host->first_ns;
        wave->last_ns = host->first_ns;
        if (wave->artefact.size == 0)
            wave->artefact = wave_artefact(assembly, assembly->members[i], host);
        citations_lead(&citations, host->best.references, host->best.reference_count,
                       host->best.time_ns);
    }
    wave->references = citations_keep(assembly, &citations);
    wave->reference_count = citations.count;
}

void assembly_waves(struct assembly *assembly, struct campaign *campaign) {
    campaign->waves = assembly_new(assembly, campaign->server_count, sizeof *campaign->waves);
    for (uint32_t i = 0; i < campaign->server_count && campaign->waves; i++) {
        struct campaign_wave wave;
        wave_fill(assembly, campaign, campaign->servers[i].host, &wave);
        if (wave.host_count)
            campaign->waves[campaign->wave_count++] = wave;
    }
}
