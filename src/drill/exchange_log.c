// Logs of an Exchange server: CSV with a header
// SPDX-License-Identifier: Apache-2.0
#include "drill/exchange_log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HOUR_NS (3600ll * 1000000000)

// Exchange 2016 and 2019 before the security updates of March 2021.
static const struct exchange_build builds[] = {
    {15, 1, 2106, 2}, {15, 1, 2176, 2}, {15, 1, 2242, 4}, {15, 2, 792, 3}, {15, 2, 858, 5}};

void exchange_log_init(struct exchange_log *log, const struct exchange_format *format,
                       const struct log_site *site) {
    *log = (struct exchange_log){.format = format, .dice = site->dice};
    log->build = builds[site->host->seed % ARRAY_SIZE(builds)];
    text_log_init(&log->text, site);
    log->text.line_end = "\r\n";
}

enum status exchange_log_done(struct exchange_log *log, struct problem *problem) {
    return text_log_done(&log->text, problem);
}

enum status exchange_log_clear(struct exchange_log *log, const struct log_entry *entry,
                               struct problem *problem) {
    return entry->deed->clear.what & CLEAR_MAIL ? text_log_clear(&log->text, problem) : STATUS_OK;
}

void exchange_append_time(struct buffer *line, int64_t time_ns) {
    text_append_date(line, time_ns, 0);
    buffer_append_byte(line, 'T');
    text_append_clock(line, time_ns, 0, 3);
    buffer_append_byte(line, 'Z');
}

static void append_version(struct exchange_log *log) {
    const struct exchange_build *build = &log->build;
    if (log->format->version)
        buffer_append_text(&log->text.line, log->format->version);
    else
        buffer_append_format(&log->text.line, "%02u.%02u.%04u.%03u", build->major, build->minor,
                             build->build, build->revision);
}

static enum status put_header(struct exchange_log *log, int64_t time_ns, struct problem *problem) {
    const char *const lines[] = {"#Software: Microsoft Exchange Server",
                                 "#Version: ", "#Log-type: ", "#Date: ", "#Fields: "};
    struct buffer *line = &log->text.line;
    enum status status = STATUS_OK;
    if (log->text.bytes == 0)
        buffer_append_text(line, "\xEF\xBB\xBF");
    for (size_t i = 0; i < ARRAY_SIZE(lines) && status == STATUS_OK; i++) {
        buffer_append_text(line, lines[i]);
        if (i == 1)
            append_version(log);
        else if (i == 3)
            exchange_append_time(line, time_ns);
        else if (i > 0)
            buffer_append_text(line, i == 2 ? log->format->type : log->format->fields);
        status = text_log_put(&log->text, NULL, problem);
    }
    return status;
}

// .../HttpProxy/Ecp/HttpProxy_2026030208-1.LOG; times are UTC.
static enum status begin_file(struct exchange_log *log, int64_t time_ns, uint32_t part,
                              struct problem *problem) {
    struct buffer *line = &log->text.line;
    char path[256];
    text_append_date(line, time_ns, 0);
    text_append_clock(line, time_ns, 0, 0);
    const char *text = (const char *)line->data;
    snprintf(path, sizeof path, EXCHANGE_ROOT "%s%.4s%.2s%.2s%.*s-1.LOG", log->format->path, text,
             text + 5, text + 8, log->format->daily ? 0 : 2, text + 10);
    buffer_reset(line);
    return text_log_begin(&log->text, part, path, problem);
}

enum status exchange_begin(struct exchange_log *log, int64_t time_ns, struct problem *problem) {
    uint32_t part = (uint32_t)(time_ns / (log->format->daily ? 24 * HOUR_NS : HOUR_NS));
    enum status status = STATUS_OK;
    bool again = log->format->restart_odds && dice_one_in(&log->dice, log->format->restart_odds);
    if (text_log_due(&log->text, part))
        status = begin_file(log, time_ns, part, problem);
    if (status == STATUS_OK && (again || log->text.bytes == 0))
        status = put_header(log, time_ns, problem);
    log->at = log->format->fields;
    return status;
}

struct buffer *exchange_cell(struct exchange_log *log, const char *field) {
    size_t size = strlen(field);
    for (;;) {
        size_t length = strcspn(log->at, ",");
        if (length == size && memcmp(log->at, field, size) == 0)
            return &log->text.line;
        assert(log->at[length] == ','); // a field that there is not, or out of order
        log->at += length + 1;
        buffer_append_byte(&log->text.line, ',');
    }
}

enum status exchange_end(struct exchange_log *log, const struct evidence_mark *mark,
                         struct problem *problem) {
    for (; *log->at; log->at++)
        if (*log->at == ',')
            buffer_append_byte(&log->text.line, ',');
    return text_log_put(&log->text, mark, problem);
}

