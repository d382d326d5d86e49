// Scripts, cmdlets, registry and routine as records
// SPDX-License-Identifier: Apache-2.0
#include "drill/windows_record_system.h"

#include "drill/life.h"

#include <stdio.h>
#include <string.h>

enum {
    CMDLET_FIELDS = 30,
    LIST_MAX = 8192
};

static void tell_access(struct telling *telling) {
    const struct deed *deed = telling->deed;
    struct scribe *scribe = telling->scribe;
    if (!telling_has_sysmon(telling))
        return;
    telling_start_sysmon(telling);
    telling_put_guid(telling, deed->program.key);
    scribe_number(scribe, EVTX_UINT32, deed->program.id);
    scribe_number(scribe, EVTX_UINT32, 4 * (1 + dice_below(&telling->fleet->dice, 4000)));
    telling_put_text(telling, deed->program.image);
    telling_put_program(telling, &deed->access.target);
    scribe_number(scribe, EVTX_HEX32, deed->access.granted);
    scribe_text(scribe,
                "C:\\Windows\\SYSTEM32\\ntdll.dll+9d6c4|C:\\Windows\\System32\\KERNELBASE.dll"
                "+2c13e");
    scribe_text(scribe, telling->label);
    scribe_text(scribe, "NT AUTHORITY\\SYSTEM");
    telling_emit(telling, DRILL_SYSMON_ACCESS, SYSMON_PROCESS);
}

static void tell_registry(struct telling *telling) {
    const struct deed *deed = telling->deed;
    if (!telling_has_sysmon(telling))
        return;
    telling_start(telling);
    scribe_text(telling->scribe, "-");
    scribe_text(telling->scribe, "SetValue");
    telling_put_time(telling);
    telling_put_program(telling, &deed->program);
    telling_put_text(telling, deed->registry.key);
    telling_put_text(telling, deed->registry.value);
    scribe_text(telling->scribe, telling->label);
    telling_emit(telling, DRILL_SYSMON_REGISTRY, SYSMON_PROCESS);
}

static void tell_script(struct telling *telling) {
    const struct deed *deed = telling->deed;
    char id[40];
    if (!telling->host->site->host->logging.scripts)
        return;
    telling_start(telling);
    snprintf(id, sizeof id, "%08llx-0000-4000-8000-%012llx",
             (unsigned long long)(deed->serial & 0xFFFFFFFF), (unsigned long long)deed->serial);
    scribe_number(telling->scribe, EVTX_INT32, 1);
    scribe_number(telling->scribe, EVTX_INT32, 1);
    scribe_bytes(telling->scribe, EVTX_TEXT, deed->script.text);
    scribe_bytes(telling->scribe, EVTX_TEXT, scribe_copy(telling->scribe, slice_of_string(id)));
    scribe_bytes(telling->scribe, EVTX_TEXT, deed->script.path);
    telling_emit(telling, DRILL_PS_SCRIPT, deed->program.id);
}

// A row of texts, each with its closing NUL.
struct text_list {
    char bytes[LIST_MAX];
    size_t size;
};

static void list_add(struct text_list *list, struct slice text) {
    size_t room = LIST_MAX - 1 - list->size;
    size_t size = text.size < room ? text.size : room;
    if (room == 0)
        return;
    if (size)
        memcpy(list->bytes + list->size, text.data, size);
    list->size += size;
    list->bytes[list->size++] = 0;
}

static void put_list(struct telling *telling, const struct text_list *list) {
    scribe_bytes(telling->scribe, EVTX_TEXT_LIST,
                 scribe_copy(telling->scribe, slice_of(list->bytes, list->size)));
}

static void tell_software(struct telling *telling) {
    const struct deed *deed = telling->deed;
    struct text_list list = {.size = 0};
    telling_start(telling);
    list_add(&list, deed->software.name);
    list_add(&list, deed->software.version);
    list_add(&list, SLICE("1033"));
    list_add(&list, SLICE("0"));
    list_add(&list, deed->software.publisher);
    list_add(&list, SLICE("(NULL)"));
    put_list(telling, &list);
    scribe_bytes(telling->scribe, EVTX_BINARY, SLICE("{00000000-0000-0000-0000-000000000000}"));
    telling_emit(telling, DRILL_MSI_INSTALLED, 0);
}

