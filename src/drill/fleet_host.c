// A host of the fleet and what runs on it
// SPDX-License-Identifier: Apache-2.0
#include "drill/fleet_host.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define DOMAIN_SID "S-1-5-21-1842605837-2967155374-3128844401"

enum {
    HOUR = 3600,
    FILETIME_SECOND = 10000000,
    BURST_MAX = 12,
    USERS_IN_FLEET = 5000
};

const struct fleet_program fleet_programs[PROGRAM_COUNT] = {
#define PROGRAM(name, image, original, description, company, command, parent, account, roles,      \
                weight)                                                                            \
    {image,        original, description, company, command, PROGRAM_##parent, ACCOUNT_##account,   \
     ROLE_##roles, weight},
#include "drill/program.def"
#undef PROGRAM
};

static bool has_servers(const struct fleet *fleet) {
    return fleet->options->hosts >= SERVERS_MIN_HOSTS;
}

void fleet_name_host(const struct fleet *fleet, uint32_t number, char ret_name[16]) {
    if (fleet->organisation) {
        snprintf(ret_name, 16, "%s", fleet->organisation->hosts[number].name);
        return;
    }
    static const char *const servers[SERVER_COUNT] = {"DC-01", "EX-01", "UPD-01", "FILE-01"};
    if (has_servers(fleet) && number < SERVER_COUNT)
        snprintf(ret_name, 16, "%s", servers[number]);
    else
        snprintf(ret_name, 16, "WS-%05u", (unsigned)(number % 100000));
}

void fleet_address_host(const struct fleet *fleet, uint32_t number, uint64_t when,
                        char ret_address[16]) {
    if (fleet->organisation) {
        struct address address = organisation_address(
            fleet->organisation, &fleet->organisation->hosts[number], clock_from_filetime(when));
        uint32_t four = address_four(&address);
        snprintf(ret_address, 16, "%u.%u.%u.%u", four >> 24, four >> 16 & 255, four >> 8 & 255,
                 four & 255);
        return;
    }
    bool server = has_servers(fleet) && number < SERVER_COUNT;
    unsigned net = server ? 1 : 20 + number / 250, last = server ? 10 + number : 1 + number % 250;
    snprintf(ret_address, 16, "10.20.%u.%u", net % 256, last % 256);
}

static void set_account(struct fleet_account *account, const char *domain, const char *sid) {
    snprintf(account->domain, sizeof account->domain, "%s", domain);
    snprintf(account->label, sizeof account->label, "%.23s\\%.31s", domain, account->name);
    account->sid_size = evtx_sid_parse(sid, account->sid);
    assert(account->sid_size > 0);
}

static void name_user(struct fleet_account *account, uint32_t number) {
    static const char *const first[] = {
        "anna",  "ben",   "carla", "david", "elena", "frank", "grace", "henry", "irene", "jonas",
        "karin", "lucas", "maria", "nils",  "olga",  "peter", "rosa",  "simon", "tessa", "victor"};
    static const char *const last[] = {"adler",  "brandt", "castro", "dietz",  "ekman",
                                       "faber",  "garcia", "hansen", "ivanov", "jensen",
                                       "keller", "lopez",  "meyer",  "novak",  "olsen",
                                       "peters", "rossi",  "schmid", "torres", "weber"};
    uint32_t mixed = number * 2654435761u >> 8;
    int size = snprintf(account->name, sizeof account->name, "%s.%s",
                        first[mixed % ARRAY_SIZE(first)], last[mixed / 32 % ARRAY_SIZE(last)]);
    if (number >= 400)
        snprintf(account->name + size, sizeof account->name - (size_t)size, "%u",
                 (unsigned)(number / 400));
}

