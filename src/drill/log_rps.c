// Exchange's remote PowerShell: requests and cmdlets
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/exchange_log.h"

#include <string.h>

// Two kinds of log, three folders: requests (Rps_Http) and cmdlets (Rps_Cmdlet) of the back
// end's PowerShell, and cmdlets of the server's own shell.
#define HTTP_FIELDS                                                                                \
    "DateTime,StartTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,"         \
    "ClientRequestId,UrlHost,UrlStem,AuthenticationType,IsAuthenticated,AuthenticatedUser,"        \
    "Organization,ManagedOrganization,ClientIpAddress,ServerHostName,FrontEndServer,HttpStatus,"   \
    "SubStatus,ErrorCode,Action,CommandId,CommandName,SessionId,ShellId,FailFast,"                 \
    "ContributeToFailFast,RequestBytes,ClientInfo,CPU,Memory,ActivityContextLifeTime,TotalTime,"   \
    "UrlQuery,GenericLatency,GenericInfo,GenericErrors"
#define CMDLET_FIELDS                                                                              \
    "DateTime,StartTime,RequestId,ClientRequestId,MajorVersion,MinorVersion,BuildVersion,"         \
    "RevisionVersion,ServerHostName,ProcessId,ProcessName,ThreadId,CultureInfo,Organization,"      \
    "AuthenticatedUser,ExecutingUserSid,EffectiveOrganization,UserServicePlan,IsAdmin,"            \
    "ClientApplication,Cmdlet,Parameters,CmdletUniqueId,UserBudgetOnStart,ContributeToFailFast,"   \
    "RunspaceSettingsCreationHint,ADViewEntireForest,ADRecipientViewRoot,"                         \
    "ADConfigurationDomainControllers,ADPreferredGlobalCatalogs,ADPreferredDomainControllers,"     \
    "ADUserConfigurationDomainController,ADUserPreferredGlobalCatalog,"                            \
    "ADuserPreferredDomainControllers,ThrottlingInfo,DelayInfo,ThrottlingDelay,"                   \
    "IsOutputObjectRedacted,CmdletProxyStage,CmdletProxyRemoteServer,"                             \
    "CmdletProxyRemoteServerVersion,CmdletProxyMethod,ProxiedObjectCount,CmdletProxyLatency,"      \
    "OutputObjectCount,ParameterBinding,BeginProcessing,ProcessRecord,EndProcessing,"              \
    "StopProcessing,BizLogic,PowerShellLatency,UserInteractionLatency,ProvisioningLayerLatency,"   \
    "ActivityContextLifeTime,TotalTime,ErrorType,ExecutionResult,CacheHitCount,CacheMissCount,"    \
    "GenericLatency,GenericInfo,GenericErrors,ObjectGuid,ExternalDirectoryOrganizationId,"         \
    "ExternalDirectoryObjectId,NonPiiParameters"

enum {
    LOG_HTTP,
    LOG_REMOTE_CMDLET,
    LOG_LOCAL_CMDLET,
    LOG_COUNT
};

static const struct exchange_format formats[LOG_COUNT] = {
    {"Logging/CmdletInfra/Powershell-Proxy/Http/Rps_Http_", "Rps Http Logs", HTTP_FIELDS, NULL,
     false, 400},
    {"Logging/CmdletInfra/Powershell-Proxy/Cmdlet/Rps_Cmdlet_", "Rps Cmdlet Logs", CMDLET_FIELDS,
     NULL, false, 400},
    {"Logging/CmdletInfra/LocalPowerShell/Cmdlet/Rps_Cmdlet_", "Rps Cmdlet Logs", CMDLET_FIELDS,
     NULL, false, 400},
};

struct log {
    struct exchange_log rows[LOG_COUNT];
};

static enum status rps_open(const struct log_site *site, struct log **ret_log,
                            struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    for (size_t i = 0; i < LOG_COUNT; i++)
        exchange_log_init(&log->rows[i], &formats[i], site);
    *ret_log = log;
    return STATUS_OK;
}

