// Deeds as records of Windows event logs
// SPDX-License-Identifier: Apache-2.0
#include "drill/windows_record.h"

#include "drill/windows_record_system.h"
#include "drill/wire.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const uint8_t no_guid[EVTX_GUID_SIZE];

static struct slice file_name(struct slice path) {
    for (size_t i = path.size; i-- > 0;)
        if (path.data[i] == '\\')
            return slice_part(path, i + 1, SIZE_MAX);
    return path;
}

// What the file says of itself. Programs that the deed says nothing of are as the host has them.
static void put_file_details(struct telling *telling) {
    const struct deed *deed = telling->deed;
    const struct deed_content *content = deed->process.content;
    const struct fleet_program *known = NULL;
    struct slice original = file_name(deed->program.image);
    if (content) {
        const struct slice told[] = {content->version, content->description, content->description,
                                     content->signer, original};
        for (size_t i = 0; i < ARRAY_SIZE(told); i++)
            telling_put_text(telling, told[i]);
        return;
    }
    for (size_t i = 0; i < PROGRAM_COUNT && !known; i++)
        if (slice_equal_string(deed->program.image, fleet_programs[i].image))
            known = &fleet_programs[i];
    bool system = slice_starts(deed->program.image, SLICE("C:\\Windows\\"));
    scribe_text(telling->scribe, fleet_image(telling->fleet, deed->program.image)->version);
    scribe_text(telling->scribe, known ? known->description : "-");
    scribe_text(telling->scribe, system  ? "Microsoft\xC2\xAE Windows\xC2\xAE Operating System"
                                 : known ? known->description
                                         : "-");
    scribe_text(telling->scribe, known ? known->company : system ? "Microsoft Corporation" : "-");
    telling_put_text(telling, known ? slice_of_string(known->original) : original);
}

static void put_image_hashes(struct telling *telling) {
    const struct deed *deed = telling->deed;
    const struct deed_content *made = &fleet_image(telling->fleet, deed->program.image)->content;
    telling_put_hashes(telling, deed->process.content ? deed->process.content : made);
}

static void tell_process_sysmon(struct telling *telling) {
    const struct deed *deed = telling->deed;
    bool system = deed->account == DEED_NO_ACCOUNT;
    telling_start_sysmon(telling);
    telling_put_program(telling, &deed->program);
    put_file_details(telling);
    telling_put_text(telling, deed->program.command);
    telling_put_text(telling, deed->process.folder.size ? deed->process.folder
                                                        : SLICE("C:\\Windows\\system32\\"));
    scribe_text(telling->scribe, telling->label);
    telling_put_guid(telling, (uint32_t)deed->process.session ^ 0x40000000u);
    scribe_number(telling->scribe, EVTX_HEX64,
                  deed->process.session ? deed->process.session : 0x3e7);
    scribe_number(telling->scribe, EVTX_UINT32, system ? 0 : 1);
    scribe_text(telling->scribe, system ? "System" : deed->process.elevated ? "High" : "Medium");
    put_image_hashes(telling);
    telling_put_program(telling, &deed->parent);
    telling_put_text(telling, deed->parent.command);
    scribe_text(telling->scribe, telling->label);
    telling_emit(telling, DRILL_SYSMON_PROCESS, SYSMON_PROCESS);
}

static void tell_process(struct telling *telling) {
    static const uint8_t medium[12] = {1, 1, 0, 0, 0, 0, 0, 16, 0, 0x20, 0, 0};
    static const uint8_t high[12] = {1, 1, 0, 0, 0, 0, 0, 16, 0, 0x30, 0, 0};
    const struct deed *deed = telling->deed;
    bool commands = telling->host->site->host->logging.command_lines;
    telling_start(telling);
    telling_put_account(telling, deed->process.session);
    scribe_number(telling->scribe, EVTX_SIZE, deed->program.id);
    telling_put_text(telling, deed->program.image);
    scribe_text(telling->scribe, deed->process.elevated ? "%%1937" : "%%1938");
    scribe_number(telling->scribe, EVTX_SIZE, deed->parent.id);
    scribe_bytes(telling->scribe, EVTX_TEXT, commands ? deed->program.command : SLICE(""));
    telling_put_nobody(telling);
    telling_put_text(telling, deed->parent.image);
    scribe_bytes(telling->scribe, EVTX_SID,
                 deed->process.elevated ? slice_of(high, 12) : slice_of(medium, 12));
    telling_emit(telling, DRILL_PROCESS_START, SYSTEM_PROCESS);
    if (telling_has_sysmon(telling))
        tell_process_sysmon(telling);
}

