// Exchange's web services log
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/exchange_log.h"

#include <string.h>

// The columns differ between releases: these are of 15.01.2375.
#define FIELDS                                                                                     \
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,Ring,"              \
    "ClientRequestId,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,"           \
    "UserAgent,VersionInfo,ClientIpAddress,ServerHostName,FrontEndServer,SoapAction,HttpStatus,"   \
    "RequestSize,ResponseSize,ErrorCode,ImpersonatedUser,ProxyAsUser,ActAsUser,Cookie,"            \
    "CorrelationGuid,PrimaryOrProxyServer,TaskType,RemoteBackendCount,LocalMailboxCount,"          \
    "RemoteMailboxCount,LocalIdCount,RemoteIdCount,BeginBudgetConnections,EndBudgetConnections,"   \
    "BeginBudgetHangingConnections,EndBudgetHangingConnections,BeginBudgetAD,EndBudgetAD,"         \
    "BeginBudgetCAS,EndBudgetCAS,BeginBudgetRPC,EndBudgetRPC,BeginBudgetFindCount,"                \
    "EndBudgetFindCount,BeginBudgetSubscriptions,EndBudgetSubscriptions,MDBResource,MDBHealth,"    \
    "MDBHistoricalLoad,ThrottlingPolicy,ThrottlingDelay,ThrottlingRequestType,"                    \
    "TotalDCRequestCount,TotalDCRequestLatency,TotalMBXRequestCount,TotalMBXRequestLatency,"       \
    "RecipientLookupLatency,ExchangePrincipalLatency,HttpPipelineLatency,CheckAccessCoreLatency,"  \
    "AuthModuleLatency,CallContextInitLatency,PreExecutionLatency,CoreExecutionLatency,"           \
    "TotalRequestTime,DetailedExchangePrincipalLatency,ClientStatistics,GenericInfo,"              \
    "AuthenticationErrors,GenericErrors,Puid,StartTime,ProcessId,TimeInGC,StartTotalMemory,"       \
    "EndTotalMemory,StartGCCounts,EndGCCounts,TokenBasedThrottlingPolicy,BudgetKey,CoinsCharged,"  \
    "CoinsChargedMethod,SidBudgetInfo,AppBudgetInfo,TenantBudgetInfo,ResourceAccessed,"            \
    "ResourceHealthBasedThreshold,ThrottledBy,BackoffHint,WorkClassification"

static const struct exchange_format format = {
    .path = "Logging/Ews/Ews_", .type = "EWS Logs", .fields = FIELDS, .restart_odds = 1500};

struct log {
    struct exchange_log row;
};

static enum status ews_open(const struct log_site *site, struct log **ret_log,
                            struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    exchange_log_init(&log->row, &format, site);
    *ret_log = log;
    return STATUS_OK;
}

struct call {
    struct slice agent, action, impersonated;
    uint64_t request_bytes, response_bytes;
    uint32_t status, items, taken_ms;
};

static bool read_call(const struct deed *deed, struct call *call) {
    if (deed->kind == DEED_MAILBOX_ACCESS) {
        *call = (struct call){.agent = deed->mailbox.agent,
                              .action = deed->mailbox.action,
                              .impersonated = deed->mailbox.impersonated,
                              .request_bytes = deed->mailbox.request_bytes,
                              .response_bytes = deed->mailbox.response_bytes,
                              .status = deed->mailbox.status,
                              .items = deed->mailbox.item_count,
                              .taken_ms = deed->mailbox.taken_ms};
        return true;
    }
    const char *protocol = exchange_protocol(deed);
    *call = (struct call){.agent = deed->web.agent,
                          .request_bytes = deed->web.request_bytes,
                          .response_bytes = deed->web.response_bytes,
                          .status = deed->web.status,
                          .taken_ms = deed->web.taken_ms};
    if (deed->web.exchange)
        call->action = deed->web.exchange->action;
    return deed->web.site == WEB_EXCHANGE_BACK && protocol && strcmp(protocol, "Ews") == 0;
}

