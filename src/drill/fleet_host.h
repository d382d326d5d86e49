// A host of the fleet and what runs on it
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_FLEET_HOST_H
#define DRILL_FLEET_HOST_H

#include "drill/content.h"
#include "drill/dice.h"
#include "drill/event_types.h"
#include "drill/log_set.h"
#include "drill/organisation.h"
#include "drill/scribe.h"

enum program {
#define PROGRAM(name, ...) PROGRAM_##name,
#include "drill/program.def"
#undef PROGRAM
    PROGRAM_COUNT
};

enum fleet_role {
    ROLE_W = 1, // workstation
    ROLE_S = 2, // server
    ROLE_X = 4, // Exchange
    ROLE_A = 7
};

enum fleet_account_kind {
    ACCOUNT_SYSTEM,
    ACCOUNT_LOCAL,
    ACCOUNT_NETWORK,
    ACCOUNT_MACHINE,
    ACCOUNT_USER, // the first of the host's users
    ACCOUNT_ADMIN = ACCOUNT_USER + 2,
    ACCOUNT_COUNT
};

enum {
    PROCESSES_SHORT = 32,  // slots for what comes and goes, after a slot a parent program
    SERVERS_MIN_HOSTS = 6, // smaller fleets are workstations only
    SERVER_DC = 0,
    SERVER_EXCHANGE = 1,
    SERVER_UPGRADE = 2,
    SERVER_FILE = 3,
    SERVER_COUNT = 4
};

struct fleet_program {
    const char *image, *original, *description, *company, *command;
    enum program parent;
    enum fleet_account_kind account;
    unsigned roles;
    uint32_t weight;
};
extern const struct fleet_program fleet_programs[PROGRAM_COUNT];

enum {
    FLEET_TOLD_MAX = 1024
};

// What Sysmon says of a program's file.
struct fleet_image {
    uint64_t key; // of path and version; 0: nothing here
    struct deed_content content;
    char version[48];
    char hashes[CONTENT_HASHES_SIZE];
};

// What the whole fleet has in common.
struct fleet {
    const struct drill_logs_options *options;
    struct event_types *types;
    struct evtx_catalogue *catalogue;
    struct log_set *logs;
    struct fleet_image *told;      // FLEET_TOLD_MAX places: what was asked for lately
    struct dice_table life[4];     // what happens next: by role (workstation, server, DC, Exchange)
    struct dice_table programs[4]; // what is started next
    uint64_t *curve[2];            // activity up to the end of each hour: people, machines
    size_t hour_count;
    uint64_t start;                          // FILETIME
    struct scribe *scribe;                   // hosts take turns
    const struct organisation *organisation; // whose hosts these are; NULL: the fleet's own
};

struct fleet_account {
    char name[32];
    char domain[24];
    char label[64]; // DOMAIN\name
    uint8_t sid[EVTX_SID_SIZE_MAX];
    size_t sid_size;
    uint64_t logon;
    uint8_t logon_guid[EVTX_GUID_SIZE];
};

struct fleet_process {
    const char *image; // NULL: empty slot
    enum program program;
    enum fleet_account_kind account;
    uint32_t id;
    uint8_t guid[EVTX_GUID_SIZE];
    char *command;
};

// The names that a host's records speak of.
struct fleet_around {
    const char *domain, *dns, *files, *controller, *upgrade;
    char controller_address[ADDRESS_TEXT_SIZE], upgrade_address[ADDRESS_TEXT_SIZE];
};

struct fleet_host {
    const struct fleet *fleet;
    struct evtx_host *evtx;
    struct dice dice;
    uint32_t number;
    unsigned role;
    uint64_t seed; // of its programs' versions
    size_t kind;   // index into fleet->life: 0 workstation, 1 server, 2 DC, 3 Exchange
    char name[16]; // WS-0007
    char computer[64];
    char address[16];
    struct fleet_around around;
    struct fleet_account accounts[ACCOUNT_COUNT];
    struct fleet_process processes[PROGRAM_COUNT + PROCESSES_SHORT];
    uint32_t next_short;
    uint64_t now;  // FILETIME of the record being written
    uint64_t told; // of the last one written
    size_t hour;   // index into the curve
    uint64_t planned, written;
    uint32_t burst; // records left in a burst of activity
    size_t story_at;
    enum status status; // of the first append that failed; nothing is written after it
    struct problem *problem;
    struct scribe *scribe;   // the fleet's
    struct fleet_sink *sink; // NULL: the fleet's log set
};

// Where a host's records go instead of the fleet's log set.
struct fleet_sink {
    enum status (*append)(struct fleet_sink *sink, struct evtx_record *record,
                          struct problem *problem);
};

// Who a host is, when somebody else decides that.
struct fleet_identity {
    uint32_t number;
    uint64_t seed;
    unsigned role;
    size_t kind, evtx_number;
    const char *name, *computer, *address;
};
struct fleet_host *fleet_host_make(const struct fleet *fleet, const struct fleet_identity *identity,
                                   struct problem *problem);

// The fleet's tables of what happens, and of digests.
void fleet_make_tables(struct fleet *fleet);

struct fleet_host *fleet_host_new(const struct fleet *fleet, uint32_t number,
                                  struct problem *problem);
void fleet_host_free(struct fleet_host *host);

// "DC-01", "WS-0007": names and addresses of any host of the fleet, also of those that are not
// at hand. Those of an organisation may have another address at another time (FILETIME).
void fleet_name_host(const struct fleet *fleet, uint32_t number, char ret_name[16]);
void fleet_address_host(const struct fleet *fleet, uint32_t number, uint64_t when,
                        char ret_address[16]);

// A host with leases has another address in another period: that of its clock.
void fleet_host_follow_lease(struct fleet_host *host);

// Moves the host's clock to where record `written` of `planned` belongs.
void fleet_host_tick(struct fleet_host *host);

// Writes the record whose values the scribe holds, as process `id`.
void fleet_host_emit(struct fleet_host *host, enum drill_event event, uint32_t id,
                     enum fleet_account_kind account);

// Subject or target fields: SID, name, domain, logon.
void fleet_put_account(struct fleet_host *host, enum fleet_account_kind account);
struct slice fleet_account_sid(const struct fleet_host *host, enum fleet_account_kind account);
struct scribe_words fleet_host_words(const struct fleet_host *host,
                                     enum fleet_account_kind account);

// Sysmon's GUID of a process: machine, start time, number.
void fleet_identify_process(struct fleet_host *host, struct fleet_process *process);

// A running process of the program (or, where it never runs, of services.exe).
struct fleet_process *fleet_find_process(struct fleet_host *host, enum program program);
struct fleet_process *fleet_any_process(struct fleet_host *host);

// Starts a process: Security 4688 and, where `sysmon`, Sysmon 1. `image` and the texts are
// static; `command` is a pattern. Returns its slot, which a later process may take over.
struct fleet_launch {
    const char *image, *original, *description, *company, *command;
    const struct fleet_process *parent;
    enum program program;
    enum fleet_account_kind account;
    bool sysmon;
};
// Lives until the next call; the same for the same path on hosts of one version.
const struct fleet_image *fleet_image(const struct fleet_host *host, struct slice path);

struct fleet_process *fleet_launch(struct fleet_host *host, const struct fleet_launch *launch);

#endif