static void tell_process_end(struct telling *telling) {
    const struct deed *deed = telling->deed;
    telling_start(telling);
    telling_put_account(telling, deed->process.session);
    scribe_number(telling->scribe, EVTX_HEX32, deed->process.exit_code);
    scribe_number(telling->scribe, EVTX_SIZE, deed->program.id);
    telling_put_text(telling, deed->program.image);
    telling_emit(telling, DRILL_PROCESS_END, SYSTEM_PROCESS);
}

static void tell_failed_logon(struct telling *telling) {
    const struct deed *deed = telling->deed;
    telling_start(telling);
    telling_put_nobody(telling);
    scribe_bytes(telling->scribe, EVTX_SID, slice_of(windows_nobody, sizeof windows_nobody));
    scribe_bytes(telling->scribe, EVTX_TEXT, telling_account_name(telling));
    scribe_text(telling->scribe, telling->domain);
    scribe_number(telling->scribe, EVTX_HEX32, 0xC000006D);
    scribe_text(telling->scribe, "%%2313");
    scribe_number(telling->scribe, EVTX_HEX32, deed->logon.failure);
    scribe_number(telling->scribe, EVTX_UINT32, deed->logon.type);
    scribe_text(telling->scribe, "NtLmSsp ");
    telling_put_text(telling, deed->logon.package);
    scribe_text(telling->scribe, "-");
    scribe_text(telling->scribe, "-");
    scribe_text(telling->scribe, "-");
    scribe_number(telling->scribe, EVTX_UINT32, 0);
    scribe_number(telling->scribe, EVTX_SIZE, 0);
    scribe_text(telling->scribe, "-");
    telling_put_address(telling, &deed->from.address);
    telling_put_decimal(telling, telling_pick_port(telling, deed->from.port));
    telling_emit(telling, DRILL_LOGON_FAILED, LSASS_PROCESS);
}

static void tell_privileges(struct telling *telling) {
    telling_start(telling);
    telling_put_account(telling, telling->deed->logon.session);
    scribe_text(telling->scribe,
                "SeSecurityPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\tSeRestorePrivilege"
                "\r\n\t\t\tSeTakeOwnershipPrivilege\r\n\t\t\tSeDebugPrivilege\r\n\t\t\t"
                "SeSystemEnvironmentPrivilege\r\n\t\t\tSeLoadDriverPrivilege\r\n\t\t\t"
                "SeImpersonatePrivilege");
    telling_emit(telling, DRILL_SPECIAL_LOGON, LSASS_PROCESS);
}

