// Exchange's ECP server log
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/exchange_log.h"

#include <ctype.h>
#include <string.h>

// The control panel runs on the back end: a line for each request it answers, with the cmdlet
// that it ran. Values are typed: S: is a string.
static const struct exchange_format format = {
    .path = "Logging/ECP/Server/ECPServer",
    .type = "ECP Server Log",
    .fields = "TimeStamp,ServerName,EventId,EventData",
    .version = "15.0.0.0",
    .daily = true,
};

struct log {
    struct exchange_log row;
    struct buffer data; // EventData before it is quoted
};

static enum status ecp_open(const struct log_site *site, struct log **ret_log,
                            struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    exchange_log_init(&log->row, &format, site);
    buffer_init(&log->data, TEXT_LOG_LINE_MAX / 4);
    *ret_log = log;
    return STATUS_OK;
}

// "-Identity "a b" -ExternalUrl "http://f/"" becomes ".Identity=''a b''.ExternalUrl=''http://f/''".
static void append_parameters(struct buffer *data, struct slice text) {
    bool quoted = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i], next = i + 1 < text.size ? text.data[i + 1] : 0;
        if (byte == '"') {
            buffer_append_text(data, "''");
            quoted = !quoted;
        } else if (!quoted && byte == '-' && isalpha(next))
            buffer_append_byte(data, '.');
        else if (!quoted && byte == ' ')
            buffer_append_text(data, next == '-' || next == ' ' ? "" : "=");
        else
            buffer_append_byte(data, byte);
    }
}

// 'S:CMD=Set-OabVirtualDirectory.ExternalUrl=''http://f/'''; without quotes when there are none
// inside.
static void append_command(struct buffer *data, struct slice name, struct slice parameters) {
    bool quoted = parameters.size && memchr(parameters.data, '"', parameters.size);
    buffer_append_text(data, quoted ? "'S:CMD=" : "S:CMD=");
    buffer_append_slice(data, name);
    append_parameters(data, parameters);
    buffer_append_text(data, quoted ? "';" : ";");
}

static void append_address_bar(struct buffer *data, const struct host *host,
                               const struct deed *deed) {
    bool web = deed->kind == DEED_WEB_REQUEST;
    buffer_append_format(data, "S:URL=https://%s:444", host->fqdn);
    buffer_append_slice(data, web ? deed->web.stem : SLICE("/ecp/DDI/DDIService.svc/SetObject"));
    if (web && deed->web.query.size)
        buffer_append_byte(data, '?');
    if (web)
        buffer_append_slice(data, deed->web.query);
}

static void compose(struct log *log, const struct deed *deed) {
    const struct host *host = log->row.text.site->host;
    const struct exchange_build *build = &log->row.build;
    struct buffer *data = &log->data;
    bool web = deed->kind == DEED_WEB_REQUEST;
    buffer_reset(data);
    buffer_append_format(data,
                         "S:TIME=%u;S:SID=", web ? deed->web.taken_ms : deed->cmdlet.taken_ms);
    exchange_append_guid(data, deed->serial, EXCHANGE_SESSION);
    buffer_append_byte(data, ';');
    if (!web)
        append_command(data, deed->cmdlet.name, deed->cmdlet.parameters);
    else if (deed->web.exchange && deed->web.exchange->action.size)
        append_command(data, deed->web.exchange->action, (struct slice){NULL, 0});
    buffer_append_text(data, "S:REQID=;");
    append_address_bar(data, host, deed);
    buffer_append_text(data, ";S:EX=");
    buffer_append_slice(data, web ? (struct slice){NULL, 0} : deed->cmdlet.failure);
    buffer_append_text(data, ";S:ACTID=");
    exchange_append_guid(data, deed->serial, EXCHANGE_ACTIVITY);
    buffer_append_format(data, ";S:RS=%u;S:BLD=%u.%u.%u.%u", web && deed->web.status >= 500,
                         build->major, build->minor, build->build, build->revision);
}

// Of cmdlets only those that came from the control panel.
static bool is_seen(const struct deed *deed) {
    const char *protocol;
    if (deed->kind == DEED_CMDLET)
        return !deed->cmdlet.local && (slice_starts(deed->cmdlet.client, SLICE("ECP")) ||
                                       slice_ends(deed->cmdlet.name, SLICE("VirtualDirectory")));
    protocol = exchange_protocol(deed);
    return deed->web.site == WEB_EXCHANGE_BACK && protocol && strcmp(protocol, "Ecp") == 0;
}

static enum status ecp_write(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    if (!is_seen(entry->deed))
        return STATUS_OK;
    struct exchange_log *row = &log->row;
    enum status status = exchange_begin(row, entry->time_ns, problem);
    if (status != STATUS_OK)
        return status;
    compose(log, entry->deed);
    exchange_put_time(row, "TimeStamp", entry->time_ns);
    exchange_put(row, "ServerName", slice_of_string(row->text.site->host->name));
    exchange_put(row, "EventId", SLICE("ECP.Request"));
    exchange_put(row, "EventData", buffer_slice(&log->data));
    return exchange_end(row, &entry->mark, problem);
}

static enum status ecp_clear(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    return exchange_log_clear(&log->row, entry, problem);
}

static enum status ecp_close(struct log *log, struct problem *problem) {
    enum status status = exchange_log_done(&log->row, problem);
    buffer_done(&log->data);
    memory_free(log);
    return status;
}

const struct log_writer log_writer_ecp = {
    .name = "ecp",
    .summary = "Exchange's ECP server log: requests to the control panel and their cmdlets",
    .kinds = DEED_MASK(WEB_REQUEST) | DEED_MASK(CMDLET),
    .places = PLACE_TO,
    .roles = HOST_MASK(MAIL),
    .open = ecp_open,
    .write = ecp_write,
    .clear = ecp_clear,
    .close = ecp_close,
};
