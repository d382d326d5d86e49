// Access log of the upgrade server's nginx
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/access_line.h"

#include "base/clock.h"

#include <stdio.h>

// Source: nginx, ngx_http_log_module, format "combined". logrotate with "daily" and "dateext":
// at midnight of the host's zone the file gets the new day's date; the last one has none yet.
struct log {
    const struct log_site *site;
    struct text_log text;
    uint32_t last_day;
};

static enum status nginx_open(const struct log_site *site, struct log **ret_log,
                              struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    log->site = site;
    log->last_day = text_log_day(site->organisation->end_ns - 1, site->host->zone_seconds);
    text_log_init(&log->text, site);
    *ret_log = log;
    return STATUS_OK;
}

static enum status begin_day(struct log *log, uint32_t day, struct problem *problem) {
    struct clock_date date;
    char path[64] = "var/log/nginx/access.log";
    clock_to_date((day + 1) * 86400ll * 1000000000, &date);
    if (day < log->last_day)
        snprintf(path, sizeof path, "var/log/nginx/access.log-%04d%02d%02d", (int)date.year % 10000,
                 date.month, date.day);
    return text_log_begin(&log->text, day, path, problem);
}

static enum status nginx_write(struct log *log, const struct log_entry *entry,
                               struct problem *problem) {
    static const struct access_style style = {.combined = true, .hexadecimal = true};
    const struct host *host = log->site->host;
    if (entry->deed->web.site != WEB_UPGRADE)
        return STATUS_OK;
    uint32_t day = text_log_day(entry->time_ns, host->zone_seconds);
    day = day < log->last_day ? day : log->last_day;
    enum status status = STATUS_OK;
    if (text_log_due(&log->text, day))
        status = begin_day(log, day, problem);
    if (status != STATUS_OK)
        return status;
    access_line_append(&log->text.line, entry, host, &style);
    return text_log_put(&log->text, &entry->mark, problem);
}

static enum status nginx_clear(struct log *log, const struct log_entry *entry,
                               struct problem *problem) {
    return entry->deed->clear.what & CLEAR_WEB ? text_log_clear(&log->text, problem) : STATUS_OK;
}

static enum status nginx_close(struct log *log, struct problem *problem) {
    enum status status = text_log_done(&log->text, problem);
    memory_free(log);
    return status;
}

const struct log_writer log_writer_nginx = {
    .name = "nginx",
    .summary = "nginx access logs of the upgrade server",
    .kinds = DEED_MASK(WEB_REQUEST),
    .places = PLACE_TO,
    .roles = HOST_MASK(UPGRADE),
    .open = nginx_open,
    .write = nginx_write,
    .clear = nginx_clear,
    .close = nginx_close,
};
