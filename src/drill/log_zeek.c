// Logs of a Zeek sensor: conn, dns, http, ssl, files
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/content.h"
#include "drill/log_single.h"
#include "drill/wire.h"
#include "drill/zeek_row.h"

#include <string.h>

#define STREAM(name) static const struct zeek_field name##_fields[] = {
#define FIELD(name, type) {name, type},
#define END                                                                                        \
    }                                                                                              \
    ;
#include "drill/zeek_stream.def"
#undef STREAM
#undef FIELD
#undef END

enum stream {
    CONN,
    DNS,
    HTTP,
    SSL,
    FILES,
    STREAMS
};

#define LISTED(name)                                                                               \
    { #name, name##_fields, ARRAY_SIZE(name##_fields) }
static const struct zeek_stream streams[STREAMS] = {LISTED(conn), LISTED(dns), LISTED(http),
                                                    LISTED(ssl), LISTED(files)};

// Files of a day lie in a folder of their own; the sensor rotates at local midnight.
struct zeek_log {
    struct log base;
    struct text_log texts[STREAMS];
    int64_t last_ns[STREAMS];
    bool json;
};

static enum status zeek_open(const struct log_site *site, struct log **ret_log,
                             struct problem *problem) {
    (void)problem;
    struct zeek_log *log = memory_new(1, sizeof *log);
    log->base.site = site;
    log->json = site->choices->zeek_json;
    for (size_t i = 0; i < STREAMS; i++)
        text_log_init(&log->texts[i], site);
    *ret_log = &log->base;
    return STATUS_OK;
}

static enum status end_file(struct zeek_log *log, enum stream stream, struct problem *problem) {
    struct text_log *text = &log->texts[stream];
    if (log->json || text->file == EVIDENCE_NO_FILE || !text->stream)
        return STATUS_OK;
    return zeek_put_footer(text, log->last_ns[stream], problem);
}

// opt/zeek/logs/2026-03-02/conn.log
static enum status begin_row(struct zeek_log *log, enum stream stream, struct zeek_row *row,
                             const struct log_entry *entry, struct problem *problem) {
    struct text_log *text = &log->texts[stream];
    int32_t zone = log->base.site->host->zone_seconds;
    uint32_t part = text_log_day(entry->time_ns, zone);
    enum status status = STATUS_OK;
    if (text->file == EVIDENCE_NO_FILE || part > text->part) {
        char path[80];
        status = end_file(log, stream, problem);
        text_append_date(&text->line, entry->time_ns, zone);
        snprintf(path, sizeof path, "opt/zeek/logs/%.10s/%s.log", (const char *)text->line.data,
                 streams[stream].name);
        buffer_reset(&text->line);
        if (status == STATUS_OK)
            status = text_log_begin(text, part, path, problem);
        if (status == STATUS_OK && !log->json)
            status = zeek_put_header(text, &streams[stream], entry->time_ns, problem);
    }
    zeek_row_init(row, &streams[stream], &text->line, log->json);
    log->last_ns[stream] = entry->time_ns;
    return status;
}

static enum status end_row(struct zeek_log *log, enum stream stream, struct zeek_row *row,
                           const struct log_entry *entry, struct problem *problem) {
    zeek_row_end(row);
    return text_log_put(&log->texts[stream], &entry->mark, problem);
}

static void put_identity(struct zeek_row *row, const struct wire_leg *leg) {
    zeek_put_address(row, &leg->from);
    zeek_put_number(row, leg->from_port);
    zeek_put_address(row, &leg->to);
    zeek_put_number(row, leg->to_port);
}

static bool is_inside(const struct address *address) {
    uint32_t four = address_four(address);
    return four >> 24 == 10 || four >> 20 == 0xAC1 || four >> 16 == 0xC0A8;
}

static void put_conn(struct zeek_row *row, const struct wire_leg *leg, int64_t time_ns) {
    bool stream = leg->protocol[0] == 't';
    unsigned head = stream ? 40 : 28;
    zeek_put_time(row, time_ns);
    zeek_put_identifier(row, 'C', leg->key);
    put_identity(row, leg);
    zeek_put_word(row, leg->protocol);
    zeek_put_word(row, leg->service);
    if (leg->refused) {
        zeek_skip(row, 3);
    } else {
        zeek_put_interval(row, leg->taken_ms * 1000ll + (int64_t)(leg->key % 1000));
        zeek_put_number(row, leg->sent_bytes);
        zeek_put_number(row, leg->received_bytes);
    }
    zeek_put_word(row, leg->refused ? "S0" : "SF");
    zeek_put_truth(row, is_inside(&leg->from));
    zeek_put_truth(row, is_inside(&leg->to));
    zeek_put_number(row, 0);
    zeek_put_word(row, leg->refused ? (stream ? "S" : "D") : stream ? "ShADadFf" : "Dd");
    zeek_put_number(row, leg->sent_packets);
    zeek_put_number(row, leg->sent_bytes + leg->sent_packets * head);
    zeek_put_number(row, leg->received_packets);
    zeek_put_number(row, leg->received_bytes + leg->received_packets * head);
    zeek_skip(row, 1);
}

static const char *type_name(unsigned type) {
    return type == 5    ? "CNAME"
           : type == 16 ? "TXT"
           : type == 28 ? "AAAA"
           : type == 33 ? "SRV"
           : type == 12 ? "PTR"
           : type == 15 ? "MX"
                        : "A";
}

static const char *code_name(unsigned code) {
    return code == 0 ? "NOERROR" : code == 2 ? "SERVFAIL" : code == 3 ? "NXDOMAIN" : "REFUSED";
}

// Answers come separated by ';', Zeek's vectors by ','; every answer has its time to live.
static void put_answers(struct zeek_row *row, struct slice answer, uint64_t key) {
    struct buffer answers, lives;
    buffer_init(&answers, TEXT_LOG_LINE_MAX);
    buffer_init(&lives, TEXT_LOG_LINE_MAX);
    for (size_t i = 0; i < answer.size; i++)
        buffer_append_byte(&answers, answer.data[i] == ';' ? ',' : answer.data[i]);
    for (size_t i = 0; i < answer.size; i++)
        if (i == 0 || answer.data[i] == ';')
            buffer_append_format(&lives, "%s%u.000000", i ? "," : "",
                                 60u * (unsigned)(1 + key % 60));
    zeek_put(row, buffer_slice(&answers));
    zeek_put(row, buffer_slice(&lives));
    buffer_done(&answers);
    buffer_done(&lives);
}

static void put_dns(struct zeek_row *row, const struct wire_leg *leg, int64_t time_ns) {
    const struct deed *deed = leg->deed;
    unsigned type = deed->name_query.type ? deed->name_query.type : 1;
    zeek_put_time(row, time_ns);
    zeek_put_identifier(row, 'C', leg->key);
    put_identity(row, leg);
    zeek_put_word(row, leg->protocol);
    zeek_put_number(row, leg->key >> 48);
    zeek_put_interval(row, leg->taken_ms * 1000ll + (int64_t)(leg->key % 1000));
    zeek_put(row, deed->name_query.name);
    zeek_put_number(row, 1);
    zeek_put_word(row, "C_INTERNET");
    zeek_put_number(row, type);
    zeek_put_word(row, type_name(type));
    zeek_put_number(row, deed->name_query.code);
    zeek_put_word(row, code_name(deed->name_query.code));
    zeek_put_truth(row, false);
    zeek_put_truth(row, false);
    zeek_put_truth(row, true);
    zeek_put_truth(row, true);
    zeek_put_number(row, 0);
    put_answers(row, deed->name_query.answer, leg->key);
    zeek_put_truth(row, deed->name_query.code == 5);
}

static const char *status_text(unsigned status) {
    static const struct {
        unsigned status;
        const char *text;
    } known[] = {{200, "OK"},
                 {201, "Created"},
                 {204, "No Content"},
                 {206, "Partial Content"},
                 {301, "Moved Permanently"},
                 {302, "Found"},
                 {304, "Not Modified"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {500, "Internal Server Error"},
                 {502, "Bad Gateway"},
                 {503, "Service Unavailable"}};
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (known[i].status == status)
            return known[i].text;
    return "";
}

static bool has_file(const struct wire_leg *leg) {
    const struct deed_web *web = &leg->deed->web;
    return !leg->secret && web->response_bytes > 0 && web->status != 304 &&
           !slice_equal(web->method, SLICE("HEAD"));
}

static struct slice mime_of(const struct deed_web *web) {
    if (web->artefact.size)
        return SLICE("application/x-dosexec");
    for (size_t i = 0; i < web->content_type.size; i++)
        if (web->content_type.data[i] == ';')
            return slice_part(web->content_type, 0, i);
    return web->content_type.size ? web->content_type : SLICE("text/html");
}

static void put_request_line(struct zeek_row *row, const struct wire_leg *leg) {
    const struct deed_web *web = &leg->deed->web;
    char host[ADDRESS_TEXT_SIZE];
    size_t size = address_format(&leg->deed->to.address, host);
    struct slice name = web->host.size ? web->host : slice_of(host, size);
    struct buffer uri;
    buffer_init(&uri, TEXT_LOG_LINE_MAX);
    zeek_put(row, leg->secret ? SLICE("CONNECT") : web->method);
    if (leg->proxied && !leg->secret)
        buffer_append_text(&uri, "http://");
    if (leg->proxied)
        buffer_append_slice(&uri, name);
    if (leg->secret) {
        buffer_append_format(&uri, ":%u", leg->deed->to.port ? leg->deed->to.port : 443u);
    } else {
        buffer_append_slice(&uri, web->stem);
        buffer_append_text(&uri, web->query.size ? "?" : "");
        buffer_append_slice(&uri, web->query);
    }
    zeek_put(row, name);
    zeek_put(row, buffer_slice(&uri));
    buffer_done(&uri);
}

static void put_http(struct zeek_row *row, const struct wire_leg *leg, int64_t time_ns) {
    const struct deed_web *web = &leg->deed->web;
    unsigned status = leg->secret ? 200 : web->status;
    zeek_put_time(row, time_ns);
    zeek_put_identifier(row, 'C', leg->key);
    put_identity(row, leg);
    zeek_put_number(row, 1);
    put_request_line(row, leg);
    zeek_put(row, leg->secret ? SLICE("") : web->referrer);
    zeek_put_word(row, "1.1");
    zeek_put(row, web->agent);
    zeek_skip(row, 1);
    zeek_put_number(row, leg->secret ? 0 : web->request_bytes);
    zeek_put_number(row, leg->secret ? 0 : web->response_bytes);
    zeek_put_number(row, status);
    zeek_put_word(row, leg->secret ? "Connection established" : status_text(status));
    zeek_skip(row, 2);
    zeek_put_word(row, "(empty)");
    zeek_skip(row, 6);
    if (has_file(leg)) {
        zeek_put_identifier(row, 'F', leg->key + 1);
        zeek_put(row, web->artefact);
        zeek_put(row, mime_of(web));
    } else {
        zeek_skip(row, 3);
    }
}

static void put_ssl(struct zeek_row *row, const struct wire_leg *leg, int64_t time_ns) {
    const struct deed *deed = leg->deed;
    struct slice name = deed->kind == DEED_FLOW          ? deed->flow.name
                        : deed->kind == DEED_WEB_REQUEST ? deed->web.host
                                                         : SLICE("");
    bool new_version = deed->to.host == DEED_NO_HOST;
    zeek_put_time(row, time_ns);
    zeek_put_identifier(row, 'C', leg->key);
    put_identity(row, leg);
    zeek_put_word(row, new_version ? "TLSv13" : "TLSv12");
    zeek_put_word(row,
                  new_version ? "TLS_AES_256_GCM_SHA384" : "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    zeek_put_word(row, new_version ? "x25519" : "secp384r1");
    zeek_put(row, name);
    zeek_put_truth(row, false);
    zeek_skip(row, 2);
    zeek_put_truth(row, true);
    zeek_put_word(row, new_version ? "CsiI" : "CsxknGIi");
    if (new_version) {
        zeek_skip(row, 3);
        return;
    }
    struct buffer print; // of the server's certificate
    struct deed_content certificate;
    char server[ADDRESS_TEXT_SIZE];
    buffer_init(&print, 2 * DEED_DIGEST_SIZE);
    content_make(slice_of(server, address_format(&leg->to, server)), &certificate);
    content_append_sha256(&print, &certificate);
    zeek_put(row, buffer_slice(&print));
    buffer_done(&print);
    zeek_put_word(row, "(empty)");
    zeek_put_word(row, name.size ? "T" : "");
}

static void put_digests(struct zeek_row *row, const struct deed_web *web) {
    static void (*const appends[])(struct buffer *, const struct deed_content *) = {
        content_append_md5, content_append_sha1, content_append_sha256};
    struct deed_content made;
    struct buffer text;
    buffer_init(&text, TEXT_LOG_LINE_MAX);
    buffer_append_slice(&text, web->stem);
    buffer_append_format(&text, " %llu", (unsigned long long)web->response_bytes);
    content_make(buffer_slice(&text), &made);
    for (size_t i = 0; i < ARRAY_SIZE(appends); i++) {
        buffer_reset(&text);
        appends[i](&text, web->content ? web->content : &made);
        zeek_put(row, buffer_slice(&text));
    }
    buffer_done(&text);
}

static void put_files(struct zeek_row *row, const struct wire_leg *leg, int64_t time_ns) {
    const struct deed_web *web = &leg->deed->web;
    zeek_put_time(row, time_ns);
    zeek_put_identifier(row, 'F', leg->key + 1);
    zeek_put_identifier(row, 'C', leg->key);
    put_identity(row, leg);
    zeek_put_word(row, "HTTP");
    zeek_put_number(row, 0);
    zeek_put_word(row, "MD5,SHA1,SHA256");
    zeek_put(row, mime_of(web));
    zeek_put(row, web->artefact);
    zeek_put_interval(row, web->taken_ms * 900ll);
    zeek_put_truth(row, is_inside(&leg->from));
    zeek_put_truth(row, false);
    zeek_put_number(row, web->response_bytes);
    zeek_put_number(row, web->response_bytes);
    zeek_put_number(row, 0);
    zeek_put_number(row, 0);
    zeek_put_truth(row, false);
    zeek_skip(row, 1);
    put_digests(row, web);
    zeek_skip(row, 3);
}

typedef void put_function(struct zeek_row *row, const struct wire_leg *leg, int64_t time_ns);
static put_function *const puts_of[STREAMS] = {put_conn, put_dns, put_http, put_ssl, put_files};

static bool shows(enum stream stream, const struct wire_leg *leg) {
    const struct deed *deed = leg->deed;
    bool web = deed->kind == DEED_WEB_REQUEST;
    switch (stream) {
    case DNS:
        return deed->kind == DEED_NAME_QUERY;
    case HTTP:
        return web && (!leg->secret || leg->proxied);
    case SSL:
        return leg->secret && !leg->refused;
    case FILES:
        return web && has_file(leg);
    default:
        return true;
    }
}

// Deeds are told to the millisecond, a sensor sees microseconds.
static int64_t seen_at(const struct wire_leg *leg, int64_t time_ns) {
    return time_ns % 1000000 ? time_ns
                             : time_ns + (int64_t)(leg->deed->serial * 7919 % 1000) * 1000;
}

static enum status zeek_write(struct log *base, const struct log_entry *entry,
                              struct problem *problem) {
    struct zeek_log *log = (struct zeek_log *)base;
    struct wire_leg legs[WIRE_LEGS_MAX];
    struct zeek_row row;
    size_t count = wire_legs(base->site->organisation, entry->deed, legs);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count * STREAMS && status == STATUS_OK; i++) {
        const struct wire_leg *leg = &legs[i / STREAMS];
        enum stream stream = (enum stream)(i % STREAMS);
        if (!shows(stream, leg))
            continue;
        status = begin_row(log, stream, &row, entry, problem);
        if (status != STATUS_OK)
            return status;
        puts_of[stream](&row, leg, seen_at(leg, entry->time_ns));
        status = end_row(log, stream, &row, entry, problem);
    }
    return status;
}

static enum status zeek_close(struct log *base, struct problem *problem) {
    struct zeek_log *log = (struct zeek_log *)base;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < STREAMS; i++) {
        enum status done = end_file(log, (enum stream)i, status == STATUS_OK ? problem : NULL);
        status = status == STATUS_OK ? done : status;
        done = text_log_done(&log->texts[i], status == STATUS_OK ? problem : NULL);
        status = status == STATUS_OK ? done : status;
    }
    memory_free(log);
    return status;
}

const struct log_writer log_writer_zeek = {
    .name = "zeek",
    .summary = "logs of the Zeek sensor: conn, dns, http, ssl, files (tabs or JSON)",
    .kinds = DEED_MASK(LEASE) | DEED_MASK(NAME_QUERY) | DEED_MASK(FLOW) | DEED_MASK(WEB_REQUEST) |
             DEED_MASK(MAIL) | DEED_MASK(MAILBOX_ACCESS) | DEED_MASK(LOGON) | DEED_MASK(SSH_LOGIN) |
             DEED_MASK(SHARE_ACCESS),
    .places = PLACE_WIRE,
    .roles = HOST_MASK(SENSOR),
    .open = zeek_open,
    .write = zeek_write,
    .close = zeek_close,
};