// EventData of MSExchange CmdletLogs is one list: [0] cmdlet, [1] parameters, [2] caller, [3] and
// [4] SIDs, [5] shell, [6] process and pool, [9] duration, [26] culture.
static void tell_cmdlet(struct telling *telling) {
    const struct deed *deed = telling->deed;
    struct text_list list = {.size = 0};
    char process[64], taken[24], caller[192];
    telling_start(telling);
    snprintf(process, sizeof process, "%u w3wp#MSExchangePowerShellAppPool",
             (unsigned)deed->program.id);
    snprintf(taken, sizeof taken, "%u", (unsigned)deed->cmdlet.taken_ms);
    snprintf(caller, sizeof caller, "%s/Users/%s",
             telling->host->site->organisation->companies[0].domain, telling->label);
    struct slice fields[CMDLET_FIELDS] = {
        deed->cmdlet.name,
        deed->cmdlet.parameters,
        slice_of_string(caller),
        SLICE("S-1-5-21-0-0-0-500"),
        SLICE("S-1-5-21-0-0-0-500"),
        deed->cmdlet.local ? SLICE("Local-EMS-Unknown") : SLICE("Remote-ManagementShell-Unknown"),
        slice_of_string(process),
        SLICE("7"),
        SLICE("15"),
        slice_of_string(taken),
        SLICE(
            "View Entire Forest: 'False', Default Scope: '', Configuration Domain Controller: ''"),
    };
    fields[12] = deed->cmdlet.failure;
    fields[26] = SLICE("en-US");
    for (size_t i = 0; i < CMDLET_FIELDS; i++)
        list_add(&list, fields[i]);
    put_list(telling, &list);
    telling_emit(telling, deed->cmdlet.failure.size ? DRILL_EXCHANGE_FAILED : DRILL_EXCHANGE_CMDLET,
                 deed->program.id);
}

static void put_target(struct telling *telling, const struct account *account, bool with_domain) {
    const struct organisation *organisation = telling->host->site->organisation;
    scribe_text(telling->scribe, account->name);
    if (with_domain)
        scribe_text(telling->scribe, organisation->companies[account->company].netbios);
    scribe_bytes(telling->scribe, EVTX_SID, slice_of(account->sid, account->sid_size));
}

// 4720: what the directory sets for a new account.
static void tell_account_created(struct telling *telling, const struct account *account) {
    struct scribe *scribe = telling->scribe;
    static const char *const rest[] = {
        "%%1793", "%%1793", "%%1793", "%%1793",
        "%%1793", "%%1794", "%%1794", "513",
        "-",      "0x0",    "0x15",   "\r\n\t\t%%2080\r\n\t\t%%2082\r\n\t\t%%2084",
        "%%1793", "-",      "%%1797"};
    put_target(telling, account, true);
    telling_put_account(telling, 0x100000 + telling->deed->serial % 0xFFFFFF);
    scribe_text(scribe, "-");
    scribe_text(scribe, account->name);
    scribe_text(scribe, account->name);
    scribe_text(scribe, account->name);
    for (size_t i = 0; i < ARRAY_SIZE(rest); i++)
        scribe_text(scribe, rest[i]);
    telling_emit(telling, DRILL_ACCOUNT_CREATED, LSASS_PROCESS);
}

static void tell_group_added(struct telling *telling, const struct account *account, bool local) {
    static const uint8_t administrators[16] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};
    const struct account *group = telling->account ? telling->account : account;
    scribe_text(telling->scribe, "-");
    scribe_bytes(telling->scribe, EVTX_SID, slice_of(account->sid, account->sid_size));
    telling_put_text(telling, telling->deed->account_change.group);
    scribe_text(telling->scribe, local ? "Builtin" : telling->domain);
    scribe_bytes(telling->scribe, EVTX_SID,
                 local ? slice_of(administrators, sizeof administrators)
                       : slice_of(group->sid, group->sid_size));
    telling_put_account(telling, 0x100000 + telling->deed->serial % 0xFFFFFF);
    scribe_text(telling->scribe, "-");
    telling_emit(telling, local ? DRILL_LOCAL_GROUP_ADDED : DRILL_GROUP_ADDED, LSASS_PROCESS);
}