static void set_accounts(struct fleet_host *host) {
    struct fleet_account *accounts = host->accounts;
    char sid[96];
    snprintf(accounts[ACCOUNT_SYSTEM].name, 32, "SYSTEM");
    snprintf(accounts[ACCOUNT_LOCAL].name, 32, "LOCAL SERVICE");
    snprintf(accounts[ACCOUNT_NETWORK].name, 32, "NETWORK SERVICE");
    snprintf(accounts[ACCOUNT_MACHINE].name, 32, "%s$", host->name);
    // One administrator looks after all servers: it is his account that is stolen.
    unsigned admin = has_servers(host->fleet) && host->number < SERVER_COUNT ? 1 : host->number % 7;
    snprintf(accounts[ACCOUNT_ADMIN].name, 32, "adm.%02u", admin);
    set_account(&accounts[ACCOUNT_SYSTEM], "NT AUTHORITY", "S-1-5-18");
    set_account(&accounts[ACCOUNT_LOCAL], "NT AUTHORITY", "S-1-5-19");
    set_account(&accounts[ACCOUNT_NETWORK], "NT AUTHORITY", "S-1-5-20");
    set_account(&accounts[ACCOUNT_MACHINE], "CORP", "S-1-5-18");
    for (uint32_t i = ACCOUNT_USER; i < ACCOUNT_ADMIN; i++) {
        uint32_t number = (host->number * 2 + i - ACCOUNT_USER) % USERS_IN_FLEET;
        name_user(&accounts[i], number);
        snprintf(sid, sizeof sid, DOMAIN_SID "-%u", (unsigned)(2000 + number));
        set_account(&accounts[i], "CORP", sid);
    }
    snprintf(sid, sizeof sid, DOMAIN_SID "-%u", 1104 + admin);
    set_account(&accounts[ACCOUNT_ADMIN], "CORP", sid);
    for (size_t i = 0; i < ACCOUNT_COUNT; i++) {
        accounts[i].logon = 0x10000 + (dice_roll(&host->dice) & 0xFFFFFF);
        uint64_t halves[2] = {dice_roll(&host->dice), dice_roll(&host->dice)};
        memcpy(accounts[i].logon_guid, halves, sizeof halves);
    }
    accounts[ACCOUNT_SYSTEM].logon = accounts[ACCOUNT_MACHINE].logon = 0x3e7;
    accounts[ACCOUNT_LOCAL].logon = 0x3e5;
    accounts[ACCOUNT_NETWORK].logon = 0x3e4;
}

void fleet_identify_process(struct fleet_host *host, struct fleet_process *process) {
    uint32_t parts[4] = {0x5D000000u + host->number * 2654435761u,
                         (uint32_t)(host->now / FILETIME_SECOND), process->id,
                         (uint32_t)dice_roll(&host->dice)};
    memcpy(process->guid, parts, sizeof parts);
}

static void start_parent(struct fleet_host *host, enum program number) {
    const struct fleet_program *program = &fleet_programs[number];
    struct fleet_process *process = &host->processes[number];
    if (process->image)
        return;
    process->image = program->image;
    process->program = number;
    process->account = program->account;
    process->id = number == PROGRAM_SYSTEM ? 4 : 400 + 4 * dice_below(&host->dice, 1500);
    fleet_identify_process(host, process);
    struct scribe_words words = fleet_host_words(host, program->account);
    scribe_reset(host->scribe);
    struct slice command = scribe_compose(host->scribe, program->command, &words, &host->dice);
    process->command = memory_keep_text(command.data, command.size);
}

// The programs that others are children of have been running since before the logs begin.
static void start_parents(struct fleet_host *host) {
    static const enum program of_story[] = {PROGRAM_IISHOST, PROGRAM_WMIHOST, PROGRAM_SHELL,
                                            PROGRAM_LSASS};
    for (size_t i = 0; i < PROGRAM_COUNT; i++)
        start_parent(host, fleet_programs[i].parent);
    for (size_t i = 0; i < ARRAY_SIZE(of_story); i++)
        start_parent(host, of_story[i]);
}

