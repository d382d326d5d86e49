// One entry on its way into Windows event logs
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_WINDOWS_TELLING_H
#define DRILL_WINDOWS_TELLING_H

#include "drill/fleet_host.h"
#include "drill/log_writer.h"

enum {
    SYSTEM_PROCESS = 4,
    LSASS_PROCESS = 700,
    SYSMON_PROCESS = 2840,
    SERVICES_PROCESS = 680
};

// A host whose logs are written.
struct windows_host {
    struct fleet_host *fleet_host;
    const struct log_site *site;
};

// FILETIME of a time.
uint64_t windows_time(int64_t time_ns);

struct telling {
    struct windows_host *host;
    struct fleet_host *fleet;
    struct scribe *scribe;
    const struct deed *deed;
    const struct account *account; // NULL: the system, or a name that is none of ours
    const char *domain;            // of the account
    char label[96];                // CORP\erika
};

extern const uint8_t windows_nobody[12]; // S-1-0-0

void telling_start(struct telling *telling);
void telling_put_text(struct telling *telling, struct slice text);
void telling_put_decimal(struct telling *telling, uint64_t number);
void telling_put_address(struct telling *telling, const struct address *address);
uint16_t telling_pick_port(struct telling *telling, uint16_t port);
struct slice telling_account_sid(const struct telling *telling);
struct slice telling_account_name(const struct telling *telling);
void telling_put_account(struct telling *telling, uint64_t session);
void telling_put_nobody(struct telling *telling);
void telling_put_guid(struct telling *telling, uint32_t key);
void telling_put_program(struct telling *telling, const struct deed_program *program);
void telling_put_time(struct telling *telling);
void telling_start_sysmon(struct telling *telling);
void telling_emit(struct telling *telling, enum drill_event event, uint32_t process);
bool telling_has_sysmon(const struct telling *telling);
void telling_put_hashes(struct telling *telling, const struct deed_content *content);

#endif
