// Syslog lines, and what sshd, sudo and others say in them
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "decode/columns.h"
#include "decode/decode.h"
#include "decode/syslog_message.h"
#include "decode/text_date.h"
#include "decode/text_part.h"

#include <string.h>

// A line begins with one of (an optional "<34>" before the second and third):
//
//     <34>1 2026-03-02T08:15:30.1Z host app 811 ID47 [data] message      RFC 5424
//     Mar  2 08:15:30 host sshd[811]: message                            RFC 3164
//     2026-03-02T08:15:30.123456+08:00 host sshd[811]: message           rsyslog, journalctl
//
// RFC 3164 has no zone: taken as UTC, the hosts' clocks are settled later. It has no year either:
// a line's year is the latest in which its day does not begin after the evidence was taken, or
// after the date in the file's name (auth.log-20260302), whichever is earlier; a day of grace for
// zones. So a log of more than a year, or one that lay about for a year before it was taken and
// has no date in its name, is told too late. It does not depend on the lines before it, so that
// pieces can be read apart.
enum {
    CLOCK_SIZE = 15,     // Mar  2 08:15:30
    PROGRAM_MAX = 64,    // a longer tag is part of the message
    LINES_LOOKED_AT = 16 // to recognise a source
};

#define DAY_NS (86400 * 1000000000ll)

enum line_field {
    LINE_TIME,
    LINE_HOST,
    LINE_PROGRAM,
    LINE_PID,
    LINE_PRIORITY,
    LINE_MESSAGE_ID,
    LINE_DATA,
    LINE_MESSAGE,
    LINE_FIELDS,
};

static const struct column LINE_COLUMNS[LINE_FIELDS] = {
    {SLICE("timestamp"), FIELD_ROLE_TIME},       {SLICE("host"), FIELD_ROLE_COMPUTER},
    {SLICE("program"), FIELD_ROLE_PROVIDER},     {SLICE("pid"), FIELD_ROLE_NONE},
    {SLICE("priority"), FIELD_ROLE_NONE},        {SLICE("msgid"), FIELD_ROLE_NONE},
    {SLICE("structured_data"), FIELD_ROLE_NONE}, {SLICE("message"), FIELD_ROLE_NONE},
};

struct syslog_state {
    struct unit_lines lines;
    struct column_book *book;
    const struct shape *shapes[SYSLOG_KINDS];
    struct row row;
    struct json_day day;
    int64_t latest_ns; // 0: not known
    int64_t bound_ns;  // of the unit; CLOCK_NONE: not known
    uint8_t date[6];   // "Mar  2", read last
    int64_t date_ns;
};

// What a line is made of.
struct syslog_line {
    struct slice parts[LINE_FIELDS]; // no data: absent
    int64_t time_ns;
    bool is_old; // RFC 3164
};

static const struct shape *shape_make(struct column_book *book, enum syslog_kind kind) {
    struct column columns[LINE_FIELDS + SYSLOG_MESSAGE_FIELDS];
    memcpy(columns, LINE_COLUMNS, sizeof LINE_COLUMNS);
    uint32_t count;
    const char *const *fields = syslog_message_fields(kind, &count);
    for (uint32_t i = 0; i < count; i++)
        columns[LINE_FIELDS + i] = (struct column){slice_of_string(fields[i]), FIELD_ROLE_NONE};
    return column_book_shape(book, "syslog", columns, LINE_FIELDS + count);
}

static void *syslog_new_state(const struct decode_options *options) {
    struct syslog_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    state->book = column_book_new();
    row_init(&state->row);
    state->latest_ns = options->latest_ns;
    for (int kind = 0; kind < SYSLOG_KINDS; kind++)
        state->shapes[kind] = shape_make(state->book, (enum syslog_kind)kind);
    return state;
}

static void syslog_free_state(void *context) {
    struct syslog_state *state = context;
    unit_lines_done(&state->lines);
    column_book_free(state->book);
    row_done(&state->row);
    memory_free(state);
}

// The last moment at which a day of the unit may begin.
static void state_begin(struct syslog_state *state, struct slice path) {
    int64_t named_ns = text_date_of_path(path);
    int64_t bound_ns = CLOCK_NONE;
    if (state->latest_ns != 0 && state->latest_ns < CLOCK_MAX - DAY_NS)
        bound_ns = state->latest_ns + DAY_NS;
    if (named_ns != CLOCK_NONE && named_ns < CLOCK_MAX - DAY_NS &&
        (bound_ns == CLOCK_NONE || named_ns + DAY_NS < bound_ns))
        bound_ns = named_ns + DAY_NS;
    state->bound_ns = bound_ns;
    state->date[0] = 0;
}