// What a host knows of its surroundings: those of `drill logs`, or the organisation's.
static void set_around(struct fleet_host *host, const struct fleet_identity *identity) {
    const struct organisation *organisation = host->fleet->organisation;
    struct fleet_around *around = &host->around;
    *around = (struct fleet_around){.domain = "CORP",
                                    .dns = "corp.example.com",
                                    .files = has_servers(host->fleet) ? "FILE-01" : "NAS-01",
                                    .controller = "DC-01.corp.example.com",
                                    .controller_address = "10.20.1.10",
                                    .upgrade = "UPD-01.corp.example.com",
                                    .upgrade_address = "10.20.1.12"};
    if (!organisation)
        return;
    uint32_t number = organisation->hosts[identity->number].company;
    const struct company *company = &organisation->companies[number];
    const struct host *upgrade = organisation_host(organisation, HOST_UPGRADE, 0);
    const struct host *files = organisation_host(organisation, HOST_FILES, 0);
    const struct host *controller = company->controller < organisation->host_count
                                        ? &organisation->hosts[company->controller]
                                        : NULL;
    around->domain = company->netbios;
    around->dns = company->domain;
    around->files = files ? files->name : "NAS-01";
    around->controller = controller ? controller->fqdn : company->domain;
    around->upgrade = upgrade ? upgrade->fqdn : "update.example.com";
    if (controller)
        address_format(&controller->address, around->controller_address);
    if (upgrade)
        address_format(&upgrade->address, around->upgrade_address);
}

struct fleet_host *fleet_host_make(const struct fleet *fleet, const struct fleet_identity *identity,
                                   struct problem *problem) {
    struct fleet_host *host = memory_new(1, sizeof *host);
    host->fleet = fleet;
    host->scribe = fleet->scribe;
    host->number = identity->number;
    host->problem = problem;
    dice_init(&host->dice, identity->seed, identity->number + 1);
    host->role = identity->role;
    host->seed = identity->seed;
    host->kind = identity->kind;
    snprintf(host->name, sizeof host->name, "%s", identity->name);
    snprintf(host->address, sizeof host->address, "%s", identity->address);
    snprintf(host->computer, sizeof host->computer, "%s", identity->computer);
    host->evtx = evtx_host_new(fleet->catalogue, host->computer, identity->evtx_number);
    host->planned = fleet->options->records;
    host->now = fleet->start + dice_below(&host->dice, 60 * FILETIME_SECOND);
    set_around(host, identity);
    set_accounts(host);
    start_parents(host);
    return host;
}

struct fleet_host *fleet_host_new(const struct fleet *fleet, uint32_t number,
                                  struct problem *problem) {
    char name[16], address[16], computer[64];
    bool server = has_servers(fleet) && number < SERVER_COUNT;
    fleet_name_host(fleet, number, name);
    fleet_address_host(fleet, number, fleet->start, address);
    snprintf(computer, sizeof computer, "%s.corp.example.com", name);
    return fleet_host_make(
        fleet,
        &(struct fleet_identity){.number = number,
                                 .seed = fleet->options->seed,
                                 .role = !server                     ? ROLE_W
                                         : number == SERVER_EXCHANGE ? ROLE_S | ROLE_X
                                                                     : ROLE_S,
                                 .kind = !server                     ? 0
                                         : number == SERVER_DC       ? 2
                                         : number == SERVER_EXCHANGE ? 3
                                                                     : 1,
                                 .evtx_number = fleet->options->single ? number : 0,
                                 .name = name,
                                 .computer = computer,
                                 .address = address},
        problem);
}

void fleet_host_free(struct fleet_host *host) {
    if (!host)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(host->processes); i++)
        memory_free(host->processes[i].command);
    evtx_host_free(host->evtx);
    memory_free(host);
}

void fleet_host_follow_lease(struct fleet_host *host) {
    if (host->fleet->organisation)
        fleet_address_host(host->fleet, host->number, host->now, host->address);
}

