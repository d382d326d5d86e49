// Text logs: files by the day, lines, citations
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_TEXT_LOG_H
#define DRILL_TEXT_LOG_H

#include "base/buffer.h"
#include "drill/log_writer.h"

#include <stdio.h>

enum {
    TEXT_LOG_LINE_MAX = 1 << 16,
    TEXT_LOG_PATH_MAX = 512
};

// One row of files of which one is open: u_ex260302.log, u_ex260303.log, ... A writer composes
// a line in `line` (without its end) and calls text_log_put; everything else is done here.
// Memory: one line and a 64 KiB stream.
struct text_log {
    const struct log_site *site;
    struct buffer line;
    const char *line_end; // "\n" (default) or "\r\n"
    FILE *stream;
    const char *path; // where the open file is
    uint32_t file;    // EVIDENCE_NO_FILE: none is open
    uint32_t part;    // what the open file is for: a day, or 0
    uint64_t lines, bytes;
};

void text_log_init(struct text_log *log, const struct log_site *site);

// Closes the open file; also after failure.
enum status text_log_done(struct text_log *log, struct problem *problem);

// True when the file for `part` is not open yet: then call text_log_begin and put the header.
static inline bool text_log_due(const struct text_log *log, uint32_t part) {
    return log->file == EVIDENCE_NO_FILE || log->part != part;
}

// Closes what is open and creates this file; `path` is below the site's directory.
enum status text_log_begin(struct text_log *log, uint32_t part, const char *path,
                           struct problem *problem);

// Writes log->line and empties it. `mark` is the entry's, NULL for headers and the like.
// STATUS_LIMIT when the line grew past TEXT_LOG_LINE_MAX.
enum status text_log_put(struct text_log *log, const struct evidence_mark *mark,
                         struct problem *problem);

// Empties the open file and withdraws its citations; the header has to be put again.
enum status text_log_clear(struct text_log *log, struct problem *problem);

// Days since 1970 of a time at this distance from UTC: the usual `part`.
uint32_t text_log_day(int64_t time_ns, int32_t zone_seconds);

// Pieces of lines. Times are of `time_ns` moved by `zone_seconds`.
void text_append_date(struct buffer *line, int64_t time_ns, int32_t zone_seconds); // 2026-03-02
void text_append_day(struct buffer *line, int64_t time_ns, int32_t zone_seconds);  // 20260302
void text_append_clock(struct buffer *line, int64_t time_ns, int32_t zone_seconds,
                       unsigned digits); // 08:15:30 and .123 with 3 digits
void text_append_two(struct buffer *line, int number);
void text_append_address(struct buffer *line, const struct address *address);

// Empty as "-"; blanks as '+' (IIS) where `plus`.
void text_append_word(struct buffer *line, struct slice text, bool plus);

// CSV as Exchange writes it: quoted only where a comma, quote or line end asks for it.
void text_append_cell(struct buffer *line, struct slice text);

#endif
