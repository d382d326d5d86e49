// Web server log of IIS (W3C)
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/organisation.h"
#include "drill/text_log.h"

#include <stdio.h>

// Format: "W3C Extended Log File Format" (WD-logfile-960323), fields as IIS 10 has them switched
// on by default. Times are UTC, a file a UTC day; headers come again after a restart.
//
// Two sites: 1 is the front end (443), 2 the back end (444), which the front end itself asks.
#define FIELDS                                                                                     \
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "    \
    "cs(Referer) sc-status sc-substatus sc-win32-status time-taken"

enum {
    SITES = 2
};

struct log {
    const struct log_site *site;
    struct text_log sites[SITES];
};

static enum status iis_open(const struct log_site *site, struct log **ret_log,
                            struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    log->site = site;
    for (size_t i = 0; i < SITES; i++) {
        text_log_init(&log->sites[i], site);
        log->sites[i].line_end = "\r\n";
    }
    *ret_log = log;
    return STATUS_OK;
}

static enum status put_header(struct text_log *text, int64_t time_ns, struct problem *problem) {
    const char *lines[] = {"#Software: Microsoft Internet Information Services 10.0",
                           "#Version: 1.0", "#Date: ", "#Fields: " FIELDS};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_SIZE(lines) && status == STATUS_OK; i++) {
        buffer_append_text(&text->line, lines[i]);
        if (i == 2) {
            text_append_date(&text->line, time_ns, 0);
            buffer_append_byte(&text->line, ' ');
            text_append_clock(&text->line, time_ns, 0, 0);
        }
        status = text_log_put(text, NULL, problem);
    }
    return status;
}

// C/inetpub/logs/LogFiles/W3SVC1/u_ex260302.log
static enum status begin_day(struct text_log *text, unsigned number, int64_t time_ns,
                             struct problem *problem) {
    struct buffer *line = &text->line;
    char path[80];
    text_append_date(line, time_ns, 0);
    const char *date = (const char *)line->data;
    snprintf(path, sizeof path, "C/inetpub/logs/LogFiles/W3SVC%u/u_ex%.2s%.2s%.2s.log", number,
             date + 2, date + 5, date + 8);
    buffer_reset(line);
    enum status status = text_log_begin(text, text_log_day(time_ns, 0), path, problem);
    return status == STATUS_OK ? put_header(text, time_ns, problem) : status;
}

static void compose(struct buffer *line, const struct deed *deed, int64_t time_ns, bool back) {
    text_append_date(line, time_ns, 0);
    buffer_append_byte(line, ' ');
    text_append_clock(line, time_ns, 0, 0);
    buffer_append_byte(line, ' ');
    text_append_address(line, &deed->to.address);
    buffer_append_byte(line, ' ');
    text_append_word(line, deed->web.method, true);
    buffer_append_byte(line, ' ');
    text_append_word(line, deed->web.stem, true);
    buffer_append_byte(line, ' ');
    text_append_word(line, deed->web.query, true);
    buffer_append_format(line, " %u ", deed->to.port ? deed->to.port : back ? 444u : 443u);
    text_append_word(line, deed->web.user, true);
    buffer_append_byte(line, ' ');
    text_append_address(line, &deed->from.address);
    buffer_append_byte(line, ' ');
    text_append_word(line, deed->web.agent, true);
    buffer_append_byte(line, ' ');
    text_append_word(line, deed->web.referrer, true);
    buffer_append_format(line, " %u %u %u %u", deed->web.status, deed->web.substatus,
                         deed->web.windows_status, deed->web.taken_ms);
}

static enum status put_line(struct log *log, const struct log_entry *entry, const struct deed *deed,
                            struct problem *problem) {
    bool back = deed->web.site == WEB_EXCHANGE_BACK;
    struct text_log *text = &log->sites[back];
    if (text_log_due(text, text_log_day(entry->time_ns, 0))) {
        enum status status = begin_day(text, back ? 2 : 1, entry->time_ns, problem);
        if (status != STATUS_OK)
            return status;
    }
    compose(&text->line, deed, entry->time_ns, back);
    return text_log_put(text, &entry->mark, problem);
}

// Web services and remote PowerShell are requests, too.
static void read_call(const struct deed *deed, struct deed_web *web) {
    bool mailbox = deed->kind == DEED_MAILBOX_ACCESS;
    *web =
        (struct deed_web){.site = WEB_EXCHANGE_FRONT,
                          .method = SLICE("POST"),
                          .stem = mailbox ? SLICE("/EWS/Exchange.asmx") : SLICE("/powershell"),
                          .query = mailbox ? SLICE("") : SLICE("serializationLevel=Full"),
                          .agent = mailbox ? deed->mailbox.agent : SLICE("Microsoft WinRM Client"),
                          .status = mailbox ? deed->mailbox.status : 200,
                          .taken_ms = mailbox ? deed->mailbox.taken_ms : deed->cmdlet.taken_ms};
}

// The front end's line, and the one of the back end that it asks under the caller's name.
static enum status put_call(struct log *log, const struct log_entry *entry,
                            struct problem *problem) {
    const struct organisation *organisation = log->site->organisation;
    struct deed call = *entry->deed;
    char user[2 * ACCOUNT_NAME_SIZE];
    read_call(entry->deed, &call.web);
    if (call.account != DEED_NO_ACCOUNT) {
        const struct account *account = &organisation->accounts[call.account];
        snprintf(user, sizeof user, "%s\\%s", organisation->companies[account->company].netbios,
                 account->name);
        call.web.user = slice_of_string(user);
    }
    call.to.port = 443;
    enum status status = put_line(log, entry, &call, problem);
    if (status != STATUS_OK || call.web.status == 401)
        return status;
    call.web.site = WEB_EXCHANGE_BACK;
    call.from = call.to;
    call.to.port = 444;
    return put_line(log, entry, &call, problem);
}

static enum status iis_write(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    const struct deed *deed = entry->deed;
    if (deed->kind == DEED_MAILBOX_ACCESS)
        return put_call(log, entry, problem);
    if (deed->kind == DEED_CMDLET)
        return deed->cmdlet.local || deed->from.host == deed->to.host
                   ? STATUS_OK
                   : put_call(log, entry, problem);
    if (deed->web.site != WEB_EXCHANGE_FRONT && deed->web.site != WEB_EXCHANGE_BACK)
        return STATUS_OK;
    return put_line(log, entry, deed, problem);
}

static enum status iis_clear(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    if (!(entry->deed->clear.what & CLEAR_WEB))
        return STATUS_OK;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < SITES && status == STATUS_OK; i++) {
        if (log->sites[i].file == EVIDENCE_NO_FILE)
            continue;
        status = text_log_clear(&log->sites[i], problem);
        if (status == STATUS_OK)
            status = put_header(&log->sites[i], entry->time_ns, problem);
    }
    return status;
}

static enum status iis_close(struct log *log, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < SITES; i++) {
        enum status done = text_log_done(&log->sites[i], status == STATUS_OK ? problem : NULL);
        status = status == STATUS_OK ? done : status;
    }
    memory_free(log);
    return status;
}

const struct log_writer log_writer_iis = {
    .name = "iis",
    .summary = "IIS access logs of the mail server, front and back end",
    .kinds = DEED_MASK(WEB_REQUEST) | DEED_MASK(MAILBOX_ACCESS) | DEED_MASK(CMDLET),
    .places = PLACE_TO,
    .roles = HOST_MASK(MAIL),
    .open = iis_open,
    .write = iis_write,
    .clear = iis_clear,
    .close = iis_close,
};