static void tell_logon(struct telling *telling) {
    const struct deed *deed = telling->deed;
    bool far = deed->from.host != deed->to.host && deed->from.address.size;
    bool ticket = slice_equal_string(deed->logon.package, "Kerberos");
    struct scribe *scribe = telling->scribe;
    if (deed->logon.failure) {
        tell_failed_logon(telling);
        return;
    }
    telling_start(telling);
    telling_put_nobody(telling);
    telling_put_account(telling, deed->logon.session);
    scribe_number(scribe, EVTX_UINT32, deed->logon.type);
    scribe_text(scribe, !far ? "User32 " : ticket ? "Kerberos" : "NtLmSsp ");
    telling_put_text(telling, deed->logon.package);
    scribe_text(scribe, far ? "-" : telling->fleet->name);
    if (ticket)
        scribe_guid(scribe, &telling->fleet->dice);
    else
        scribe_bytes(scribe, EVTX_GUID, slice_of(no_guid, sizeof no_guid));
    scribe_text(scribe, "-");
    scribe_text(scribe, far && !ticket ? "NTLM V2" : "-");
    scribe_number(scribe, EVTX_UINT32, far && !ticket ? 128 : 0);
    scribe_number(scribe, EVTX_SIZE, far ? 0 : 0x2f4);
    scribe_text(scribe, far ? "-" : "C:\\Windows\\System32\\svchost.exe");
    if (far)
        telling_put_address(telling, &deed->from.address);
    else
        scribe_text(scribe, "127.0.0.1");
    telling_put_decimal(telling, far ? telling_pick_port(telling, deed->from.port) : 0);
    scribe_text(scribe, "%%1833");
    for (int i = 0; i < 3; i++)
        scribe_text(scribe, "-");
    scribe_text(scribe, "%%1843");
    scribe_number(scribe, EVTX_HEX64, 0);
    scribe_text(scribe, deed->logon.elevated ? "%%1842" : "%%1843");
    telling_emit(telling, DRILL_LOGON, LSASS_PROCESS);
    if (deed->logon.elevated)
        tell_privileges(telling);
}

static void tell_logoff(struct telling *telling) {
    telling_start(telling);
    telling_put_account(telling, telling->deed->logon.session);
    scribe_number(telling->scribe, EVTX_UINT32, telling->deed->logon.type);
    telling_emit(telling, DRILL_LOGOFF, LSASS_PROCESS);
}

// On the host that the logon comes from.
static void tell_explicit_logon(struct telling *telling) {
    const struct deed *deed = telling->deed;
    const struct organisation *organisation = telling->host->site->organisation;
    struct scribe *scribe = telling->scribe;
    if (!deed->logon.explicit_credential || deed->to.host == DEED_NO_HOST)
        return;
    telling_start(telling);
    fleet_put_account(telling->fleet, ACCOUNT_MACHINE);
    scribe_bytes(scribe, EVTX_GUID, slice_of(no_guid, sizeof no_guid));
    scribe_bytes(scribe, EVTX_TEXT, telling_account_name(telling));
    scribe_text(scribe, telling->domain);
    scribe_bytes(scribe, EVTX_GUID, slice_of(no_guid, sizeof no_guid));
    scribe_text(scribe, organisation->hosts[deed->to.host].fqdn);
    scribe_text(scribe, organisation->hosts[deed->to.host].fqdn);
    scribe_number(scribe, EVTX_SIZE, deed->program.id);
    telling_put_text(telling, deed->program.image);
    scribe_text(scribe, "-");
    scribe_text(scribe, "-");
    telling_emit(telling, DRILL_EXPLICIT_LOGON, LSASS_PROCESS);
}

static void tell_ticket(struct telling *telling) {
    const struct deed *deed = telling->deed;
    const struct organisation *organisation = telling->host->site->organisation;
    struct scribe *scribe = telling->scribe;
    char service[HOST_NAME_SIZE + 1] = "krbtgt";
    telling_start(telling);
    if (deed->to.host != DEED_NO_HOST)
        snprintf(service, sizeof service, "%s$", organisation->hosts[deed->to.host].name);
    scribe_bytes(scribe, EVTX_TEXT, telling_account_name(telling));
    scribe_text(scribe, telling->domain);
    scribe_bytes(scribe, EVTX_TEXT, scribe_copy(scribe, slice_of_string(service)));
    scribe_bytes(scribe, EVTX_SID, slice_of(windows_nobody, sizeof windows_nobody));
    scribe_number(scribe, EVTX_HEX32, 0x40810000);
    scribe_number(scribe, EVTX_HEX32, 0x12);
    telling_put_address(telling, &deed->from.address);
    telling_put_decimal(telling, telling_pick_port(telling, 0));
    scribe_number(scribe, EVTX_HEX32, deed->logon.failure ? 0x12 : 0);
    scribe_guid(scribe, &telling->fleet->dice);
    scribe_text(scribe, "-");
    telling_emit(telling, DRILL_KERBEROS_SERVICE, LSASS_PROCESS);
}