// "Mar  2 08:15:30[.123]" or "Mar  2 2026 08:15:30"; *rest is what is behind it.
static bool old_time(struct syslog_state *state, struct slice *rest, struct syslog_line *line) {
    const uint8_t *at = rest->data;
    if (rest->size < CLOCK_SIZE + 1 || at[3] != ' ' || at[6] != ' ')
        return false;
    int month = text_month(at);
    int day = (at[4] == ' ' ? 0 : at[4] - '0') * 10 + at[5] - '0';
    if (!month || day < 1 || day > 31)
        return false;
    size_t clock = 7;
    int64_t day_ns, time_ns;
    struct slice year = slice_part(*rest, 7, 4);
    if (text_is_digits(year) && rest->size > CLOCK_SIZE + 6 && at[11] == ' ') {
        struct clock_date date = {.month = month, .day = day};
        for (size_t i = 0; i < year.size; i++)
            date.year = date.year * 10 + year.data[i] - '0';
        day_ns = clock_from_date(&date);
        clock = 12;
    } else {
        if (memcmp(state->date, at, sizeof state->date) != 0) {
            state->date_ns = state->bound_ns == CLOCK_NONE
                                 ? CLOCK_NONE
                                 : text_latest_day(month, day, state->bound_ns);
            memcpy(state->date, at, sizeof state->date);
        }
        day_ns = state->date_ns;
    }
    if (!text_time_of_day(at + clock, &time_ns))
        return false;
    size_t end = clock + 8;
    if (end < rest->size && at[end] == '.')
        for (end++; end < rest->size && at[end] >= '0' && at[end] <= '9';)
            end++;
    if (end >= rest->size || (at[end] != ' ' && at[end] != ':'))
        return false;
    line->parts[LINE_TIME] = slice_part(*rest, 0, end);
    line->is_old = true;
    if (day_ns == CLOCK_NONE || __builtin_add_overflow(day_ns, time_ns, &line->time_ns))
        line->time_ns = CLOCK_NONE;
    *rest = slice_part(*rest, end + 1, rest->size);
    return true;
}

// "2026-03-02T08:15:30.123456+08:00 "
static bool new_time(struct syslog_state *state, struct slice *rest, struct syslog_line *line) {
    if (rest->size < 20 || rest->data[4] != '-' || rest->data[10] != 'T')
        return false;
    struct slice after = *rest;
    struct slice text = text_cut_at(&after, ' ');
    line->time_ns = text_time(&state->day, text);
    if (line->time_ns == CLOCK_NONE)
        return false;
    line->parts[LINE_TIME] = text;
    *rest = after;
    return true;
}

static void part_put(struct syslog_line *line, enum line_field field, struct slice text) {
    if (text.size && !slice_equal(text, SLICE("-")))
        line->parts[field] = text;
}

// "[id a="b"][...]"; quoted values may hold brackets.
static size_t data_size(struct slice text) {
    bool quoted = false;
    size_t at = 0;
    for (; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (quoted && byte == '\\')
            at++;
        else if (byte == '"')
            quoted = !quoted;
        else if (!quoted && byte == ']' && (at + 1 >= text.size || text.data[at + 1] != '['))
            return at + 1;
    }
    return 0;
}

// RFC 5424, from behind "<34>1 ".
static const char *read_new(struct syslog_state *state, struct slice rest,
                            struct syslog_line *line) {
    line->time_ns = CLOCK_NONE;
    if (!text_pass(&rest, SLICE("- ")) && !new_time(state, &rest, line))
        return "syslog: a line without a time";
    static const enum line_field WORDS[] = {LINE_HOST, LINE_PROGRAM, LINE_PID, LINE_MESSAGE_ID};
    for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++)
        part_put(line, WORDS[i], text_cut_at(&rest, ' '));
    if (!rest.size)
        return "syslog: a line that ends in its head";
    size_t size = 1;
    if (rest.data[0] == '[')
        size = data_size(rest);
    else if (rest.data[0] != '-')
        size = 0;
    if (size == 0)
        return "syslog: structured data without an end";
    part_put(line, LINE_DATA, slice_part(rest, 0, size));
    rest = slice_part(rest, size + 1, rest.size);
    text_pass(&rest, SLICE("\xEF\xBB\xBF"));
    line->parts[LINE_MESSAGE] = rest;
    return NULL;
}

// "sshd[811]: message"; without a tag all is message.
static void read_tag(struct slice rest, struct syslog_line *line) {
    size_t size = 0;
    while (size < rest.size && size < PROGRAM_MAX && rest.data[size] > ' ' &&
           rest.data[size] != ':' && rest.data[size] != '[')
        size++;
    struct slice after = slice_part(rest, size, rest.size);
    struct slice pid = {NULL, 0};
    if (text_pass(&after, SLICE("[")))
        pid = text_cut_at(&after, ']');
    if (size == 0 || !text_pass(&after, SLICE(":")) || (after.size && after.data[0] != ' ')) {
        line->parts[LINE_MESSAGE] = rest;
        return;
    }
    struct slice program = slice_part(rest, 0, size);
    for (size_t i = size; i > 0; i--)
        if (program.data[i - 1] == '/' && program.data[0] == '/') {
            program = slice_part(program, i, size - i);
            break;
        }
    line->parts[LINE_PROGRAM] = program;
    part_put(line, LINE_PID, pid);
    text_pass(&after, SLICE(" "));
    line->parts[LINE_MESSAGE] = after;
}

