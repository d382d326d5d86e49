// Export of a commercial web gateway (CSV)
// SPDX-License-Identifier: Apache-2.0
#include "drill/log_single.h"
#include "drill/wire.h"

// No one product's: the columns that all of them can export. One that decrypts TLS has the whole
// URL where Squid sees a tunnel; one that does not has as little of it. Times are UTC.
#define HEADER                                                                                     \
    "timestamp,client_ip,username,method,url,host,destination_ip,destination_port,status,"         \
    "bytes_sent,bytes_received,duration_ms,user_agent,referrer,content_type,action,category"

static void append_url(struct buffer *line, const struct deed_web *web, bool opaque,
                       unsigned port) {
    if (opaque) {
        buffer_append_slice(line, web->host);
        buffer_append_format(line, ":%u", port);
        return;
    }
    buffer_append_text(line, wire_is_secret(web) ? "https://" : "http://");
    buffer_append_slice(line, web->host);
    buffer_append_slice(line, web->stem);
    if (web->query.size)
        buffer_append_byte(line, '?');
    buffer_append_slice(line, web->query);
}

static const char *category_of(const struct deed *deed) {
    if (deed->web.artefact.size)
        return "Software Downloads";
    return deed->to.host == DEED_NO_HOST ? "Uncategorized" : "Internal";
}

static enum status compose(struct buffer *line, const struct log_entry *entry, bool decrypts) {
    const struct deed *deed = entry->deed;
    const struct deed_web *web = &deed->web;
    struct buffer url;
    bool opaque = wire_is_secret(web) && !decrypts;
    unsigned port = deed->to.port ? deed->to.port : wire_is_secret(web) ? 443 : 80;
    unsigned status = opaque ? 200 : web->status;
    buffer_init(&url, TEXT_LOG_LINE_MAX);
    append_url(&url, web, opaque, port);
    text_append_date(line, entry->time_ns, 0);
    buffer_append_byte(line, 'T');
    text_append_clock(line, entry->time_ns, 0, 3);
    buffer_append_text(line, "Z,");
    text_append_address(line, &deed->from.address);
    buffer_append_byte(line, ',');
    const struct slice asked[] = {web->user, opaque ? SLICE("CONNECT") : web->method,
                                  buffer_slice(&url), web->host};
    text_append_cells(line, asked, ARRAY_SIZE(asked));
    buffer_append_byte(line, ',');
    text_append_address(line, &deed->to.address);
    buffer_append_format(line, ",%u,%u,%llu,%llu,%u,", port, status,
                         (unsigned long long)web->request_bytes + 380,
                         (unsigned long long)web->response_bytes + 290, web->taken_ms);
    const struct slice told[] = {
        web->agent, opaque ? SLICE("") : web->referrer, opaque ? SLICE("") : web->content_type,
        status == 403 ? SLICE("blocked") : SLICE("allowed"), slice_of_string(category_of(deed))};
    text_append_cells(line, told, ARRAY_SIZE(told));
    bool failed = url.failed;
    buffer_done(&url);
    return failed ? STATUS_LIMIT : STATUS_OK;
}

static enum status proxy_write(struct log *log, const struct log_entry *entry,
                               struct problem *problem) {
    const struct log_day day = {"export/webgateway-", ".csv", HEADER, 0};
    enum status status = log_single_day(log, &day, entry->time_ns, problem);
    if (status != STATUS_OK)
        return status;
    if (compose(&log->text.line, entry, log->site->choices->gateway_decrypts) != STATUS_OK)
        return problem_set(problem, STATUS_LIMIT, "%s: an address is too long", log->text.path);
    return text_log_put(&log->text, &entry->mark, problem);
}

const struct log_writer log_writer_proxy_csv = {
    .name = "proxy_csv",
    .summary = "export of a web gateway (CSV), with the URLs of https where it decrypts",
    .kinds = DEED_MASK(WEB_REQUEST),
    .places = PLACE_MIDDLE,
    .roles = HOST_MASK(PROXY),
    .open = log_single_open,
    .write = proxy_write,
    .close = log_single_close,
};