static void tell_directory(struct telling *telling) {
    const struct deed *deed = telling->deed;
    const struct organisation *organisation = telling->host->site->organisation;
    if (deed->kind == DEED_ACCOUNT_CHANGE)
        windows_tell_account_change(telling, false);
    if (deed->kind != DEED_LOGON || deed->logon.type == LOGON_SERVICE)
        return;
    if (slice_equal_string(deed->logon.package, "Kerberos")) {
        tell_ticket(telling);
        return;
    }
    telling_start(telling);
    scribe_text(telling->scribe, "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0");
    scribe_bytes(telling->scribe, EVTX_TEXT, telling_account_name(telling));
    scribe_text(telling->scribe,
                deed->from.host == DEED_NO_HOST ? "-" : organisation->hosts[deed->from.host].name);
    scribe_number(telling->scribe, EVTX_HEX32, deed->logon.failure);
    telling_emit(telling, DRILL_CREDENTIAL_CHECK, LSASS_PROCESS);
}

// Sysmon 3 on the host that opens the conversation.
static void tell_connection(struct telling *telling, const char *protocol, uint16_t port) {
    const struct deed *deed = telling->deed;
    struct scribe *scribe = telling->scribe;
    bool proxied = deed->kind == DEED_WEB_REQUEST && deed->web.proxied;
    const struct host *proxy = proxied ? wire_proxy(telling->host->site->organisation) : NULL;
    if (!telling_has_sysmon(telling) || deed->program.image.size == 0)
        return;
    telling_start_sysmon(telling);
    telling_put_program(telling, &deed->program);
    scribe_text(scribe, telling->label);
    scribe_text(scribe, protocol);
    scribe_number(scribe, EVTX_BOOL, 1);
    scribe_number(scribe, EVTX_BOOL, 0);
    telling_put_address(telling, &deed->from.address);
    scribe_text(scribe, telling->fleet->computer);
    scribe_number(scribe, EVTX_UINT16, telling_pick_port(telling, deed->from.port));
    scribe_text(scribe, "-");
    scribe_number(scribe, EVTX_BOOL, 0);
    telling_put_address(telling, proxy ? &proxy->address : &deed->to.address);
    scribe_text(scribe, "-");
    scribe_number(scribe, EVTX_UINT16, proxy ? WIRE_PROXY_PORT : port);
    scribe_text(scribe, "-");
    telling_emit(telling, DRILL_SYSMON_CONNECTION, SYSMON_PROCESS);
}

static void tell_name_query(struct telling *telling) {
    const struct deed *deed = telling->deed;
    if (!telling_has_sysmon(telling))
        return;
    telling_start_sysmon(telling);
    telling_put_guid(telling, deed->program.key);
    scribe_number(telling->scribe, EVTX_UINT32, deed->program.id);
    telling_put_text(telling, deed->name_query.name);
    telling_put_decimal(telling, deed->name_query.code ? 9003 : 0);
    telling_put_text(telling, deed->name_query.answer);
    telling_put_text(telling, deed->program.image);
    scribe_text(telling->scribe, telling->label);
    telling_emit(telling, DRILL_SYSMON_DNS, SYSMON_PROCESS);
}

static void tell_file(struct telling *telling) {
    const struct deed *deed = telling->deed;
    struct scribe *scribe = telling->scribe;
    bool deleted = deed->kind == DEED_FILE_DELETE;
    if (!telling_has_sysmon(telling))
        return;
    telling_start_sysmon(telling);
    telling_put_guid(telling, deed->program.key);
    scribe_number(scribe, EVTX_UINT32, deed->program.id);
    if (deleted)
        scribe_text(scribe, telling->label);
    telling_put_text(telling, deed->program.image);
    telling_put_text(telling, deed->file.path);
    if (!deleted) {
        telling_put_time(telling);
        scribe_text(scribe, telling->label);
        telling_emit(telling, DRILL_SYSMON_FILE, SYSMON_PROCESS);
        return;
    }
    telling_put_hashes(telling, deed->file.content);
    scribe_number(scribe, EVTX_BOOL, 1);
    if (deed->file.archived)
        scribe_text(scribe, "true");
    telling_emit(telling, deed->file.archived ? DRILL_SYSMON_DELETE : DRILL_SYSMON_DELETED,
                 SYSMON_PROCESS);
}

