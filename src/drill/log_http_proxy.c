// Exchange's HttpProxy: what the front end passed on
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/exchange_log.h"

#include <stdio.h>
#include <string.h>

// One folder a protocol, one file an hour. Of the 74 fields those are filled that a real line
// of a plain request fills.
#define FIELDS                                                                                     \
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,"   \
    "Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,IsAuthenticated,"                  \
    "AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,"       \
    "HttpStatus,BackEndStatus,ErrorCode,Method,ProxyAction,TargetServer,TargetServerVersion,"      \
    "RoutingType,RoutingHint,BackEndCookie,ServerLocatorHost,ServerLocatorLatency,RequestBytes,"   \
    "ResponseBytes,TargetOutstandingRequests,AuthModulePerfContext,HttpPipelineLatency,"           \
    "CalculateTargetBackEndLatency,GlsLatencyBreakup,TotalGlsLatency,"                             \
    "AccountForestLatencyBreakup,TotalAccountForestLatency,ResourceForestLatencyBreakup,"          \
    "TotalResourceForestLatency,ADLatency,SharedCacheLatencyBreakup,TotalSharedCacheLatency,"      \
    "ActivityContextLifeTime,ModuleToHandlerSwitchingLatency,ClientReqStreamLatency,"              \
    "BackendReqInitLatency,BackendReqStreamLatency,BackendProcessingLatency,"                      \
    "BackendRespInitLatency,BackendRespStreamLatency,ClientRespStreamLatency,"                     \
    "KerberosAuthHeaderLatency,HandlerCompletionLatency,RequestHandlerLatency,"                    \
    "HandlerToModuleSwitchingLatency,ProxyTime,CoreLatency,RoutingLatency,HttpProxyOverhead,"      \
    "TotalRequestTime,RouteRefresherLatency,UrlQuery,BackEndGenericInfo,GenericInfo,"              \
    "GenericErrors,EdgeTraceId,DatabaseGuid,UserADObjectGuid,PartitionEndpointLookupLatency,"      \
    "RoutingStatus"

#define FORMAT(folder)                                                                             \
    { "Logging/HttpProxy/" folder "/HttpProxy_", "HttpProxy Logs", FIELDS, NULL, false, 2000 }

static const struct {
    const char *protocol;
    struct exchange_format format;
} folders[] = {
    {"Autodiscover", FORMAT("Autodiscover")},
    {"Eas", FORMAT("Eas")},
    {"Ecp", FORMAT("Ecp")},
    {"Ews", FORMAT("Ews")},
    {"Mapi", FORMAT("Mapi")},
    {"Oab", FORMAT("Oab")},
    {"Owa", FORMAT("Owa")},
    {"OwaCalendar", FORMAT("OwaCalendar")},
    {"PowerShell", FORMAT("PowerShell")},
    {"RpcHttp", FORMAT("RpcHttp")},
};

struct log {
    const struct log_site *site;
    struct exchange_log folders[ARRAY_SIZE(folders)];
};

// A deed as the front end sees it: web requests, and calls that other deeds stand for.
struct request {
    const char *protocol;
    struct slice method, stem, query, action, anchor, agent, target;
    uint32_t status, back_status, taken_ms;
    uint64_t request_bytes, response_bytes;
};

static enum status http_proxy_open(const struct log_site *site, struct log **ret_log,
                                   struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    log->site = site;
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
        exchange_log_init(&log->folders[i], &folders[i].format, site);
    *ret_log = log;
    return STATUS_OK;
}

static bool read_web(const struct deed *deed, struct request *request) {
    const struct deed_web_exchange *exchange = deed->web.exchange;
    if (deed->web.site != WEB_EXCHANGE_FRONT)
        return false;
    *request = (struct request){.protocol = exchange_protocol(deed),
                                .method = deed->web.method,
                                .stem = deed->web.stem,
                                .query = deed->web.query,
                                .agent = deed->web.agent,
                                .status = deed->web.status,
                                .taken_ms = deed->web.taken_ms,
                                .request_bytes = deed->web.request_bytes,
                                .response_bytes = deed->web.response_bytes};
    if (exchange) {
        request->action = exchange->action;
        request->anchor = exchange->anchor_mailbox;
        request->target = exchange->target;
        request->back_status = exchange->back_status;
    }
    return request->protocol;
}

