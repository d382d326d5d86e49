// Access log of a Squid proxy
// SPDX-License-Identifier: Apache-2.0
#include "drill/log_single.h"
#include "drill/wire.h"

// Native format (logformat squid): time.ms elapsed client code/status bytes method URL user
// hierarchy/peer type. Of what goes through TLS only the tunnel is seen.

static void compose_url(struct buffer *line, const struct deed *deed) {
    const struct deed_web *web = &deed->web;
    bool secret = wire_is_secret(web);
    buffer_append_text(line, secret ? "CONNECT " : "");
    if (!secret) {
        text_append_word(line, web->method, true);
        buffer_append_text(line, " http://");
    }
    if (web->host.size)
        buffer_append_slice(line, web->host);
    else
        text_append_address(line, &deed->to.address);
    if (secret)
        buffer_append_format(line, ":%u", deed->to.port ? deed->to.port : 443u);
    else if (deed->to.port && deed->to.port != 80)
        buffer_append_format(line, ":%u", deed->to.port);
    if (secret)
        return;
    for (size_t i = 0; i < web->stem.size; i++)
        buffer_append_byte(line, web->stem.data[i] == ' ' ? '+' : web->stem.data[i]);
    if (web->query.size) {
        buffer_append_byte(line, '?');
        text_append_word(line, web->query, true);
    }
}

static void compose(struct buffer *line, const struct log_entry *entry) {
    const struct deed *deed = entry->deed;
    const struct deed_web *web = &deed->web;
    bool secret = wire_is_secret(web);
    unsigned status = secret ? 200 : web->status;
    const char *code = secret                                       ? "TCP_TUNNEL"
                       : web->status == 304                         ? "TCP_REFRESH_UNMODIFIED"
                       : web->status == 403 && !web->response_bytes ? "TCP_DENIED"
                                                                    : "TCP_MISS";
    buffer_append_format(line, "%lld.%03d %6u ", (long long)(entry->time_ns / 1000000000),
                         (int)(entry->time_ns / 1000000 % 1000), web->taken_ms);
    text_append_address(line, &deed->from.address);
    buffer_append_format(line, " %s/%03u %llu ", code, status,
                         (unsigned long long)(web->response_bytes + (secret ? 4090 : 290)));
    compose_url(line, deed);
    buffer_append_byte(line, ' ');
    text_append_word(line, web->user, true);
    buffer_append_text(line, " HIER_DIRECT/");
    text_append_address(line, &deed->to.address);
    buffer_append_byte(line, ' ');
    text_append_word(line, secret ? SLICE("") : web->content_type, true);
}

static enum status squid_write(struct log *log, const struct log_entry *entry,
                               struct problem *problem) {
    const struct log_day day = {"var/log/squid/access.log-", "", NULL,
                                log->site->host->zone_seconds};
    enum status status = log_single_day(log, &day, entry->time_ns, problem);
    if (status != STATUS_OK)
        return status;
    compose(&log->text.line, entry);
    return text_log_put(&log->text, &entry->mark, problem);
}

static enum status squid_clear(struct log *log, const struct log_entry *entry,
                               struct problem *problem) {
    return entry->deed->clear.what & CLEAR_WEB ? log_single_clear(log, NULL, problem) : STATUS_OK;
}

const struct log_writer log_writer_squid = {
    .name = "squid",
    .summary = "access log of the Squid proxy, native format",
    .kinds = DEED_MASK(WEB_REQUEST),
    .places = PLACE_MIDDLE,
    .roles = HOST_MASK(PROXY),
    .open = log_single_open,
    .write = squid_write,
    .clear = squid_clear,
    .close = log_single_close,
};