static void put_request(struct exchange_log *row, const struct deed *deed) {
    const struct host *host = row->text.site->host;
    bool web = deed->kind == DEED_WEB_REQUEST, known = exchange_has_user(deed);
    exchange_put_guid(row, "RequestId", deed->serial, EXCHANGE_ACTIVITY);
    exchange_put_build(row);
    exchange_put(row, "UrlHost", slice_of_string(host->fqdn));
    exchange_put(row, "UrlStem", web ? deed->web.stem : SLICE("/PowerShell/"));
    exchange_put(row, "AuthenticationType", known ? SLICE("Kerberos") : SLICE(""));
    exchange_put(row, "IsAuthenticated", known ? SLICE("true") : SLICE("false"));
    exchange_put_user(row, "AuthenticatedUser", deed, true);
    text_append_address(exchange_cell(row, "ClientIpAddress"), &deed->from.address);
    exchange_put(row, "ServerHostName", slice_of_string(host->name));
    exchange_put(row, "FrontEndServer", slice_of_string(host->fqdn));
    exchange_put_number(row, "HttpStatus", web ? deed->web.status : 200);
    exchange_put_number(row, "SubStatus", web ? deed->web.substatus : 0);
}

static enum status write_http(struct exchange_log *row, const struct log_entry *entry,
                              struct problem *problem) {
    const struct deed *deed = entry->deed;
    const struct deed_web_exchange *exchange =
        deed->kind == DEED_WEB_REQUEST ? deed->web.exchange : NULL;
    bool web = deed->kind == DEED_WEB_REQUEST;
    uint32_t taken_ms = web ? deed->web.taken_ms : deed->cmdlet.taken_ms;
    enum status status = exchange_begin(row, entry->time_ns, problem);
    if (status != STATUS_OK)
        return status;
    exchange_put_time(row, "DateTime", entry->time_ns);
    exchange_put_time(row, "StartTime", entry->time_ns - taken_ms * 1000000ll);
    put_request(row, deed);
    exchange_put(row, "Action", SLICE("Command"));
    exchange_put_guid(row, "CommandId", deed->serial, EXCHANGE_COMMAND);
    exchange_put(row, "CommandName",
                 exchange ? exchange->action
                 : web    ? (struct slice){NULL, 0}
                          : deed->cmdlet.name);
    exchange_put_guid(row, "SessionId", deed->serial >> 6, EXCHANGE_SESSION);
    exchange_put_number(row, "RequestBytes",
                        web ? deed->web.request_bytes : 4000 + deed->cmdlet.parameters.size);
    exchange_put_agent(row, "ClientInfo",
                       exchange && exchange->client_info.size ? exchange->client_info
                       : web                                  ? deed->web.agent
                                                              : SLICE("Microsoft WinRM Client"));
    exchange_put_number(row, "ActivityContextLifeTime", taken_ms);
    exchange_put_number(row, "TotalTime", taken_ms);
    if (web)
        exchange_put(row, "UrlQuery", deed->web.query);
    return exchange_end(row, &entry->mark, problem);
}

static void put_sid(struct exchange_log *row, const struct deed *deed) {
    const struct organisation *organisation = row->text.site->organisation;
    struct buffer *line = exchange_cell(row, "ExecutingUserSid");
    if (deed->account == DEED_NO_ACCOUNT)
        return;
    const struct account *account = &organisation->accounts[deed->account];
    const uint8_t *sid = account->sid;
    if (account->sid_size < 8)
        return;
    buffer_append_format(line, "S-%u-%u", sid[0], sid[7]); // MS-DTYP 2.4.2.2
    for (size_t i = 8; i + 4 <= account->sid_size; i += 4)
        buffer_append_format(line, "-%u",
                             (unsigned)sid[i] | (unsigned)sid[i + 1] << 8 |
                                 (unsigned)sid[i + 2] << 16 | (unsigned)sid[i + 3] << 24);
}