static void put_front(struct exchange_log *row, const struct deed *deed, const struct call *call) {
    const struct host *host = row->text.site->host;
    bool known = exchange_has_user(deed);
    exchange_put_guid(row, "RequestId", deed->serial, EXCHANGE_ACTIVITY);
    exchange_put_build(row);
    exchange_put(row, "Ring", SLICE("Unknown"));
    exchange_put(row, "AuthenticationType", known ? SLICE("Negotiate") : SLICE(""));
    exchange_put(row, "IsAuthenticated", known ? SLICE("true") : SLICE("false"));
    exchange_put_user(row, "AuthenticatedUser", deed, true);
    exchange_put_agent(row, "UserAgent", call->agent);
    exchange_put(row, "VersionInfo", SLICE("Target=None;Req=Exchange2013_SP1/Exchange2013_SP1;"));
    text_append_address(exchange_cell(row, "ClientIpAddress"), &deed->from.address);
    exchange_put(row, "ServerHostName", slice_of_string(host->name));
    exchange_put(row, "FrontEndServer", slice_of_string(host->fqdn));
    exchange_put(row, "SoapAction", call->action);
    exchange_put_number(row, "HttpStatus", call->status);
    exchange_put_number(row, "RequestSize", call->request_bytes);
    exchange_put_number(row, "ResponseSize", call->response_bytes);
    exchange_put(row, "ErrorCode",
                 call->status == 200   ? SLICE("")
                 : call->status == 401 ? SLICE("ErrorAccessDenied")
                                       : SLICE("ErrorInternalServerError"));
    exchange_put(row, "ImpersonatedUser", call->impersonated);
    exchange_put_guid(row, "CorrelationGuid", deed->serial, EXCHANGE_REQUEST);
    exchange_put(row, "PrimaryOrProxyServer", SLICE("PrimaryServer"));
    exchange_put(row, "TaskType", SLICE("LocalTask"));
}

static void put_rest(struct exchange_log *row, const struct log_entry *entry,
                     const struct call *call) {
    uint32_t directory = call->taken_ms / 10;
    exchange_put_number(row, "RemoteBackendCount", 0);
    exchange_put_number(row, "LocalMailboxCount", 1);
    exchange_put_number(row, "RemoteMailboxCount", 0);
    exchange_put_number(row, "LocalIdCount", call->items);
    exchange_put_number(row, "RemoteIdCount", 0);
    exchange_put(row, "ThrottlingRequestType", SLICE("[C]"));
    exchange_put_number(row, "TotalDCRequestCount", directory > 0);
    exchange_put_number(row, "TotalDCRequestLatency", directory);
    exchange_put_number(row, "TotalMBXRequestCount", 1 + call->items);
    exchange_put_number(row, "TotalMBXRequestLatency", call->taken_ms - directory);
    exchange_put_number(row, "HttpPipelineLatency", dice_below(&row->dice, 3));
    exchange_put_number(row, "CoreExecutionLatency", call->taken_ms - directory);
    exchange_put_number(row, "TotalRequestTime", call->taken_ms);
    exchange_put(row, "GenericInfo",
                 SLICE("RequestHandler=Wcf;BackEndAuthenticator=WindowsAuthenticator;"
                       "S:ActivityStandardMetadata.Component=Ews;S:WLM.BT=Ews"));
    exchange_put_time(row, "StartTime", entry->time_ns - call->taken_ms * 1000000ll);
    exchange_put_number(row, "ProcessId", 4000 + row->text.site->host->seed % 3000 * 4);
}

static enum status ews_write(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    struct exchange_log *row = &log->row;
    struct call call;
    if (!read_call(entry->deed, &call))
        return STATUS_OK;
    enum status status = exchange_begin(row, entry->time_ns, problem);
    if (status != STATUS_OK)
        return status;
    exchange_put_time(row, "DateTime", entry->time_ns);
    put_front(row, entry->deed, &call);
    put_rest(row, entry, &call);
    return exchange_end(row, &entry->mark, problem);
}

static enum status ews_clear(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    return exchange_log_clear(&log->row, entry, problem);
}

static enum status ews_close(struct log *log, struct problem *problem) {
    enum status status = exchange_log_done(&log->row, problem);
    memory_free(log);
    return status;
}

const struct log_writer log_writer_ews = {
    .name = "ews",
    .summary = "Exchange's web services log: who read how much of which mailbox",
    .kinds = DEED_MASK(WEB_REQUEST) | DEED_MASK(MAILBOX_ACCESS),
    .places = PLACE_TO,
    .roles = HOST_MASK(MAIL),
    .open = ews_open,
    .write = ews_write,
    .clear = ews_clear,
    .close = ews_close,
};