// Activity comes in bursts; a burst lies where the day's curve puts its first record. Time
// never goes back, and short fleets with many records go on past the end of their days.
void fleet_host_tick(struct fleet_host *host) {
    uint32_t step = 1000 + dice_below(&host->dice, 400000); // 0.1 to 40 ms
    if (host->burst > 0) {
        host->burst--;
        host->now += step;
        return;
    }
    host->burst = dice_below(&host->dice, BURST_MAX);
    const uint64_t *curve = host->fleet->curve[host->role == ROLE_W ? 0 : 1];
    uint64_t total = curve[host->fleet->hour_count - 1];
    uint64_t done = host->written < host->planned ? host->written : host->planned;
    uint64_t place = (uint64_t)((double)done / (double)host->planned * (double)total);
    while (host->hour + 1 < host->fleet->hour_count && curve[host->hour] < place)
        host->hour++;
    uint64_t before = host->hour ? curve[host->hour - 1] : 0;
    uint64_t width = curve[host->hour] - before;
    uint64_t second = width ? (place - before) * HOUR / width : 0;
    uint64_t when = host->fleet->start + (host->hour * HOUR + second) * FILETIME_SECOND +
                    dice_below(&host->dice, FILETIME_SECOND);
    host->now = when > host->now ? when : host->now + step;
    fleet_host_follow_lease(host);
}

void fleet_host_emit(struct fleet_host *host, enum drill_event event, uint32_t id,
                     enum fleet_account_kind account) {
    const struct evtx_event_type *type = evtx_catalogue_type(host->fleet->catalogue, event);
    assert(host->scribe->count == type->field_count);
    if (host->status != STATUS_OK)
        return;
    bool security = strcmp(type->channel, "Security") == 0;
    struct evtx_record record = {
        .host = host->evtx,
        .type = event,
        .time = host->now,
        .process_id = id,
        .thread_id = 4 * (1 + dice_below(&host->dice, 4000)),
        .user =
            security || type->classic ? (struct slice){NULL, 0} : fleet_account_sid(host, account),
        .values = host->scribe->values,
    };
    host->status = host->sink ? host->sink->append(host->sink, &record, host->problem)
                              : log_set_append(host->fleet->logs, &record, host->problem);
    host->written++;
    scribe_reset(host->scribe);
}

struct slice fleet_account_sid(const struct fleet_host *host, enum fleet_account_kind account) {
    return slice_of(host->accounts[account].sid, host->accounts[account].sid_size);
}

void fleet_put_account(struct fleet_host *host, enum fleet_account_kind account) {
    const struct fleet_account *who = &host->accounts[account];
    scribe_bytes(host->scribe, EVTX_SID, slice_of(who->sid, who->sid_size));
    scribe_text(host->scribe, who->name);
    scribe_text(host->scribe, who->domain);
    scribe_number(host->scribe, EVTX_HEX64, who->logon);
}

struct scribe_words fleet_host_words(const struct fleet_host *host,
                                     enum fleet_account_kind account) {
    return (struct scribe_words){.host = host->name,
                                 .user = host->accounts[account].name,
                                 .domain = host->around.domain,
                                 .server = host->around.files,
                                 .dns = host->around.dns,
                                 .controller = host->around.controller,
                                 .controller_address = host->around.controller_address,
                                 .upgrade = host->around.upgrade,
                                 .upgrade_address = host->around.upgrade_address};
}

struct fleet_process *fleet_find_process(struct fleet_host *host, enum program program) {
    struct fleet_process *process = &host->processes[program];
    return process->image ? process : &host->processes[PROGRAM_SERVICES];
}

struct fleet_process *fleet_any_process(struct fleet_host *host) {
    size_t slot = PROGRAM_COUNT + dice_below(&host->dice, PROCESSES_SHORT);
    struct fleet_process *process = &host->processes[slot];
    return process->image ? process : &host->processes[PROGRAM_SVCHOST];
}