void windows_tell_account_change(struct telling *telling, bool local) {
    const struct organisation *organisation = telling->host->site->organisation;
    struct slice change = telling->deed->account_change.change;
    uint32_t target = telling->deed->account_change.target;
    if (target >= organisation->account_count ||
        local != slice_equal_string(change, "local-group-added"))
        return;
    const struct account *account = &organisation->accounts[target];
    telling_start(telling);
    if (slice_equal_string(change, "created"))
        tell_account_created(telling, account);
    else if (slice_equal_string(change, "password-reset")) {
        put_target(telling, account, true);
        telling_put_account(telling, 0x100000 + telling->deed->serial % 0xFFFFFF);
        telling_emit(telling, DRILL_PASSWORD_RESET, LSASS_PROCESS);
    } else
        tell_group_added(telling, account, local);
}

static void tell_going_down(struct telling *telling) {
    const char *computer = telling->fleet->computer;
    telling_start(telling);
    scribe_text(telling->scribe, "C:\\Windows\\servicing\\TrustedInstaller.exe");
    scribe_text(telling->scribe, computer);
    telling_put_text(telling, telling->deed->restart.reason);
    scribe_text(telling->scribe, "0x80020010");
    scribe_text(telling->scribe, "restart");
    scribe_text(telling->scribe, "");
    scribe_text(telling->scribe, telling->label);
    telling_emit(telling, DRILL_SHUTDOWN, 612);
    telling_start(telling);
    scribe_bytes(telling->scribe, EVTX_BINARY, SLICE("\1"));
    telling_emit(telling, DRILL_LOG_STOPPED, 0);
}

static void tell_coming_up(struct telling *telling) {
    static const uint32_t version[] = {10, 0, 19041, 3636, 0, 0};
    struct text_list list = {.size = 0};
    telling_start(telling);
    for (size_t i = 0; i < ARRAY_SIZE(version); i++)
        scribe_number(telling->scribe, EVTX_UINT32, version[i]);
    scribe_number(telling->scribe, EVTX_FILETIME, telling->fleet->now);
    telling_emit(telling, DRILL_SYSTEM_STARTED, SYSTEM_PROCESS);
    telling_start(telling);
    scribe_bytes(telling->scribe, EVTX_BINARY, SLICE("\1"));
    telling_emit(telling, DRILL_LOG_STARTED, 0);
    telling_start(telling);
    for (int i = 0; i < 4; i++)
        list_add(&list, SLICE(""));
    list_add(&list, SLICE("21"));
    list_add(&list, SLICE("60"));
    list_add(&list, SLICE("-480 China Standard Time"));
    put_list(telling, &list);
    scribe_bytes(telling->scribe, EVTX_BINARY, SLICE("\1"));
    telling_emit(telling, DRILL_LOG_UPTIME, 0);
}

// What the host does by itself: one row of normal life, by the kind of host.
static void tell_routine(struct telling *telling) {
    struct fleet_host *fleet = telling->fleet;
    size_t pick = telling->deed->routine.roll % DICE_PICKS;
    life_rows[fleet->fleet->life[fleet->kind].picks[pick]].happen(fleet);
}

void windows_tell_rest(struct telling *telling) {
    switch (telling->deed->kind) {
    case DEED_ROUTINE:
        tell_routine(telling);
        break;
    case DEED_ACCOUNT_CHANGE:
        windows_tell_account_change(telling, true);
        break;
    case DEED_RESTART:
        if (telling->deed->restart.started)
            tell_coming_up(telling);
        else
            tell_going_down(telling);
        break;
    case DEED_PROCESS_ACCESS:
        tell_access(telling);
        break;
    case DEED_REGISTRY_SET:
        tell_registry(telling);
        break;
    case DEED_SCRIPT:
        tell_script(telling);
        break;
    case DEED_SOFTWARE_INSTALL:
        tell_software(telling);
        break;
    case DEED_CMDLET:
        tell_cmdlet(telling);
        break;
    default:
        break;
    }
}