static void tell_share(struct telling *telling) {
    const struct deed *deed = telling->deed;
    struct scribe *scribe = telling->scribe;
    char share[80];
    snprintf(share, sizeof share, "\\\\*\\%.*s", (int)deed->share.share.size,
             (const char *)deed->share.share.data);
    telling_start(telling);
    telling_put_account(telling, 0x100000 + deed->serial % 0xFFFFFF);
    scribe_text(scribe, "File");
    telling_put_address(telling, &deed->from.address);
    telling_put_decimal(telling, telling_pick_port(telling, deed->from.port));
    scribe_bytes(scribe, EVTX_TEXT, scribe_copy(scribe, slice_of_string(share)));
    scribe_text(scribe, "\\??\\C:\\");
    telling_put_text(telling, deed->share.path);
    scribe_number(scribe, EVTX_HEX32, deed->share.written ? 0x2 : 0x1);
    scribe_text(scribe, deed->share.written ? "%%4417\r\n\t\t\t\t" : "%%4416\r\n\t\t\t\t");
    scribe_text(scribe, "-");
    telling_emit(telling, DRILL_SHARE_FILE, SYSTEM_PROCESS);
}

static void tell_service(struct telling *telling) {
    const struct deed *deed = telling->deed;
    telling_start(telling);
    telling_put_text(telling, deed->service.name);
    telling_put_text(telling, deed->service.command);
    scribe_text(telling->scribe, "user mode service");
    scribe_text(telling->scribe, deed->service.on_demand ? "demand start" : "auto start");
    telling_put_text(telling,
                     deed->service.run_as.size ? deed->service.run_as : SLICE("LocalSystem"));
    telling_emit(telling, DRILL_SERVICE_INSTALLED, SERVICES_PROCESS);
}

static void tell_task(struct telling *telling) {
    const struct deed *deed = telling->deed;
    struct scribe *scribe = telling->scribe;
    telling_start(telling);
    telling_put_account(telling, 0x100000 + deed->serial % 0xFFFFFF);
    telling_put_text(telling, deed->task.name);
    telling_put_text(telling, deed->task.command);
    scribe_number(scribe, EVTX_UINT64, 844424930132480u);
    scribe_number(scribe, EVTX_UINT32, deed->program.id);
    scribe_number(scribe, EVTX_UINT32, deed->parent.id);
    scribe_number(scribe, EVTX_UINT32, deed->from.host == deed->to.host ? 0 : 1);
    scribe_text(scribe, telling->fleet->computer);
    telling_emit(telling, DRILL_TASK_CREATED, SYSTEM_PROCESS);
    telling_start(telling);
    telling_put_text(telling, deed->task.name);
    scribe_text(scribe, telling->label);
    telling_emit(telling, DRILL_TASK_REGISTERED, 1284);
}

static void tell_pipe(struct telling *telling) {
    const struct deed *deed = telling->deed;
    if (!telling_has_sysmon(telling))
        return;
    telling_start(telling);
    scribe_text(telling->scribe, "-");
    scribe_text(telling->scribe, deed->pipe.connected ? "ConnectPipe" : "CreatePipe");
    telling_put_time(telling);
    telling_put_guid(telling, deed->program.key);
    scribe_number(telling->scribe, EVTX_UINT32, deed->program.id);
    telling_put_text(telling, deed->pipe.name);
    telling_put_text(telling, deed->program.image);
    scribe_text(telling->scribe, telling->label);
    telling_emit(telling, deed->pipe.connected ? DRILL_SYSMON_PIPE_CONNECTED : DRILL_SYSMON_PIPE,
                 SYSMON_PROCESS);
}

