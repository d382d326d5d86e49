// What an ordinary host logs: Security
// SPDX-License-Identifier: Apache-2.0
#include "drill/life.h"

enum {
    SYSTEM_PROCESS = 4,
    LSASS_PROCESS = 700,
    SYSMON_IN_100 = 52 // of process starts that Sysmon's configuration does not leave out
};

static const uint8_t nobody[12] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
static const uint8_t no_guid[EVTX_GUID_SIZE];

static enum fleet_account_kind pick_person(struct fleet_host *host) {
    if (dice_one_in(&host->dice, 12))
        return ACCOUNT_ADMIN;
    return ACCOUNT_USER + dice_below(&host->dice, ACCOUNT_ADMIN - ACCOUNT_USER);
}

// Any person of the fleet, as servers see them.
static const char *pick_address(struct fleet_host *host, char text[16]) {
    fleet_address_host(host->fleet, dice_below(&host->dice, host->fleet->options->hosts), host->now,
                       text);
    return text;
}

static void put_port(struct fleet_host *host) {
    scribe_bytes(host->scribe, EVTX_TEXT,
                 scribe_decimal(host->scribe, 49152 + dice_below(&host->dice, 16384)));
}

void life_start_process(struct fleet_host *host) {
    size_t pick = dice_pick(&host->dice, &host->fleet->programs[host->kind]);
    const struct fleet_program *program = &fleet_programs[pick];
    fleet_launch(host, &(struct fleet_launch){
                           .image = program->image,
                           .original = program->original,
                           .description = program->description,
                           .company = program->company,
                           .command = program->command,
                           .parent = fleet_find_process(host, program->parent),
                           .program = (enum program)pick,
                           .account = program->account,
                           .sysmon = dice_below(&host->dice, 100) < SYSMON_IN_100,
                       });
}

static void end_in_sysmon(struct fleet_host *host, const struct fleet_process *process) {
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    scribe_text(scribe, "-");
    scribe_bytes(scribe, EVTX_TEXT, scribe_time(scribe, host->now));
    scribe_bytes(scribe, EVTX_GUID, slice_of(process->guid, EVTX_GUID_SIZE));
    scribe_number(scribe, EVTX_UINT32, process->id);
    scribe_text(scribe, process->image);
    scribe_text(scribe, host->accounts[process->account].label);
    fleet_host_emit(host, DRILL_SYSMON_END, 2840, ACCOUNT_SYSTEM);
}

void life_end_process(struct fleet_host *host) {
    const struct fleet_process *process = fleet_any_process(host);
    enum fleet_account_kind account = process->account;
    scribe_reset(host->scribe);
    fleet_put_account(host, account >= ACCOUNT_USER ? account : ACCOUNT_MACHINE);
    scribe_number(host->scribe, EVTX_HEX32, 0);
    scribe_number(host->scribe, EVTX_SIZE, process->id);
    scribe_text(host->scribe, process->image);
    fleet_host_emit(host, DRILL_PROCESS_END, SYSTEM_PROCESS, ACCOUNT_SYSTEM);
    if (dice_one_in(&host->dice, 7))
        end_in_sysmon(host, process);
}

static void put_logon_tail(struct fleet_host *host, const char *address) {
    struct scribe *scribe = host->scribe;
    scribe_number(scribe, EVTX_SIZE, address ? 0 : 0x2f4);
    scribe_text(scribe, address ? "-" : "C:\\Windows\\System32\\services.exe");
    scribe_bytes(scribe, EVTX_TEXT, scribe_copy(scribe, slice_of_string(address ? address : "-")));
    if (address)
        put_port(host);
    else
        scribe_text(scribe, "-");
    scribe_text(scribe, "%%1833");
    scribe_text(scribe, "-");
    scribe_text(scribe, "-");
    scribe_text(scribe, "-");
    scribe_text(scribe, "%%1843");
    scribe_number(scribe, EVTX_HEX64, 0);
    scribe_text(scribe, address ? "%%1843" : "%%1842");
}

static void grant_privileges(struct fleet_host *host, enum fleet_account_kind account) {
    scribe_reset(host->scribe);
    fleet_put_account(host, account);
    scribe_text(host->scribe,
                account == ACCOUNT_ADMIN
                    ? "SeSecurityPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\tSeRestorePrivilege"
                      "\r\n\t\t\tSeTakeOwnershipPrivilege\r\n\t\t\tSeDebugPrivilege\r\n\t\t\t"
                      "SeSystemEnvironmentPrivilege\r\n\t\t\tSeLoadDriverPrivilege"
                    : "SeAssignPrimaryTokenPrivilege\r\n\t\t\tSeTcbPrivilege\r\n\t\t\t"
                      "SeSecurityPrivilege\r\n\t\t\tSeTakeOwnershipPrivilege\r\n\t\t\t"
                      "SeLoadDriverPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\t"
                      "SeRestorePrivilege\r\n\t\t\tSeDebugPrivilege\r\n\t\t\tSeAuditPrivilege"
                      "\r\n\t\t\tSeSystemEnvironmentPrivilege\r\n\t\t\tSeImpersonatePrivilege");
    fleet_host_emit(host, DRILL_SPECIAL_LOGON, LSASS_PROCESS, ACCOUNT_SYSTEM);
}

