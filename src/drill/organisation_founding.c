// The drill's organisation: sites, hosts, people
// SPDX-License-Identifier: Apache-2.0
#include "drill/organisation.h"

#include "base/memory.h"
#include "drill/deed.h"
#include "drill/organisation_people.h"
#include "drill/scenario.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// Invariants: hosts[i].number == i; central hosts come first; every workstation's address lies
// in its site's network and no two hosts have one address at one time.
enum {
    MEMORY_MAX = 128 << 20,
    NAMES_MAX = 256,
    FIRST_SERVER_ADDRESS = 10,
    FIRST_STATION_ADDRESS = 256, // below are printers and such
    ROAMING_PERCENT = 30,
    SKEWED_ONE_IN = 10,
    SKEW_SECONDS_MAX = 300,
    WRONG_ZONES = 2
};

#define SECOND_NS 1000000000ll
#define DAY_NS (86400 * SECOND_NS)

void host_dice_init(struct dice *dice, const struct host *host, uint64_t purpose) {
    dice_init(dice, host->seed, purpose);
}

// What making an organisation has to keep in mind.
struct founding {
    struct organisation *organisation;
    const struct scenario *scenario;
    struct {
        const char *name;
        uint32_t count;
    } names[NAMES_MAX]; // of servers, so that numbers go on
    size_t name_count;
    uint32_t servers[ORGANISATION_SITES_MAX]; // placed so far, by site
    uint32_t stations[ORGANISATION_SITES_MAX];
    uint32_t station_count;
    struct problem *problem;
};

static uint32_t next_number(struct founding *founding, const char *name) {
    size_t i = 0;
    while (i < founding->name_count && strcmp(founding->names[i].name, name) != 0)
        i++;
    assert(i < NAMES_MAX);
    if (i == founding->name_count)
        founding->names[founding->name_count++].name = name;
    return ++founding->names[i].count;
}

static void upper(char *text) {
    for (; *text; text++)
        if (*text >= 'a' && *text <= 'z')
            *text = (char)(*text - 'a' + 'A');
}

static struct host_logging draw_logging(const struct host *host, struct dice *dice) {
    uint32_t roll[8];
    for (size_t i = 0; i < ARRAY_SIZE(roll); i++)
        roll[i] = dice_below(dice, 100);
    bool station = !host->central;
    return (struct host_logging){
        .keeps_logs = !station || roll[0] >= 3,
        .sysmon = roll[1] < (station ? 60 : 75),
        .command_lines = roll[2] < 80,
        .scripts = roll[3] < 50,
        .file_inventory = roll[4] < 85,
        .software_inventory = roll[5] < 92,
        .disk_artefacts = roll[6] < 15,
        .winlogbeat = roll[7] < 20,
    };
}

static struct host *add_host(struct founding *founding, enum host_role role, uint32_t site) {
    struct organisation *organisation = founding->organisation;
    struct host *host = &organisation->hosts[organisation->host_count];
    struct dice dice;
    *host = (struct host){
        .number = (uint32_t)organisation->host_count++,
        .role = role,
        .system = host_role_system(role),
        .central = host_role_is_central(role),
        .site = site,
        .company = organisation->sites[site].company,
        .zone_seconds = organisation->sites[site].zone_seconds,
        .user = DEED_NO_ACCOUNT,
        .account = DEED_NO_ACCOUNT,
    };
    dice_init(&dice, organisation->seed, 0x40570000ull + host->number);
    host->seed = dice_roll(&dice);
    if (dice_one_in(&dice, SKEWED_ONE_IN))
        host->skew_ns =
            ((int64_t)dice_below(&dice, 2 * SKEW_SECONDS_MAX) - SKEW_SECONDS_MAX) * SECOND_NS;
    else
        host->skew_ns = (int64_t)dice_below(&dice, 900) * 1000000 - 450000000;
    host->logging = draw_logging(host, &dice);
    return host;
}

// "MAIL-01", "WS-00007": at most HOST_NAME_SIZE - 1 characters.
static void name_host(const struct organisation *organisation, struct host *host, const char *name,
                      int digits, uint32_t number) {
    char text[48];
    int size = snprintf(text, sizeof text, "%.9s-%0*u", name, digits, (unsigned)(number % 100000));
    assert(size > 0 && (size_t)size < sizeof host->name);
    memcpy(host->name, text, (size_t)size + 1);
    upper(host->name);
    snprintf(host->fqdn, sizeof host->fqdn, "%s.%s", host->name,
             organisation->companies[host->company].domain);
}