static void tell_from(struct telling *telling) {
    const struct deed *deed = telling->deed;
    if (deed->kind == DEED_LOGON)
        tell_explicit_logon(telling);
    else if (deed->kind == DEED_NAME_QUERY)
        tell_name_query(telling);
    else if (deed->kind == DEED_WEB_REQUEST)
        tell_connection(telling, "tcp", deed->to.port ? deed->to.port : 443);
    else if (deed->kind == DEED_FLOW && !slice_equal_string(deed->flow.protocol, "icmp"))
        tell_connection(telling, slice_equal_string(deed->flow.protocol, "udp") ? "udp" : "tcp",
                        deed->to.port);
}

static void tell_to(struct telling *telling) {
    switch (telling->deed->kind) {
    case DEED_PROCESS_START:
        tell_process(telling);
        break;
    case DEED_PROCESS_END:
        tell_process_end(telling);
        break;
    case DEED_LOGON:
        tell_logon(telling);
        break;
    case DEED_LOGOFF:
        tell_logoff(telling);
        break;
    case DEED_FILE_WRITE:
    case DEED_FILE_DELETE:
        tell_file(telling);
        break;
    case DEED_SHARE_ACCESS:
        tell_share(telling);
        break;
    case DEED_SERVICE_INSTALL:
        tell_service(telling);
        break;
    case DEED_TASK_CREATE:
        tell_task(telling);
        break;
    case DEED_PIPE:
        tell_pipe(telling);
        break;
    default:
        windows_tell_rest(telling);
    }
}

static void telling_init(struct telling *telling, struct windows_host *host,
                         const struct log_entry *entry) {
    const struct organisation *organisation = host->site->organisation;
    const struct deed *deed = entry->deed;
    bool known = deed->account != DEED_NO_ACCOUNT;
    *telling = (struct telling){
        .host = host, .fleet = host->fleet_host, .scribe = host->fleet_host->scribe, .deed = deed};
    telling->account = known ? &organisation->accounts[deed->account] : NULL;
    telling->domain = known             ? organisation->companies[telling->account->company].netbios
                      : deed->user.size ? "-"
                                        : "NT AUTHORITY";
    struct slice name = telling_account_name(telling);
    snprintf(telling->label, sizeof telling->label, "%s\\%.*s", telling->domain,
             (int)(name.size < 64 ? name.size : 64), (const char *)name.data);
    host->fleet_host->now = windows_time(entry->time_ns);
    fleet_host_follow_lease(host->fleet_host);
}

void windows_record(struct windows_host *host, const struct log_entry *entry) {
    struct telling telling;
    telling_init(&telling, host, entry);
    if (entry->place == PLACE_FROM)
        tell_from(&telling);
    else if (entry->place == PLACE_DIRECTORY)
        tell_directory(&telling);
    else
        tell_to(&telling);
}

void windows_record_clear(struct windows_host *host, const struct log_entry *entry) {
    struct telling telling;
    unsigned what = entry->deed->clear.what;
    telling_init(&telling, host, entry);
    telling_start(&telling);
    telling_put_account(&telling, 0x100000 + entry->deed->serial % 0xFFFFFF);
    if (what & CLEAR_SECURITY)
        telling_emit(&telling, DRILL_SECURITY_CLEARED, 1004);
    const char *channels[] = {what & CLEAR_SYSTEM ? "System" : NULL,
                              what & CLEAR_WINDOWS ? "Windows PowerShell" : NULL,
                              what & CLEAR_APPLICATION ? "Application" : NULL};
    for (size_t i = 0; i < ARRAY_SIZE(channels); i++) {
        if (!channels[i])
            continue;
        telling_start(&telling);
        scribe_bytes(telling.scribe, EVTX_TEXT, telling_account_name(&telling));
        scribe_text(telling.scribe, telling.domain);
        scribe_text(telling.scribe, channels[i]);
        scribe_text(telling.scribe, "");
        telling_emit(&telling, DRILL_LOG_CLEARED, 1004);
    }
}
