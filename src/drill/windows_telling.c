// One entry on its way into Windows event logs
// SPDX-License-Identifier: Apache-2.0
#include "drill/windows_telling.h"

#include "drill/wire.h"

#include <string.h>

enum {
    STEP_MAX = 30000, // 100 ns between records of one deed
    EPOCH_DAYS = 134774
};

const uint8_t windows_nobody[12] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
static const uint8_t system_sid[12] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};

uint64_t windows_time(int64_t time_ns) {
    return (uint64_t)(time_ns / 100) + EPOCH_DAYS * 864000000000ull;
}

void telling_start(struct telling *telling) {
    telling->fleet->now += dice_below(&telling->fleet->dice, STEP_MAX);
    scribe_reset(telling->scribe);
}

void telling_put_text(struct telling *telling, struct slice text) {
    scribe_bytes(telling->scribe, EVTX_TEXT, text.size ? text : SLICE("-"));
}

void telling_put_decimal(struct telling *telling, uint64_t number) {
    scribe_bytes(telling->scribe, EVTX_TEXT, scribe_decimal(telling->scribe, number));
}

void telling_put_address(struct telling *telling, const struct address *address) {
    char text[ADDRESS_TEXT_SIZE];
    size_t size = address_format(address, text);
    scribe_bytes(telling->scribe, EVTX_TEXT, scribe_copy(telling->scribe, slice_of(text, size)));
}

uint16_t telling_pick_port(struct telling *telling, uint16_t port) {
    return port ? port : wire_from_port(telling->deed);
}

struct slice telling_account_sid(const struct telling *telling) {
    const struct account *account = telling->account;
    if (telling->deed->account == DEED_NO_ACCOUNT)
        return telling->deed->user.size ? slice_of(windows_nobody, sizeof windows_nobody)
                                        : slice_of(system_sid, sizeof system_sid);
    return slice_of(account->sid, account->sid_size);
}

struct slice telling_account_name(const struct telling *telling) {
    if (telling->account)
        return slice_of_string(telling->account->name);
    return telling->deed->user.size ? telling->deed->user : SLICE("SYSTEM");
}

// SID, name, domain, logon.
void telling_put_account(struct telling *telling, uint64_t session) {
    scribe_bytes(telling->scribe, EVTX_SID, telling_account_sid(telling));
    scribe_bytes(telling->scribe, EVTX_TEXT, telling_account_name(telling));
    scribe_text(telling->scribe, telling->domain);
    scribe_number(telling->scribe, EVTX_HEX64, session ? session : 0x3e7);
}

void telling_put_nobody(struct telling *telling) {
    scribe_bytes(telling->scribe, EVTX_SID, slice_of(windows_nobody, sizeof windows_nobody));
    scribe_text(telling->scribe, "-");
    scribe_text(telling->scribe, "-");
    scribe_number(telling->scribe, EVTX_HEX64, 0);
}

// Of (host, key): all records of a host agree, and nothing has to be remembered.
void telling_put_guid(struct telling *telling, uint32_t key) {
    uint32_t parts[4] = {(uint32_t)telling->host->site->host->seed, 0x66A00000u + key, key,
                         0x10000u + key * 2654435761u};
    scribe_bytes(telling->scribe, EVTX_GUID,
                 scribe_copy(telling->scribe, slice_of(parts, sizeof parts)));
}

void telling_put_program(struct telling *telling, const struct deed_program *program) {
    telling_put_guid(telling, program->key);
    scribe_number(telling->scribe, EVTX_UINT32, program->id);
    telling_put_text(telling, program->image);
}

void telling_put_time(struct telling *telling) {
    scribe_bytes(telling->scribe, EVTX_TEXT, scribe_time(telling->scribe, telling->fleet->now));
}

// Sysmon: RuleName, UtcTime.
void telling_start_sysmon(struct telling *telling) {
    telling_start(telling);
    scribe_text(telling->scribe, "-");
    telling_put_time(telling);
}

void telling_emit(struct telling *telling, enum drill_event event, uint32_t process) {
    fleet_host_emit(telling->fleet, event, process, ACCOUNT_SYSTEM);
}

bool telling_has_sysmon(const struct telling *telling) {
    return telling->host->site->host->logging.sysmon;
}

void telling_put_hashes(struct telling *telling, const struct deed_content *content) {
    char text[CONTENT_HASHES_SIZE];
    if (content)
        content_format_hashes(content, text);
    scribe_bytes(telling->scribe, EVTX_TEXT,
                 content ? scribe_copy(telling->scribe, slice_of_string(text)) : SLICE("-"));
}