static enum status add_servers(struct founding *founding) {
    struct organisation *organisation = founding->organisation;
    for (size_t i = 0; i < founding->scenario->server_count; i++) {
        const struct scenario_server *server = &founding->scenario->servers[i];
        const char *name = server->name ? server->name : host_role_name(server->role);
        for (uint32_t j = 0; j < server->count; j++) {
            const struct site *site = &organisation->sites[server->site];
            uint32_t place = FIRST_SERVER_ADDRESS + founding->servers[server->site]++;
            if (place + 1 >= network_size(&site->servers))
                return problem_set(founding->problem, STATUS_USAGE,
                                   "the servers' network of site %s is full", site->name);
            struct host *host = add_host(founding, server->role, server->site);
            name_host(organisation, host, name, 2, next_number(founding, name));
            host->address = network_address(&site->servers, place);
        }
    }
    organisation->central_count = organisation->host_count;
    return STATUS_OK;
}

static uint32_t pick_site(const struct founding *founding, struct dice *dice) {
    uint32_t total = 0, site = 0;
    for (size_t i = 0; i < founding->scenario->site_count; i++)
        total += founding->scenario->sites[i].share;
    uint32_t roll = dice_below(dice, total);
    while (total && roll >= founding->scenario->sites[site].share)
        roll -= founding->scenario->sites[site++].share;
    return site;
}

static enum status add_stations(struct founding *founding, uint32_t count) {
    struct organisation *organisation = founding->organisation;
    struct dice dice;
    dice_init(&dice, organisation->seed, 0x51735);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = pick_site(founding, &dice);
        const struct site *site = &organisation->sites[number];
        uint32_t place = FIRST_STATION_ADDRESS + founding->stations[number]++;
        if (place + 1 >= network_size(&site->workstations))
            return problem_set(founding->problem, STATUS_USAGE,
                               "the workstations' network of site %s is full", site->name);
        struct host *host = add_host(founding, HOST_WORKSTATION, number);
        name_host(organisation, host, founding->scenario->workstation_name, 5, i + 1);
        host->address = network_address(&site->workstations, place);
        host->leases = dice_below(&dice, 100) < ROAMING_PERCENT;
    }
    return STATUS_OK;
}

// Roaming hosts share one row of addresses at the end of the site's, which turns every lease
// period; the others keep theirs.
static void place_roaming(struct founding *founding) {
    struct organisation *organisation = founding->organisation;
    for (size_t i = organisation->central_count; i < organisation->host_count; i++) {
        struct host *host = &organisation->hosts[i];
        if (!host->leases)
            continue;
        const struct site *site = &organisation->sites[host->site];
        host->lease_place = organisation->roaming_count[host->site]++;
        uint32_t first = FIRST_STATION_ADDRESS + founding->stations[host->site];
        if (first + host->lease_place + 1 < network_size(&site->workstations))
            host->address = network_address(&site->workstations, first + host->lease_place);
    }
    for (size_t i = organisation->central_count; i < organisation->host_count; i++) {
        struct host *host = &organisation->hosts[i];
        const struct site *site = &organisation->sites[host->site];
        uint32_t end = FIRST_STATION_ADDRESS + founding->stations[host->site] +
                       organisation->roaming_count[host->site];
        host->leases = host->leases && end < network_size(&site->workstations);
    }
}

static void set_wrong_zones(struct organisation *organisation) {
    struct dice dice;
    size_t stations = organisation->host_count - organisation->central_count;
    dice_init(&dice, organisation->seed, 0x20E);
    for (int i = 0; i < WRONG_ZONES && stations > 20; i++) {
        size_t number = organisation->central_count + dice_below(&dice, (uint32_t)stations);
        organisation->hosts[number].zone_error_seconds = i == 0 ? 3600 : -8 * 3600;
    }
}

static void found_companies(struct organisation *organisation, const struct scenario *scenario) {
    for (size_t i = 0; i < scenario->company_count; i++) {
        struct company *company = &organisation->companies[i];
        const struct scenario_company *from = &scenario->companies[i];
        struct dice dice;
        dice_init(&dice, organisation->seed, 0x51D + i);
        snprintf(company->name, sizeof company->name, "%s", from->name);
        snprintf(company->domain, sizeof company->domain, "%s", from->domain);
        snprintf(company->netbios, sizeof company->netbios, "%s", from->netbios);
        snprintf(company->sid, sizeof company->sid, "S-1-5-21-%u-%u-%u", (unsigned)dice_roll(&dice),
                 (unsigned)dice_roll(&dice), (unsigned)dice_roll(&dice));
        company->controller = DEED_NO_HOST;
    }
    for (size_t i = 0; i < scenario->site_count; i++) {
        struct site *site = &organisation->sites[i];
        const struct scenario_site *from = &scenario->sites[i];
        snprintf(site->name, sizeof site->name, "%s", from->name);
        site->workstations = from->workstations;
        site->servers = from->servers;
        site->zone_seconds = from->zone_seconds;
        site->company = from->company;
    }
}