// LogonType to LogonGuid and what follows of 4624; `address` NULL when it is no network logon.
static void write_logon(struct fleet_host *host, enum fleet_account_kind account, uint32_t type,
                        const char *address) {
    struct scribe *scribe = host->scribe;
    scribe_number(scribe, EVTX_UINT32, type);
    scribe_text(scribe, address ? "Kerberos" : type == 5 ? "Advapi  " : "User32 ");
    scribe_text(scribe, address ? "Kerberos" : "Negotiate");
    scribe_text(scribe, address ? "-" : host->name);
    if (address)
        scribe_guid(scribe, &host->dice);
    else
        scribe_bytes(scribe, EVTX_GUID, slice_of(no_guid, sizeof no_guid));
    scribe_text(scribe, "-");
    scribe_text(scribe, "-");
    scribe_number(scribe, EVTX_UINT32, 0);
    put_logon_tail(host, address);
    fleet_host_emit(host, DRILL_LOGON, LSASS_PROCESS, ACCOUNT_SYSTEM);
    if (account == ACCOUNT_SYSTEM || account == ACCOUNT_ADMIN)
        grant_privileges(host, account);
}

void life_log_on_from(struct fleet_host *host, enum fleet_account_kind account,
                      const char *address) {
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    scribe_bytes(scribe, EVTX_SID, slice_of(nobody, sizeof nobody));
    scribe_text(scribe, "-");
    scribe_text(scribe, "-");
    scribe_number(scribe, EVTX_HEX64, 0);
    host->accounts[account].logon = 0x100000 + (dice_roll(&host->dice) & 0xFFFFFFF);
    fleet_put_account(host, account);
    write_logon(host, account, 3, address);
}

// Services log on most; people over the network (3), at the screen (2), or unlocking it (7).
void life_log_on(struct fleet_host *host) {
    bool service = dice_below(&host->dice, 100) < (host->kind == 0 ? 65u : 35u);
    bool network = !service && dice_below(&host->dice, 100) < (host->kind == 0 ? 30u : 97u);
    enum fleet_account_kind account = service ? ACCOUNT_SYSTEM : pick_person(host);
    char address[16];
    if (network) {
        life_log_on_from(host, account, pick_address(host, address));
        return;
    }
    scribe_reset(host->scribe);
    fleet_put_account(host, ACCOUNT_MACHINE);
    fleet_put_account(host, account);
    write_logon(host, account, service ? 5 : dice_one_in(&host->dice, 3) ? 2 : 7, NULL);
}

void life_fail_log_on(struct fleet_host *host) {
    struct scribe *scribe = host->scribe;
    const struct fleet_account *account = &host->accounts[pick_person(host)];
    scribe_reset(scribe);
    fleet_put_account(host, ACCOUNT_MACHINE);
    scribe_bytes(scribe, EVTX_SID, slice_of(nobody, sizeof nobody));
    scribe_text(scribe, account->name);
    scribe_text(scribe, account->domain);
    scribe_number(scribe, EVTX_HEX32, 0xC000006D);
    scribe_text(scribe, "%%2313");
    scribe_number(scribe, EVTX_HEX32, 0xC000006A);
    scribe_number(scribe, EVTX_UINT32, 7);
    scribe_text(scribe, "User32 ");
    scribe_text(scribe, "Negotiate");
    scribe_text(scribe, host->name);
    scribe_text(scribe, "-");
    scribe_text(scribe, "-");
    scribe_number(scribe, EVTX_UINT32, 0);
    scribe_number(scribe, EVTX_SIZE, 0x58c);
    scribe_text(scribe, "C:\\Windows\\System32\\svchost.exe");
    scribe_text(scribe, "127.0.0.1");
    scribe_text(scribe, "0");
    fleet_host_emit(host, DRILL_LOGON_FAILED, LSASS_PROCESS, ACCOUNT_SYSTEM);
}