static void put_outcome(struct exchange_log *row, const struct deed *deed) {
    uint32_t taken_ms = deed->cmdlet.taken_ms;
    bool failed = deed->cmdlet.failure.size > 0;
    exchange_put_number(row, "OutputObjectCount", failed ? 0 : 1);
    exchange_put_number(row, "ProcessRecord", taken_ms - taken_ms / 5);
    exchange_put_number(row, "BizLogic", taken_ms - taken_ms / 3);
    exchange_put_number(row, "ActivityContextLifeTime", taken_ms);
    exchange_put_number(row, "TotalTime", taken_ms);
    exchange_put(row, "ErrorType", failed ? SLICE("Handled") : SLICE(""));
    exchange_put(row, "ExecutionResult", failed ? SLICE("Error") : SLICE("Success"));
    exchange_put(row, "GenericErrors", deed->cmdlet.failure);
}

static enum status write_cmdlet(struct exchange_log *row, const struct log_entry *entry,
                                struct problem *problem) {
    const struct deed *deed = entry->deed;
    const struct host *host = row->text.site->host;
    bool local = deed->cmdlet.local;
    enum status status = exchange_begin(row, entry->time_ns, problem);
    if (status != STATUS_OK)
        return status;
    exchange_put_time(row, "DateTime", entry->time_ns);
    exchange_put_time(row, "StartTime", entry->time_ns - deed->cmdlet.taken_ms * 1000000ll);
    exchange_put_guid(row, "RequestId", deed->serial, EXCHANGE_ACTIVITY);
    exchange_put_build(row);
    exchange_put(row, "ServerHostName", slice_of_string(host->name));
    exchange_put_number(row, "ProcessId",
                        deed->program.id ? deed->program.id : 4000 + host->seed % 3000 * 4);
    exchange_put(row, "ProcessName",
                 local ? SLICE("powershell") : SLICE("w3wp#MSExchangePowerShellAppPool"));
    exchange_put_number(row, "ThreadId", 10 + dice_below(&row->dice, 90));
    exchange_put(row, "CultureInfo", SLICE("en-US"));
    exchange_put_user(row, "AuthenticatedUser", deed, true);
    put_sid(row, deed);
    exchange_put(row, "IsAdmin", SLICE("True"));
    exchange_put(row, "ClientApplication", deed->cmdlet.client);
    exchange_put(row, "Cmdlet", deed->cmdlet.name);
    exchange_put(row, "Parameters", deed->cmdlet.parameters);
    exchange_put_guid(row, "CmdletUniqueId", deed->serial, EXCHANGE_COMMAND);
    exchange_put(row, "ADViewEntireForest", SLICE("False"));
    put_outcome(row, deed);
    return exchange_end(row, &entry->mark, problem);
}

static enum status rps_write(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    const struct deed *deed = entry->deed;
    if (deed->kind == DEED_WEB_REQUEST) {
        const char *protocol = exchange_protocol(deed);
        bool seen =
            deed->web.site == WEB_EXCHANGE_BACK && protocol && strcmp(protocol, "PowerShell") == 0;
        return seen ? write_http(&log->rows[LOG_HTTP], entry, problem) : STATUS_OK;
    }
    enum status status = STATUS_OK;
    if (!deed->cmdlet.local && deed->from.host != deed->to.host)
        status = write_http(&log->rows[LOG_HTTP], entry, problem);
    if (status != STATUS_OK)
        return status;
    return write_cmdlet(&log->rows[deed->cmdlet.local ? LOG_LOCAL_CMDLET : LOG_REMOTE_CMDLET],
                        entry, problem);
}

static enum status rps_clear(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    return exchange_logs_clear(log->rows, LOG_COUNT, entry, problem);
}

static enum status rps_close(struct log *log, struct problem *problem) {
    enum status status = exchange_logs_done(log->rows, LOG_COUNT, problem);
    memory_free(log);
    return status;
}

const struct log_writer log_writer_rps = {
    .name = "rps",
    .summary = "Exchange's remote PowerShell logs: Rps_Http and Rps_Cmdlet",
    .kinds = DEED_MASK(WEB_REQUEST) | DEED_MASK(CMDLET),
    .places = PLACE_TO,
    .roles = HOST_MASK(MAIL),
    .open = rps_open,
    .write = rps_write,
    .clear = rps_clear,
    .close = rps_close,
};
