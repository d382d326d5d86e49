// Access log of the document system's Tomcat
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/access_line.h"
#include "drill/document_system.h"
#include "drill/scenario.h"

#include <stdio.h>

// Source: Apache Tomcat 9, "Access Log Valve": patterns "common", "combined" and "combined %D",
// one file a day of the host's own zone.
enum {
    GBK_ODDS = 60 // one in so many ordinary pages is asked for a file with a Chinese name
};

struct log {
    const struct log_site *site;
    struct text_log text;
    struct dice dice;
    char home[DOCUMENT_HOME_SIZE];
};

// File names as a browser set to Chinese sends them: GBK, percent-encoded (contract, report,
// drawing, design, purchase list, minutes, project plan, balance sheet).
static const char *const gbk_names[] = {
    "fileName=%BA%CF%CD%AC.docx",
    "fileName=%B1%A8%B8%E6.doc",
    "fileName=%CD%BC%D6%BD.dwg",
    "fileName=%C9%E8%BC%C6%B7%BD%B0%B8.pptx",
    "fileName=%B2%C9%B9%BA%C7%E5%B5%A5.xlsx",
    "fileName=%BB%E1%D2%E9%BC%CD%D2%AA.docx",
    "fileName=%CF%EE%C4%BF%BC%C6%BB%AE.mpp",
    "fileName=%B2%C6%CE%F1%B1%A8%B1%ED.xls",
};

static enum status tomcat_open(const struct log_site *site, struct log **ret_log,
                               struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    log->site = site;
    log->dice = site->dice;
    text_log_init(&log->text, site);
    log->text.line_end = "\r\n";
    const struct scenario *scenario = site->organisation->scenario;
    const struct document_system *system =
        document_system_find(scenario ? scenario->document_system : NULL, site->organisation->seed);
    document_system_home(system, site->organisation->seed, log->home);
    *ret_log = log;
    return STATUS_OK;
}

// localhost_access_log.2026-03-02.txt
static enum status begin_day(struct log *log, int64_t time_ns, uint32_t day,
                             struct problem *problem) {
    struct buffer *line = &log->text.line;
    char path[160];
    text_append_date(line, time_ns, log->site->host->zone_seconds);
    snprintf(path, sizeof path, "C/%s/logs/localhost_access_log.%.10s.txt", log->home,
             (const char *)line->data);
    buffer_reset(line);
    return text_log_begin(&log->text, day, path, problem);
}

// Only what the deed leaves open: pages of normal life that were found.
static struct slice draw_parameter(struct log *log, const struct deed *deed) {
    bool plain = deed->step == DEED_NO_STEP && deed->web.status == 200 &&
                 slice_equal_string(deed->web.method, "GET") && deed->web.query.size == 0;
    if (!plain || !dice_one_in(&log->dice, GBK_ODDS))
        return (struct slice){NULL, 0};
    return slice_of_string(gbk_names[dice_below(&log->dice, ARRAY_SIZE(gbk_names))]);
}

static enum status tomcat_write(struct log *log, const struct log_entry *entry,
                                struct problem *problem) {
    const struct host *host = log->site->host;
    uint8_t format = log->site->choices->tomcat_format;
    if (entry->deed->web.site != WEB_DOCUMENT)
        return STATUS_OK;
    uint32_t day = text_log_day(entry->time_ns, host->zone_seconds);
    enum status status = STATUS_OK;
    if (text_log_due(&log->text, day))
        status = begin_day(log, entry->time_ns, day, problem);
    if (status != STATUS_OK)
        return status;
    struct access_style style = {.combined = format > 0,
                                 .taken = format == 2,
                                 .blank_when_empty = true,
                                 .parameter = draw_parameter(log, entry->deed)};
    access_line_append(&log->text.line, entry, host, &style);
    return text_log_put(&log->text, &entry->mark, problem);
}

static enum status tomcat_clear(struct log *log, const struct log_entry *entry,
                                struct problem *problem) {
    return entry->deed->clear.what & CLEAR_WEB ? text_log_clear(&log->text, problem) : STATUS_OK;
}

static enum status tomcat_close(struct log *log, struct problem *problem) {
    enum status status = text_log_done(&log->text, problem);
    memory_free(log);
    return status;
}

const struct log_writer log_writer_tomcat = {
    .name = "tomcat",
    .summary = "Tomcat access logs of the document system: common, combined, or with %D",
    .kinds = DEED_MASK(WEB_REQUEST),
    .places = PLACE_TO,
    .roles = HOST_MASK(DOCUMENT),
    .open = tomcat_open,
    .write = tomcat_write,
    .clear = tomcat_clear,
    .close = tomcat_close,
};