void life_tell_groups(struct fleet_host *host) {
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    fleet_put_account(host, ACCOUNT_MACHINE);
    fleet_put_account(host, pick_person(host));
    scribe_number(scribe, EVTX_UINT32, host->kind == 0 ? 7 : 3);
    scribe_number(scribe, EVTX_UINT32, 1);
    scribe_number(scribe, EVTX_UINT32, 1);
    scribe_text(scribe, "\r\n\t\t%{S-1-5-21-1842605837-2967155374-3128844401-513}\r\n\t\t%{S-1-1-0}"
                        "\r\n\t\t%{S-1-5-32-545}\r\n\t\t%{S-1-5-4}\r\n\t\t%{S-1-2-1}"
                        "\r\n\t\t%{S-1-5-11}\r\n\t\t%{S-1-5-15}\r\n\t\t%{S-1-2-0}");
    fleet_host_emit(host, DRILL_GROUPS, LSASS_PROCESS, ACCOUNT_SYSTEM);
}

void life_bind_port(struct fleet_host *host) {
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    scribe_number(scribe, EVTX_UINT64, fleet_any_process(host)->id);
    scribe_text(scribe, "\\device\\harddiskvolume3\\windows\\system32\\svchost.exe");
    scribe_text(scribe, "0.0.0.0");
    put_port(host);
    scribe_number(scribe, EVTX_UINT32, dice_one_in(&host->dice, 3) ? 6 : 17);
    scribe_number(scribe, EVTX_UINT64, 0);
    scribe_text(scribe, "%%14608");
    scribe_number(scribe, EVTX_UINT64, 36);
    fleet_host_emit(host, DRILL_PORT_BOUND, SYSTEM_PROCESS, ACCOUNT_SYSTEM);
}

void life_access_object(struct fleet_host *host) {
    static const char *const paths[] = {
        "C:\\Users\\$u\\Documents\\$w.xlsx",
        "C:\\Users\\$u\\Documents\\Projects\\$w\\$w.docx",
        "C:\\Users\\$u\\AppData\\Local\\Microsoft\\Outlook\\$u@$D.ost",
        "C:\\ProgramData\\Corp Tools\\Agent\\state\\$g.json",
    };
    struct scribe *scribe = host->scribe;
    enum fleet_account_kind account = pick_person(host);
    struct scribe_words words = fleet_host_words(host, account);
    bool server = host->role != ROLE_W;
    const char *path = paths[dice_below(&host->dice, ARRAY_SIZE(paths))];
    bool writes = dice_one_in(&host->dice, 4);
    scribe_reset(scribe);
    fleet_put_account(host, account);
    scribe_text(scribe, "Security");
    scribe_text(scribe, "File");
    scribe_bytes(scribe, EVTX_TEXT,
                 scribe_compose(scribe, server ? "E:\\Shares\\projects\\$w\\$w.docx" : path, &words,
                                &host->dice));
    scribe_number(scribe, EVTX_SIZE, 4 * dice_below(&host->dice, 2000));
    scribe_text(scribe, writes ? "%%4417\r\n\t\t\t\t" : "%%4416\r\n\t\t\t\t");
    scribe_number(scribe, EVTX_HEX32, writes ? 2 : 1);
    scribe_number(scribe, EVTX_SIZE, server ? 4 : fleet_find_process(host, PROGRAM_EXPLORER)->id);
    scribe_text(scribe, server ? "" : "C:\\Windows\\explorer.exe");
    scribe_text(scribe, "S:AI");
    fleet_host_emit(host, DRILL_OBJECT_ACCESS, SYSTEM_PROCESS, ACCOUNT_SYSTEM);
}

void life_access_share(struct fleet_host *host) {
    struct scribe *scribe = host->scribe;
    char address[16];
    scribe_reset(scribe);
    fleet_put_account(host, pick_person(host));
    scribe_text(scribe, "File");
    scribe_bytes(scribe, EVTX_TEXT,
                 scribe_copy(scribe, slice_of_string(pick_address(host, address))));
    put_port(host);
    scribe_text(scribe, host->role == ROLE_W ? "\\\\*\\IPC$" : "\\\\*\\projects");
    scribe_text(scribe, host->role == ROLE_W ? "" : "\\??\\E:\\Shares\\projects");
    scribe_number(scribe, EVTX_HEX32, 1);
    scribe_text(scribe, "%%4416\r\n\t\t\t\t");
    fleet_host_emit(host, DRILL_SHARE_ACCESS, SYSTEM_PROCESS, ACCOUNT_SYSTEM);
}

