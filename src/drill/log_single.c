// What logs of one row of files share
// SPDX-License-Identifier: Apache-2.0
#include "drill/log_single.h"

#include "base/clock.h"
#include "base/memory.h"

enum status log_single_open(const struct log_site *site, struct log **ret_log,
                            struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    log->site = site;
    text_log_init(&log->text, site);
    *ret_log = log;
    return STATUS_OK;
}

enum status log_single_close(struct log *log, struct problem *problem) {
    enum status status = text_log_done(&log->text, problem);
    memory_free(log);
    return status;
}

static enum status put_header(struct log *log, const char *header, struct problem *problem) {
    if (!header)
        return STATUS_OK;
    buffer_append_text(&log->text.line, header);
    return text_log_put(&log->text, NULL, problem);
}

enum status log_single_day(struct log *log, const struct log_day *day, int64_t time_ns,
                           struct problem *problem) {
    struct text_log *text = &log->text;
    uint32_t part = text_log_day(time_ns, day->zone_seconds);
    char path[TEXT_LOG_PATH_MAX];
    if (!text_log_due(text, part))
        return STATUS_OK;
    // A clock that was behind must not open a day twice.
    if (text->file != EVIDENCE_NO_FILE && part < text->part)
        return STATUS_OK;
    text_append_day(&text->line, time_ns, day->zone_seconds);
    snprintf(path, sizeof path, "%s%.8s%s", day->stem, (const char *)text->line.data, day->end);
    buffer_reset(&text->line);
    enum status status = text_log_begin(text, part, path, problem);
    return status == STATUS_OK ? put_header(log, day->header, problem) : status;
}

enum status log_single_whole(struct log *log, const char *path, struct problem *problem) {
    return text_log_due(&log->text, 0) ? text_log_begin(&log->text, 0, path, problem) : STATUS_OK;
}

enum status log_single_clear(struct log *log, const char *header, struct problem *problem) {
    if (log->text.file == EVIDENCE_NO_FILE)
        return STATUS_OK;
    enum status status = text_log_clear(&log->text, problem);
    return status == STATUS_OK ? put_header(log, header, problem) : status;
}

void text_append_syslog(struct buffer *line, const struct log_site *site, int64_t time_ns) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct clock_date date;
    int32_t zone = site->host->zone_seconds;
    clock_to_date(time_ns + zone * 1000000000ll, &date);
    buffer_append_format(line, "%s %2d ", months[date.month - 1], date.day);
    text_append_clock(line, time_ns, zone, 0);
    buffer_append_format(line, " %s ", site->host->name);
}

void text_append_cells(struct buffer *line, const struct slice *cells, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_byte(line, ',');
        text_append_cell(line, cells[i]);
    }
}
