// What logs of one row of files share
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_LOG_SINGLE_H
#define DRILL_LOG_SINGLE_H

#include "drill/text_log.h"

// The log of writers that keep one row of files and nothing beyond it.
struct log {
    const struct log_site *site;
    struct text_log text;
};

enum status log_single_open(const struct log_site *site, struct log **ret_log,
                            struct problem *problem);
enum status log_single_close(struct log *log, struct problem *problem);

// Opens the file of the day where it is due: `stem`, the date as 20260302, `end`. `header` may
// be NULL.
struct log_day {
    const char *stem, *end, *header;
    int32_t zone_seconds;
};
enum status log_single_day(struct log *log, const struct log_day *day, int64_t time_ns,
                           struct problem *problem);

// One file for the whole play.
enum status log_single_whole(struct log *log, const char *path, struct problem *problem);

// Empties the open file and puts its header again.
enum status log_single_clear(struct log *log, const char *header, struct problem *problem);

// "Mar  2 08:15:30 host " (RFC 3164, section 4.1.2).
void text_append_syslog(struct buffer *line, const struct log_site *site, int64_t time_ns);

// Comma separated cells.
void text_append_cells(struct buffer *line, const struct slice *cells, size_t count);

#endif