void life_allow_connection(struct fleet_host *host) {
    static const struct {
        const char *application;
        uint16_t port;
    } rows[] = {
        {"\\device\\harddiskvolume3\\windows\\system32\\svchost.exe", 443},
        {"\\device\\harddiskvolume3\\windows\\system32\\svchost.exe", 53},
        {"\\device\\harddiskvolume3\\program files\\google\\chrome\\application\\chrome.exe", 443},
        {"\\device\\harddiskvolume3\\program files\\microsoft office\\root\\office16\\outlook.exe",
         443},
        {"\\device\\harddiskvolume3\\program files\\corp tools\\agent\\corpagent.exe", 8443},
        {"\\device\\harddiskvolume3\\windows\\system32\\lsass.exe", 88},
        {"System", 445},
    };
    struct scribe *scribe = host->scribe;
    size_t row = dice_below(&host->dice, ARRAY_SIZE(rows));
    bool inbound = host->role != ROLE_W && dice_one_in(&host->dice, 2);
    char address[16];
    const char *other = pick_address(host, address);
    scribe_reset(scribe);
    scribe_number(scribe, EVTX_UINT64, fleet_any_process(host)->id);
    scribe_text(scribe, rows[row].application);
    scribe_text(scribe, inbound ? "%%14592" : "%%14593");
    struct slice theirs = scribe_copy(scribe, slice_of_string(other));
    scribe_bytes(scribe, EVTX_TEXT, inbound ? theirs : slice_of_string(host->address));
    put_port(host);
    scribe_bytes(scribe, EVTX_TEXT, inbound ? slice_of_string(host->address) : theirs);
    scribe_bytes(scribe, EVTX_TEXT, scribe_decimal(scribe, rows[row].port));
    scribe_number(scribe, EVTX_UINT32, rows[row].port == 53 ? 17 : 6);
    scribe_number(scribe, EVTX_UINT64, 66000 + dice_below(&host->dice, 9000));
    scribe_text(scribe, inbound ? "%%14610" : "%%14611");
    scribe_number(scribe, EVTX_UINT64, inbound ? 44 : 48);
    scribe_bytes(scribe, EVTX_SID, slice_of(nobody, sizeof nobody));
    scribe_bytes(scribe, EVTX_SID, slice_of(nobody, sizeof nobody));
    fleet_host_emit(host, DRILL_CONNECTION_ALLOWED, SYSTEM_PROCESS, ACCOUNT_SYSTEM);
}

void life_check_credential(struct fleet_host *host) {
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    scribe_text(scribe, "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0");
    scribe_text(scribe, host->accounts[pick_person(host)].name);
    scribe_text(scribe, host->name);
    scribe_number(scribe, EVTX_HEX32, 0);
    fleet_host_emit(host, DRILL_CREDENTIAL_CHECK, LSASS_PROCESS, ACCOUNT_SYSTEM);
}

static void put_client(struct fleet_host *host) {
    char address[16];
    struct scribe_words words = {0};
    scribe_bytes(host->scribe, EVTX_TEXT,
                 scribe_copy(host->scribe, slice_of_string(pick_address(host, address))));
    scribe_bytes(host->scribe, EVTX_TEXT, scribe_compose(host->scribe, "$p", &words, &host->dice));
}

void life_give_ticket(struct fleet_host *host) {
    struct scribe *scribe = host->scribe;
    enum fleet_account_kind person = pick_person(host);
    scribe_reset(scribe);
    scribe_text(scribe, host->accounts[person].name);
    scribe_text(scribe, host->around.dns);
    scribe_bytes(scribe, EVTX_SID, fleet_account_sid(host, person));
    scribe_text(scribe, "krbtgt");
    scribe_bytes(scribe, EVTX_SID, fleet_account_sid(host, ACCOUNT_ADMIN));
    scribe_number(scribe, EVTX_HEX32, 0x40810010);
    scribe_number(scribe, EVTX_HEX32, 0);
    scribe_number(scribe, EVTX_HEX32, 0x12);
    scribe_text(scribe, "2");
    put_client(host);
    scribe_text(scribe, "");
    scribe_text(scribe, "");
    scribe_text(scribe, "");
    fleet_host_emit(host, DRILL_KERBEROS_TICKET, LSASS_PROCESS, ACCOUNT_SYSTEM);
}

void life_give_service_ticket(struct fleet_host *host) {
    struct scribe *scribe = host->scribe;
    char name[17];
    fleet_name_host(host->fleet, dice_below(&host->dice, host->fleet->options->hosts), name);
    struct scribe_words words = fleet_host_words(host, pick_person(host));
    words.host = name;
    scribe_reset(scribe);
    scribe_bytes(scribe, EVTX_TEXT, scribe_compose(scribe, "$u@$D", &words, &host->dice));
    scribe_text(scribe, host->around.dns);
    scribe_bytes(scribe, EVTX_TEXT, scribe_compose(scribe, "$h$$", &words, &host->dice));
    scribe_bytes(scribe, EVTX_SID, fleet_account_sid(host, ACCOUNT_USER));
    scribe_number(scribe, EVTX_HEX32, 0x40810000);
    scribe_number(scribe, EVTX_HEX32, 0x12);
    put_client(host);
    scribe_number(scribe, EVTX_HEX32, 0);
    scribe_guid(scribe, &host->dice);
    scribe_text(scribe, "-");
    fleet_host_emit(host, DRILL_KERBEROS_SERVICE, LSASS_PROCESS, ACCOUNT_SYSTEM);
}