static bool read_mailbox(const struct deed *deed, struct request *request) {
    *request = (struct request){.protocol = "Ews",
                                .method = SLICE("POST"),
                                .stem = SLICE("/EWS/Exchange.asmx"),
                                .action = deed->mailbox.action,
                                .anchor = deed->mailbox.mailbox,
                                .agent = deed->mailbox.agent,
                                .status = deed->mailbox.status,
                                .back_status = deed->mailbox.status,
                                .taken_ms = deed->mailbox.taken_ms,
                                .request_bytes = deed->mailbox.request_bytes,
                                .response_bytes = deed->mailbox.response_bytes};
    return true;
}

// Remote PowerShell from another host; what runs on the server itself asks no front end.
static bool read_cmdlet(const struct deed *deed, struct request *request) {
    if (deed->cmdlet.local || deed->from.host == deed->to.host)
        return false;
    *request = (struct request){.protocol = "PowerShell",
                                .method = SLICE("POST"),
                                .stem = SLICE("/powershell"),
                                .agent = SLICE("Microsoft WinRM Client"),
                                .status = 200,
                                .back_status = 200,
                                .taken_ms = deed->cmdlet.taken_ms,
                                .request_bytes = 4000 + deed->cmdlet.parameters.size,
                                .response_bytes = 3000};
    return true;
}

static void put_anchor(struct exchange_log *row, const struct deed *deed,
                       const struct request *request) {
    bool address = memchr(request->anchor.data ? request->anchor.data : (const uint8_t *)"", '@',
                          request->anchor.size);
    if (!address || slice_starts(request->anchor, SLICE("ServerInfo~")) ||
        deed->kind == DEED_WEB_REQUEST) {
        exchange_put(row, "AnchorMailbox", request->anchor);
        return;
    }
    buffer_append_text(exchange_cell(row, "AnchorMailbox"), "Smtp~");
    text_append_cell(&row->text.line, request->anchor);
}

static void put_front(struct exchange_log *row, const struct deed *deed,
                      const struct request *request) {
    const struct host *host = row->text.site->host;
    bool known = exchange_has_user(deed), named = deed->kind == DEED_WEB_REQUEST;
    exchange_put_guid(row, "RequestId", deed->serial, EXCHANGE_REQUEST);
    exchange_put_build(row);
    exchange_put(row, "Protocol", slice_of_string(request->protocol));
    exchange_put(row, "UrlHost",
                 named && deed->web.host.size ? deed->web.host : slice_of_string(host->fqdn));
    exchange_put(row, "UrlStem", request->stem);
    exchange_put(row, "ProtocolAction", request->action);
    bool forms = strncmp(request->protocol, "Owa", 3) == 0 || strcmp(request->protocol, "Ecp") == 0;
    exchange_put(row, "AuthenticationType", forms ? SLICE("FBA") : SLICE("Negotiate"));
    exchange_put(row, "IsAuthenticated", known ? SLICE("true") : SLICE("false"));
    exchange_put_user(row, "AuthenticatedUser", deed, false);
    put_anchor(row, deed, request);
    exchange_put_agent(row, "UserAgent", request->agent);
    text_append_address(exchange_cell(row, "ClientIpAddress"), &deed->from.address);
    exchange_put(row, "ServerHostName", slice_of_string(host->name));
    exchange_put_number(row, "HttpStatus", request->status);
}

static void put_back(struct exchange_log *row, const struct deed *deed,
                     const struct request *request) {
    const struct exchange_build *build = &row->build;
    if (request->back_status == 0) {
        exchange_put(row, "Method", request->method);
        return;
    }
    exchange_put_number(row, "BackEndStatus", request->back_status);
    exchange_put(row, "Method", request->method);
    exchange_put(row, "ProxyAction", SLICE("Proxy"));
    exchange_put(row, "TargetServer",
                 request->target.size ? request->target
                                      : slice_of_string(row->text.site->host->fqdn));
    buffer_append_format(exchange_cell(row, "TargetServerVersion"), "%02u.%02u.%04u.000",
                         build->major, build->minor, build->build);
    exchange_put(row, "RoutingType", SLICE("IntraForest"));
    bool forged = slice_starts(request->anchor, SLICE("ServerInfo~"));
    exchange_put(row, "RoutingHint",
                 forged                    ? SLICE("X-BEResource-Cookie")
                 : exchange_has_user(deed) ? SLICE("WindowsIdentity")
                                           : SLICE(""));
}