// "<34>": 0 to 191.
static void read_priority(struct slice *rest, struct syslog_line *line) {
    struct slice after = *rest;
    if (!text_pass(&after, SLICE("<")))
        return;
    struct slice number = text_cut_at(&after, '>');
    if (number.size > 3 || !text_is_digits(number))
        return;
    line->parts[LINE_PRIORITY] = number;
    *rest = after;
}

static const char *line_read(struct syslog_state *state, struct slice text,
                             struct syslog_line *line) {
    *line = (struct syslog_line){.time_ns = CLOCK_NONE};
    if (text_is_torn(text))
        return "syslog: a line with zero bytes in it";
    struct slice rest = text;
    read_priority(&rest, line);
    if (line->parts[LINE_PRIORITY].size && text_pass(&rest, SLICE("1 ")))
        return read_new(state, rest, line);
    if (!new_time(state, &rest, line) && !old_time(state, &rest, line))
        return text.data[0] == ' ' || text.data[0] == '\t'
                   ? "syslog: a line that goes on with another"
                   : "syslog: a line without a time";
    // rsyslogd: "last message repeated 3 times" has a host before it, and no tag.
    part_put(line, LINE_HOST, text_cut_at(&rest, ' '));
    read_tag(rest, line);
    return NULL;
}

static void line_event(struct syslog_state *state, const struct unit *unit,
                       const struct text_line *text, const struct syslog_line *line,
                       const struct event_sink *sink) {
    struct row *row = &state->row;
    for (size_t i = 0; i < LINE_FIELDS; i++)
        row->values[i] = line->parts[i].data ? text_value(line->parts[i]) : EVENT_VALUE_ABSENT;
    enum syslog_kind kind = syslog_message_read(
        line->parts[LINE_PROGRAM], line->parts[LINE_MESSAGE], row->values + LINE_FIELDS);
    row->count = state->shapes[kind]->field_count;
    struct event *event = row_event(row, state->shapes[kind], unit, text, line->time_ns);
    sink->event(sink->context, event);
}

static enum status syslog_decode(void *context, const struct unit *unit,
                                 const struct event_sink *sink, struct problem *problem) {
    struct syslog_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    state_begin(state, unit->path);
    struct text_line text;
    while (unit_lines_next(&state->lines, &text)) {
        // "-- Boot ... --" of journalctl
        if (text.text.size == 0 || slice_starts(text.text, SLICE("-- ")))
            continue;
        struct syslog_line line;
        const char *fault = line_read(state, text.text, &line);
        if (fault)
            line_gap_tell(sink, unit, &text, fault);
        else
            line_event(state, unit, &text, &line, sink);
    }
    return STATUS_OK;
}

// "2026-03-02T08:15:30Z INFO x: y" of any program looks alike: a line counts by its old time, by
// its priority, or by the pid of its tag.
static bool line_is_sure(const struct syslog_line *line) {
    return (line->is_old && line->parts[LINE_PROGRAM].size) || line->parts[LINE_PRIORITY].size ||
           text_is_digits(line->parts[LINE_PID]);
}

static int syslog_recognise(struct slice first, struct slice path) {
    (void)path;
    struct syslog_state state = {.bound_ns = CLOCK_NONE};
    struct slice rest = first, text;
    text_pass(&rest, SLICE("\xEF\xBB\xBF"));
    unsigned lines = 0, read = 0, sure = 0;
    while (lines < LINES_LOOKED_AT && text_next_line(&rest, &text)) {
        struct syslog_line line;
        bool cut = rest.size == 0 && first.data[first.size - 1] != '\n';
        if (text.size == 0 || slice_starts(text, SLICE("-- ")))
            continue;
        if (cut && lines) // a line that `first` cuts says nothing
            continue;
        lines++;
        if (line_read(&state, text, &line))
            continue;
        read++;
        sure += line_is_sure(&line);
    }
    if (read == 0 || read * 2 < lines) // torn lines, and messages of several lines
        return 0;
    return sure * 2 >= read ? 80 : sure ? 50 : 0;
}

const struct decoder decoder_syslog = {
    .name = "syslog",
    .summary = "syslog lines (RFC 3164, RFC 5424, journalctl), with logins, sudo, cron and DHCP",
    .division = DIVISION_LINES,
    .recognise = syslog_recognise,
    .new_state = syslog_new_state,
    .decode = syslog_decode,
    .free_state = syslog_free_state,
};
