// Text logs: files by the day, lines, citations
// SPDX-License-Identifier: Apache-2.0
#include "drill/text_log.h"

#include "base/clock.h"
#include "drill/record_names.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

void text_log_init(struct text_log *log, const struct log_site *site) {
    *log = (struct text_log){.site = site, .line_end = "\n", .file = EVIDENCE_NO_FILE};
    buffer_init(&log->line, TEXT_LOG_LINE_MAX);
}

static enum status close_file(struct text_log *log, struct problem *problem) {
    if (log->file == EVIDENCE_NO_FILE)
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (log->stream && fclose(log->stream) != 0)
        status = problem_set_errno(problem, "write %s", log->path);
    evidence_close_file(log->site->evidence, log->file, log->lines, log->bytes);
    log->stream = NULL;
    log->file = EVIDENCE_NO_FILE;
    log->lines = log->bytes = 0;
    return status;
}

enum status text_log_done(struct text_log *log, struct problem *problem) {
    enum status status = close_file(log, problem);
    buffer_done(&log->line);
    return status;
}

enum status text_log_begin(struct text_log *log, uint32_t part, const char *path,
                           struct problem *problem) {
    char whole[TEXT_LOG_PATH_MAX];
    uint32_t file;
    enum status status = close_file(log, problem);
    if (status != STATUS_OK)
        return status;
    int size = snprintf(whole, sizeof whole, "%s/%s", log->site->directory, path);
    if (size < 0 || (size_t)size >= sizeof whole)
        return problem_set(problem, STATUS_LIMIT, "path too long: %s", path);
    status = evidence_add_file(log->site->evidence, whole, &file, &log->path, problem);
    if (status != STATUS_OK)
        return status;
    log->file = file;
    log->part = part;
    log->stream = fopen(log->path, "wbxe");
    if (!log->stream)
        return problem_set_errno(problem, "create %s", log->path);
    return STATUS_OK;
}

static void cite_line(struct text_log *log, const struct evidence_mark *mark) {
    struct evidence_mark shown = *mark;
    record_names(log->site->organisation, buffer_slice(&log->line), &shown);
    record_ties(log->site->evidence, &shown);
    evidence_cite(log->site->evidence, &shown, log->file, log->lines, log->bytes);
}

enum status text_log_put(struct text_log *log, const struct evidence_mark *mark,
                         struct problem *problem) {
    assert(log->file != EVIDENCE_NO_FILE && log->stream);
    buffer_append_text(&log->line, log->line_end);
    if (log->line.failed)
        return problem_set(problem, STATUS_LIMIT, "%s: a line is too long", log->path);
    if (fwrite(log->line.data, 1, log->line.size, log->stream) != log->line.size)
        return problem_set_errno(problem, "write %s", log->path);
    log->lines++;
    if (mark && record_is_asked(log->site->organisation, log->site->evidence, mark))
        cite_line(log, mark);
    log->bytes += log->line.size;
    buffer_reset(&log->line);
    return STATUS_OK;
}

enum status text_log_clear(struct text_log *log, struct problem *problem) {
    if (log->file == EVIDENCE_NO_FILE)
        return STATUS_OK;
    if (fflush(log->stream) != 0 || ftruncate(fileno(log->stream), 0) != 0 ||
        fseek(log->stream, 0, SEEK_SET) != 0)
        return problem_set_errno(problem, "empty %s", log->path);
    evidence_withdraw(log->site->evidence, log->file, 0, UINT64_MAX, 1);
    log->lines = log->bytes = 0;
    return STATUS_OK;
}

static int64_t local_second(int64_t time_ns, int32_t zone_seconds) {
    int64_t second = time_ns / 1000000000 + zone_seconds;
    return second - (time_ns % 1000000000 < 0);
}

uint32_t text_log_day(int64_t time_ns, int32_t zone_seconds) {
    int64_t second = local_second(time_ns, zone_seconds);
    assert(second >= 0);
    return (uint32_t)(second / 86400);
}

void text_append_two(struct buffer *line, int number) {
    uint8_t digits[2] = {(uint8_t)('0' + number / 10 % 10), (uint8_t)('0' + number % 10)};
    buffer_append(line, digits, sizeof digits);
}

void text_append_date(struct buffer *line, int64_t time_ns, int32_t zone_seconds) {
    struct clock_date date;
    clock_to_date(local_second(time_ns, zone_seconds) * 1000000000, &date);
    text_append_two(line, (int)(date.year / 100));
    text_append_two(line, (int)(date.year % 100));
    buffer_append_byte(line, '-');
    text_append_two(line, date.month);
    buffer_append_byte(line, '-');
    text_append_two(line, date.day);
}

void text_append_day(struct buffer *line, int64_t time_ns, int32_t zone_seconds) {
    struct clock_date date;
    clock_to_date(time_ns + zone_seconds * 1000000000ll, &date);
    text_append_two(line, (int)(date.year / 100));
    text_append_two(line, (int)(date.year % 100));
    text_append_two(line, date.month);
    text_append_two(line, date.day);
}

void text_append_clock(struct buffer *line, int64_t time_ns, int32_t zone_seconds,
                       unsigned digits) {
    int64_t second = local_second(time_ns, zone_seconds) % 86400;
    text_append_two(line, (int)(second / 3600));
    buffer_append_byte(line, ':');
    text_append_two(line, (int)(second / 60 % 60));
    buffer_append_byte(line, ':');
    text_append_two(line, (int)(second % 60));
    int64_t fraction = time_ns % 1000000000, unit = 100000000;
    if (digits > 0)
        buffer_append_byte(line, '.');
    for (; digits > 0 && unit > 0; digits--, unit /= 10)
        buffer_append_byte(line, (uint8_t)('0' + fraction / unit % 10));
}

void text_append_address(struct buffer *line, const struct address *address) {
    char text[ADDRESS_TEXT_SIZE];
    size_t size = address_format(address, text);
    buffer_append(line, text, size);
}

void text_append_word(struct buffer *line, struct slice text, bool plus) {
    if (text.size == 0)
        buffer_append_byte(line, '-');
    for (size_t i = 0; i < text.size; i++)
        buffer_append_byte(line, plus && text.data[i] == ' ' ? '+' : text.data[i]);
}

void text_append_cell(struct buffer *line, struct slice text) {
    bool quoted = false;
    for (size_t i = 0; i < text.size; i++)
        quoted = quoted || (text.data[i] && strchr(",\"\r\n", text.data[i]));
    if (quoted)
        buffer_append_byte(line, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buffer_append_byte(line, '"');
        buffer_append_byte(line, text.data[i]);
    }
    if (quoted)
        buffer_append_byte(line, '"');
}