void exchange_put(struct exchange_log *log, const char *field, struct slice text) {
    text_append_cell(exchange_cell(log, field), text);
}

void exchange_put_number(struct exchange_log *log, const char *field, uint64_t number) {
    buffer_append_u64(exchange_cell(log, field), number);
}

void exchange_put_time(struct exchange_log *log, const char *field, int64_t time_ns) {
    exchange_append_time(exchange_cell(log, field), time_ns);
}

void exchange_put_agent(struct exchange_log *log, const char *field, struct slice agent) {
    struct buffer *line = exchange_cell(log, field);
    for (size_t i = 0; i < agent.size; i++) {
        uint8_t byte = agent.data[i];
        buffer_append_byte(line, byte == ',' || byte == '"' || byte < ' ' ? ' ' : byte);
    }
}

void exchange_put_build(struct exchange_log *log) {
    exchange_put_number(log, "MajorVersion", log->build.major);
    exchange_put_number(log, "MinorVersion", log->build.minor);
    exchange_put_number(log, "BuildVersion", log->build.build);
    exchange_put_number(log, "RevisionVersion", log->build.revision);
}

// Version 4 of RFC 9562.
void exchange_append_guid(struct buffer *line, uint64_t serial, uint64_t purpose) {
    struct dice dice;
    dice_init(&dice, serial, 0x45584348u ^ purpose);
    uint64_t halves[2] = {dice_roll(&dice), dice_roll(&dice)};
    char text[36];
    halves[0] = (halves[0] & ~0xF000ull) | 0x4000;
    halves[1] = (halves[1] & ~(3ull << 62)) | 1ull << 63;
    for (size_t i = 0, at = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            text[at++] = '-';
        text[at++] = "0123456789abcdef"[halves[i / 16] >> (60 - i % 16 * 4) & 15];
    }
    buffer_append(line, text, sizeof text);
}

void exchange_put_guid(struct exchange_log *log, const char *field, uint64_t serial,
                       uint64_t purpose) {
    exchange_append_guid(exchange_cell(log, field), serial, purpose);
}

bool exchange_has_user(const struct deed *deed) {
    bool web = deed->kind == DEED_WEB_REQUEST;
    return web ? deed->web.user.size > 0 : deed->account != DEED_NO_ACCOUNT || deed->user.size > 0;
}

void exchange_put_user(struct exchange_log *log, const char *field, const struct deed *deed,
                       bool mail) {
    const struct organisation *organisation = log->text.site->organisation;
    bool web = deed->kind == DEED_WEB_REQUEST;
    struct buffer *line = exchange_cell(log, field);
    if (web || deed->account == DEED_NO_ACCOUNT) {
        text_append_cell(line, web ? deed->web.user : deed->user);
        return;
    }
    const struct account *account = &organisation->accounts[deed->account];
    const struct company *company = &organisation->companies[account->company];
    if (mail)
        buffer_append_format(line, "%s@%s", account->name, company->domain);
    else
        buffer_append_format(line, "%s\\%s", company->netbios, account->name);
}

// Longer stems first.
static const struct {
    const char *stem, *protocol;
} protocols[] = {
    {"/owa/calendar", "OwaCalendar"},
    {"/owa", "Owa"},
    {"/ecp", "Ecp"},
    {"/ews", "Ews"},
    {"/microsoft-server-activesync", "Eas"},
    {"/mapi", "Mapi"},
    {"/oab", "Oab"},
    {"/autodiscover", "Autodiscover"},
    {"/powershell", "PowerShell"},
    {"/rpc", "RpcHttp"},
};

const char *exchange_protocol(const struct deed *deed) {
    struct slice stem = deed->web.stem;
    struct slice named =
        deed->web.exchange ? deed->web.exchange->protocol : (struct slice){NULL, 0};
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
        if (named.size && slice_equal_string(named, protocols[i].protocol))
            return protocols[i].protocol;
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        size_t size = strlen(protocols[i].stem);
        if (stem.size >= size && strncasecmp((const char *)stem.data, protocols[i].stem, size) == 0)
            return protocols[i].protocol;
    }
    return NULL;
}

enum status exchange_logs_clear(struct exchange_log *logs, size_t count,
                                const struct log_entry *entry, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = exchange_log_clear(&logs[i], entry, problem);
    return status;
}

enum status exchange_logs_done(struct exchange_log *logs, size_t count, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        enum status done = exchange_log_done(&logs[i], status == STATUS_OK ? problem : NULL);
        status = status == STATUS_OK ? done : status;
    }
    return status;
}
