// The drill's organisation: sites, hosts, people
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_ORGANISATION_H
#define DRILL_ORGANISATION_H

#include "base/arena.h"
#include "base/status.h"
#include "drill/address.h"
#include "drill/dice.h"
#include "drill/evtx_event.h"
#include "drill/host_role.h"

#include <stdbool.h>
#include <stdint.h>

struct scenario;

// How long a lease of an address lasts: all that roam change places with it.
#define ORGANISATION_LEASE_NS (4 * 86400 * 1000000000ll)

enum {
    HOST_NAME_SIZE = 16, // NetBIOS: 15 characters
    HOST_FQDN_SIZE = 72,
    ACCOUNT_NAME_SIZE = 32
};

// A place with networks of its own.
struct site {
    char name[32];
    struct network workstations, servers;
    int32_t zone_seconds;
    uint32_t company;
};

// The company itself is number 0, subsidiaries follow; each is a Windows domain.
struct company {
    char name[48];
    char domain[48];     // corp.example.com
    char netbios[16];    // CORP
    char sid[48];        // S-1-5-21-a-b-c
    uint32_t controller; // the first domain controller, a host
};

enum account_kind {
    PERSON,
    PERSON_EXECUTIVE, // mail that is worth stealing
    PERSON_ADMINISTRATOR,
    PERSON_HELP_DESK,
    PERSON_DEVELOPER,
    ACCOUNT_SERVICE,  // runs services: svc.backup
    ACCOUNT_COMPUTER, // WS-0007$
};

struct account {
    char name[ACCOUNT_NAME_SIZE];
    uint8_t sid[EVTX_SID_SIZE_MAX];
    uint8_t sid_size;
    uint8_t kind; // enum account_kind
    uint32_t company;
    uint32_t host; // a person's workstation, a computer account's host
};

// What is switched on there. A host without any logs has keeps_logs false: it exists only in
// what others say of it.
struct host_logging {
    bool keeps_logs;
    bool sysmon;
    bool command_lines; // in 4688
    bool scripts;       // PowerShell 4104
    bool file_inventory, software_inventory;
    bool disk_artefacts; // MFT, Amcache, Prefetch were collected
    bool winlogbeat;     // shipped as JSON lines
};

struct host {
    uint32_t number;
    enum host_role role;
    enum host_system system;
    bool central;
    uint32_t site, company;
    char name[HOST_NAME_SIZE]; // DC-01
    char fqdn[HOST_FQDN_SIZE];
    struct address address;     // fixed; of a host with leases, the first one
    bool leases;                // see organisation_address
    uint32_t lease_place;       // in the site's row of leasing hosts
    int64_t skew_ns;            // what its clock shows beyond true time
    int32_t zone_error_seconds; // a clock set to the wrong zone: added to the skew
    int32_t zone_seconds;       // of its local time, for logs that write local time
    uint32_t user;              // account of the person it belongs to, or DEED_NO_ACCOUNT
    uint32_t account;           // computer account
    struct host_logging logging;
    uint64_t seed; // for all dice of this host
};

struct organisation {
    const struct scenario *scenario;
    uint64_t seed;
    int64_t start_ns, end_ns; // of the play, true time
    struct company *companies;
    size_t company_count;
    struct site *sites;
    size_t site_count;
    struct host *hosts; // central ones first
    size_t host_count, central_count;
    struct account *accounts;
    size_t account_count;
    uint32_t roaming_count[ORGANISATION_SITES_MAX]; // hosts with leases that move, by site
    struct arena arena;
};

struct organisation_options {
    uint32_t hosts; // in all; servers are taken from them
    uint64_t seed;
    int64_t start_ns, end_ns;
};

// Drawn from the seed alone: same scenario, options and seed, same organisation. STATUS_USAGE
// when there are fewer hosts than the scenario's servers need, or more than a network holds.
// `scenario` must outlive it. Free with organisation_free.
enum status organisation_new(const struct scenario *scenario,
                             const struct organisation_options *options,
                             struct organisation **ret_organisation, struct problem *problem);
void organisation_free(struct organisation *organisation);

// The address of a host at a time. Of those that roam, every lease period gives each the
// address that another one had.
struct address organisation_address(const struct organisation *organisation,
                                    const struct host *host, int64_t time_ns);
int64_t organisation_lease_start(const struct organisation *organisation, int64_t time_ns);

// How many hosts of a role, and the one with this number (from 0); NULL past the end.
uint32_t organisation_count(const struct organisation *organisation, enum host_role role);
const struct host *organisation_host(const struct organisation *organisation, enum host_role role,
                                     uint32_t number);

// Dice for one purpose of one host: independent of what else is drawn.
void host_dice_init(struct dice *dice, const struct host *host, uint64_t purpose);

#endif