// A company without a controller of its own is checked by the first one's.
static void find_controllers(struct organisation *organisation) {
    for (size_t i = organisation->central_count; i-- > 0;)
        if (organisation->hosts[i].role == HOST_DOMAIN_CONTROLLER)
            organisation->companies[organisation->hosts[i].company].controller = (uint32_t)i;
    for (size_t i = 0; i < organisation->company_count; i++)
        if (organisation->companies[i].controller == DEED_NO_HOST)
            organisation->companies[i].controller = organisation->companies[0].controller;
}

static enum status found(struct founding *founding, const struct organisation_options *options) {
    struct organisation *organisation = founding->organisation;
    uint32_t servers = 0;
    for (size_t i = 0; i < founding->scenario->server_count; i++)
        servers += founding->scenario->servers[i].count;
    if (options->hosts > ORGANISATION_HOSTS_MAX || options->hosts < servers + 4)
        return problem_set(founding->problem, STATUS_USAGE,
                           "hosts: %u to %d for this scenario (%u are servers)",
                           (unsigned)servers + 4, ORGANISATION_HOSTS_MAX, (unsigned)servers);
    organisation->hosts = arena_new(&organisation->arena, options->hosts, sizeof(struct host));
    organisation->companies =
        arena_new(&organisation->arena, founding->scenario->company_count, sizeof(struct company));
    organisation->sites =
        arena_new(&organisation->arena, founding->scenario->site_count, sizeof(struct site));
    if (!organisation->hosts || !organisation->companies || !organisation->sites)
        return problem_set(founding->problem, STATUS_LIMIT, "the organisation is too large");
    organisation->company_count = founding->scenario->company_count;
    organisation->site_count = founding->scenario->site_count;
    found_companies(organisation, founding->scenario);
    enum status status = add_servers(founding);
    if (status == STATUS_OK)
        status = add_stations(founding, options->hosts - servers);
    if (status != STATUS_OK)
        return status;
    place_roaming(founding);
    set_wrong_zones(organisation);
    find_controllers(organisation);
    return organisation_add_people(organisation, founding->problem);
}

enum status organisation_new(const struct scenario *scenario,
                             const struct organisation_options *options,
                             struct organisation **ret_organisation, struct problem *problem) {
    struct organisation *organisation = memory_new(1, sizeof *organisation);
    arena_init(&organisation->arena, MEMORY_MAX);
    organisation->scenario = scenario;
    organisation->seed = options->seed;
    organisation->start_ns = options->start_ns;
    organisation->end_ns = options->end_ns;
    struct founding *founding = memory_new(1, sizeof *founding);
    founding->organisation = organisation;
    founding->scenario = scenario;
    founding->problem = problem;
    enum status status = found(founding, options);
    memory_free(founding);
    if (status != STATUS_OK)
        organisation_free(organisation);
    else
        *ret_organisation = organisation;
    return status;
}

void organisation_free(struct organisation *organisation) {
    if (!organisation)
        return;
    arena_done(&organisation->arena);
    memory_free(organisation);
}

int64_t organisation_lease_start(const struct organisation *organisation, int64_t time_ns) {
    int64_t since = time_ns - organisation->start_ns;
    int64_t period = since / ORGANISATION_LEASE_NS - (since < 0);
    return organisation->start_ns + period * ORGANISATION_LEASE_NS;
}

struct address organisation_address(const struct organisation *organisation,
                                    const struct host *host, int64_t time_ns) {
    if (!host->leases)
        return host->address;
    int64_t start = organisation_lease_start(organisation, time_ns);
    int64_t period = (start - organisation->start_ns) / ORGANISATION_LEASE_NS;
    uint32_t count = organisation->roaming_count[host->site];
    uint32_t turn = (uint32_t)((uint64_t)(period < 0 ? 0 : period) * 7 % count);
    uint32_t place = (host->lease_place + turn) % count;
    uint32_t first = address_four(&host->address) - host->lease_place;
    return address_of(first + place);
}

uint32_t organisation_count(const struct organisation *organisation, enum host_role role) {
    uint32_t count = 0;
    if (role == HOST_WORKSTATION)
        return (uint32_t)(organisation->host_count - organisation->central_count);
    for (size_t i = 0; i < organisation->central_count; i++)
        count += organisation->hosts[i].role == role;
    return count;
}

const struct host *organisation_host(const struct organisation *organisation, enum host_role role,
                                     uint32_t number) {
    if (role == HOST_WORKSTATION) {
        size_t place = organisation->central_count + number;
        return place < organisation->host_count ? &organisation->hosts[place] : NULL;
    }
    for (size_t i = 0; i < organisation->central_count; i++)
        if (organisation->hosts[i].role == role && number-- == 0)
            return &organisation->hosts[i];
    return NULL;
}