static void put_latencies(struct exchange_log *row, const struct request *request) {
    static const char *const zeros[] = {
        "CalculateTargetBackEndLatency", "TotalGlsLatency", "TotalAccountForestLatency",
        "TotalResourceForestLatency",    "ADLatency",       "TotalSharedCacheLatency"};
    uint32_t back = request->back_status ? request->taken_ms - request->taken_ms / 8 : 0;
    exchange_put_number(row, "HttpPipelineLatency", dice_below(&row->dice, 2));
    for (size_t i = 0; i < ARRAY_SIZE(zeros); i++)
        exchange_put_number(row, zeros[i], 0);
    exchange_put_number(row, "ActivityContextLifeTime", request->taken_ms);
    if (request->back_status) {
        exchange_put_number(row, "ModuleToHandlerSwitchingLatency", 0);
        exchange_put_number(row, "ClientReqStreamLatency", 0);
        exchange_put_number(row, "BackendProcessingLatency", back);
        exchange_put_number(row, "ProxyTime", back);
    }
    exchange_put_number(row, "CoreLatency", request->taken_ms - back);
    exchange_put_number(row, "HttpProxyOverhead", request->taken_ms - back);
    exchange_put_number(row, "TotalRequestTime", request->taken_ms);
}

static void put_rest(struct exchange_log *row, const struct log_entry *entry,
                     const struct request *request) {
    struct buffer *line = &row->text.line;
    if (request->query.size) {
        char query[8192];
        snprintf(query, sizeof query, "?%.*s", (int)request->query.size,
                 (const char *)request->query.data);
        exchange_put(row, "UrlQuery", slice_of_string(query));
    }
    buffer_append_text(exchange_cell(row, "GenericInfo"), "BeginRequest=");
    exchange_append_time(line, entry->time_ns - request->taken_ms * 1000000ll);
    buffer_append_text(line, ";CorrelationID=<empty>;ProxyState-Run=None;FEAuth=BEVersion-");
    buffer_append_format(line, "%u;", 1941962752u + row->build.minor * 65536 + row->build.build);
    if (request->back_status)
        buffer_append_text(line, "ProxyState-Complete=ProxyResponseData;");
    buffer_append_text(line, "SharedCacheGuard=0;EndRequest=");
    exchange_append_time(line, entry->time_ns);
    buffer_append_byte(line, ';');
    if (!request->back_status)
        return;
    buffer_append_text(exchange_cell(row, "DatabaseGuid"), "|RoutingDB:");
    exchange_append_guid(line, row->text.site->host->seed, EXCHANGE_DATABASE);
    exchange_put(row, "RoutingStatus", SLICE("CafeV1"));
}

static enum status http_proxy_write(struct log *log, const struct log_entry *entry,
                                    struct problem *problem) {
    const struct deed *deed = entry->deed;
    struct request request;
    size_t folder = 0;
    bool seen = deed->kind == DEED_WEB_REQUEST      ? read_web(deed, &request)
                : deed->kind == DEED_MAILBOX_ACCESS ? read_mailbox(deed, &request)
                                                    : read_cmdlet(deed, &request);
    if (!seen)
        return STATUS_OK;
    while (strcmp(folders[folder].protocol, request.protocol) != 0)
        folder++;
    struct exchange_log *row = &log->folders[folder];
    enum status status = exchange_begin(row, entry->time_ns, problem);
    if (status != STATUS_OK)
        return status;
    exchange_put_time(row, "DateTime", entry->time_ns);
    put_front(row, deed, &request);
    put_back(row, deed, &request);
    exchange_put_number(row, "RequestBytes", request.request_bytes);
    exchange_put_number(row, "ResponseBytes", request.response_bytes);
    put_latencies(row, &request);
    put_rest(row, entry, &request);
    return exchange_end(row, &entry->mark, problem);
}

static enum status http_proxy_clear(struct log *log, const struct log_entry *entry,
                                    struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_SIZE(folders) && status == STATUS_OK; i++)
        status = exchange_log_clear(&log->folders[i], entry, problem);
    return status;
}

static enum status http_proxy_close(struct log *log, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        enum status done =
            exchange_log_done(&log->folders[i], status == STATUS_OK ? problem : NULL);
        status = status == STATUS_OK ? done : status;
    }
    memory_free(log);
    return status;
}

const struct log_writer log_writer_http_proxy = {
    .name = "http_proxy",
    .summary = "Exchange's HttpProxy logs, a folder for each protocol",
    .kinds = DEED_MASK(WEB_REQUEST) | DEED_MASK(MAILBOX_ACCESS) | DEED_MASK(CMDLET),
    .places = PLACE_TO,
    .roles = HOST_MASK(MAIL),
    .open = http_proxy_open,
    .write = http_proxy_write,
    .clear = http_proxy_clear,
    .close = http_proxy_close,
};
