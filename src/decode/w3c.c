// W3C extended logs: IIS and its relatives
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "decode/columns.h"
#include "decode/decode.h"

#include <string.h>

// Source: "Extended Log File Format" (W3C WD-logfile-960323), as IIS, its FTP and SMTP services,
// Forefront TMG and Blue Coat write it.
//
//     #Software: Microsoft Internet Information Services 10.0
//     #Date: 2026-03-02 00:00:00            the day of lines without a date
//     #Fields: date time s-ip cs-method ... names of the values, until the next such line
//     2026-03-02 00:00:01 10.0.0.5 GET ...  UTC
//
// A line that has another number of values than names is an event all the same when its time can
// be read (clients put into logs what they like, and nothing of theirs may hide a line), and
// a gap of no bytes says so.
enum {
    FIRST_LINES_MAX = 64, // looked at for #Fields to recognise a source
    DAY_SIZE = 10,        // YYYY-MM-DD
};

struct w3c_state {
    struct unit_lines lines;
    struct row row;
    struct column_book *book;
    struct column *columns;
    uint8_t day[DAY_SIZE]; // last seen, and its midnight
    int64_t day_ns;
    // The header in force
    bool is_iis;
    bool is_proxy;
    bool has_header;
    int64_t date_ns; // of #Date
    const struct shape *shape;
    struct row_form form;
    int32_t date_column, time_column;
};

static void *w3c_new_state(const struct decode_options *options) {
    (void)options;
    struct w3c_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    row_init(&state->row);
    state->book = column_book_new();
    state->columns = memory_new(SHAPE_FIELDS_MAX, sizeof *state->columns);
    state->day_ns = CLOCK_NONE;
    return state;
}

static void w3c_free_state(void *context) {
    struct w3c_state *state = context;
    unit_lines_done(&state->lines);
    row_done(&state->row);
    column_book_free(state->book);
    memory_free(state->columns);
    memory_free(state);
}

// The text behind "#Name:", without blanks before it; false when the line is another directive.
static bool directive(struct slice line, const char *name, struct slice *ret_text) {
    struct slice wanted = slice_of_string(name);
    if (!text_equal_fold_ascii(slice_part(line, 0, wanted.size), wanted))
        return false;
    line = slice_part(line, wanted.size, line.size);
    while (line.size && (*line.data == ' ' || *line.data == '\t'))
        line = slice_part(line, 1, line.size);
    *ret_text = line;
    return true;
}

// The next word of *rest; words are kept apart by blanks and tabs.
static bool next_word(struct slice *rest, struct slice *ret_word) {
    size_t from = 0;
    while (from < rest->size && (rest->data[from] == ' ' || rest->data[from] == '\t'))
        from++;
    size_t to = from;
    while (to < rest->size && rest->data[to] != ' ' && rest->data[to] != '\t')
        to++;
    *ret_word = slice_part(*rest, from, to - from);
    *rest = slice_part(*rest, to, rest->size);
    return ret_word->size > 0;
}

// Any of these makes it the log of a web server or proxy.
static bool is_web_name(struct slice name) {
    return slice_starts(name, SLICE("cs-")) || slice_starts(name, SLICE("cs(")) ||
           slice_starts(name, SLICE("sc-"));
}

// And these that of a proxy: what it did, where it went, what it thinks of the place.
static bool is_proxy_name(struct slice name) {
    static const char *const NAMES[] = {"s-action",        "s-hierarchy", "s-supplier-name",
                                        "cs-categories",   "r-host",      "r-ip",
                                        "sc-filter-result"};
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        if (text_equal_fold_ascii(name, slice_of_string(NAMES[i])))
            return true;
    return false;
}

static bool slice_names(struct slice text, const char *name) {
    return text.data && memmem(text.data, text.size, name, strlen(name));
}

static void fields_take(struct w3c_state *state, struct slice names) {
    uint32_t count = 0;
    bool is_web = false, is_proxy = state->is_proxy;
    bool tabs = names.size && memchr(names.data, '\t', names.size);
    struct slice name;
    state->date_column = state->time_column = -1;
    while (count < SHAPE_FIELDS_MAX && next_word(&names, &name)) {
        enum field_role role = FIELD_ROLE_NONE;
        if (text_equal_fold_ascii(name, SLICE("s-computername")))
            role = FIELD_ROLE_COMPUTER;
        else if (text_equal_fold_ascii(name, SLICE("date")))
            state->date_column = (int32_t)count;
        else if (text_equal_fold_ascii(name, SLICE("time")))
            state->time_column = (int32_t)count;
        is_web = is_web || is_web_name(name);
        is_proxy = is_proxy || is_proxy_name(name);
        state->columns[count++] = (struct column){.name = name, .role = role};
    }
    const char *format = !is_web         ? "w3c_other"
                         : state->is_iis ? "iis"
                         : is_proxy      ? "w3c_proxy"
                                         : "w3c";
    state->shape = column_book_shape(state->book, format, state->columns, count);
    // IIS quotes nothing: a quote there is what a client sent.
    state->form = (struct row_form){
        .separator = tabs ? '\t' : ' ', .quoted = !state->is_iis, .null_text = SLICE("-")};
    state->has_header = count > 0;
}

static void comment_read(struct w3c_state *state, struct slice line) {
    struct slice text;
    if (directive(line, "#Software:", &text)) {
        state->is_iis = slice_names(text, "Internet Information");
        state->is_proxy = slice_names(text, "SGOS") || slice_names(text, "Forefront") ||
                          slice_names(text, "ISA Server") || slice_names(text, "Proxy");
        state->date_ns = CLOCK_NONE;
    } else if (directive(line, "#Date:", &text)) {
        if (!clock_parse(slice_part(text, 0, DAY_SIZE), &state->date_ns))
            state->date_ns = CLOCK_NONE;
    } else if (directive(line, "#Fields:", &text)) {
        fields_take(state, text);
    }
}

static int64_t day_read(struct w3c_state *state, const struct value *value) {
    if (value->size != DAY_SIZE || value->kind != VALUE_UTF8)
        return CLOCK_NONE;
    if (state->day_ns == CLOCK_NONE || memcmp(value->data, state->day, DAY_SIZE) != 0) {
        if (!clock_parse(slice_of(value->data, DAY_SIZE), &state->day_ns))
            state->day_ns = CLOCK_NONE;
        memcpy(state->day, value->data, DAY_SIZE);
    }
    return state->day_ns;
}

static bool two_digits(const uint8_t *text, unsigned ceiling, int64_t *ret_number) {
    unsigned high = text[0] - (unsigned)'0', low = text[1] - (unsigned)'0';
    *ret_number = high * 10 + low;
    return high < 10 && low < 10 && *ret_number < ceiling;
}

// HH:MM:SS, or with a fraction.
static int64_t clock_read(const struct value *value) {
    int64_t hour, minute, second, fraction = 0, unit = 1000000000;
    const uint8_t *text = value->data;
    if (value->kind != VALUE_UTF8 || value->size < 8 || text[2] != ':' || text[5] != ':' ||
        !two_digits(text, 24, &hour) || !two_digits(text + 3, 60, &minute) ||
        !two_digits(text + 6, 61, &second))
        return CLOCK_NONE;
    for (uint32_t i = 9; i < value->size; i++) {
        if (text[8] != '.' || text[i] < '0' || text[i] > '9')
            return CLOCK_NONE;
        unit /= 10;
        fraction += (text[i] - '0') * unit;
    }
    return ((hour * 60 + minute) * 60 + second) * 1000000000 + fraction;
}

static int64_t row_time(struct w3c_state *state) {
    const struct row *row = &state->row;
    int64_t day_ns = state->date_ns;
    if (state->date_column >= 0 && (uint32_t)state->date_column < row->count)
        day_ns = day_read(state, &row->values[state->date_column]);
    if (state->time_column < 0 || (uint32_t)state->time_column >= row->count ||
        day_ns == CLOCK_NONE)
        return CLOCK_NONE;
    int64_t clock_ns = clock_read(&row->values[state->time_column]), time_ns;
    if (clock_ns == CLOCK_NONE || __builtin_add_overflow(day_ns, clock_ns, &time_ns))
        return CLOCK_NONE;
    return time_ns;
}

// Power loss leaves zeroes where lines were to be.
static bool is_zeroes(struct slice text) {
    return text.size && text.data[0] == 0 && memcmp(text.data, text.data + 1, text.size - 1) == 0;
}

static void odd_tell(const struct event_sink *sink, const struct unit *unit,
                     const struct text_line *line, const char *reason) {
    struct gap gap = {.source = unit->source, .offset = line->offset, .reason = reason};
    sink->gap(sink->context, &gap);
}

static void line_read(struct w3c_state *state, const struct unit *unit, struct text_line *line,
                      const struct event_sink *sink) {
    if (!state->has_header) {
        line_gap_tell(sink, unit, line, "W3C: no #Fields above the line");
        return;
    }
    enum row_fault fault = row_split(&state->row, line->text, &state->form);
    if (fault == ROW_OPEN) {
        struct row_form plain = state->form;
        plain.quoted = false;
        fault = row_split(&state->row, line->text, &plain);
    }
    int64_t time_ns = fault == ROW_FINE ? row_time(state) : CLOCK_NONE;
    if (time_ns == CLOCK_NONE) {
        line_gap_tell(sink, unit, line,
                      is_zeroes(line->text) ? "W3C: zeroes in place of lines"
                                            : "W3C: a line without a time");
        return;
    }
    if (state->row.count != state->shape->field_count)
        odd_tell(sink, unit, line,
                 state->row.count > state->shape->field_count
                     ? "W3C: a line with more values than #Fields names"
                 : unit_lines_at_cut(&state->lines)
                     ? "W3C: the file ends in the middle of a line"
                     : "W3C: a line with fewer values than #Fields names");
    struct event *event = row_event(&state->row, state->shape, unit, line, time_ns);
    event->is_verbatim = state->row.scratch.size == 0;
    sink->event(sink->context, event);
}

static enum status w3c_decode(void *context, const struct unit *unit, const struct event_sink *sink,
                              struct problem *problem) {
    struct w3c_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    state->has_header = state->is_iis = state->is_proxy = false;
    state->date_ns = CLOCK_NONE;
    struct slice header = unit->header, text;
    while (text_next_line(&header, &text))
        if (text.size && *text.data == '#')
            comment_read(state, text);
    struct text_line line;
    while (unit_lines_next(&state->lines, &line)) {
        if (line.text.size == 0)
            continue;
        if (*line.text.data == '#')
            comment_read(state, line.text);
        else
            line_read(state, unit, &line, sink);
    }
    return STATUS_OK;
}

// Exchange's logs have #Fields, too, but with commas between the names.
static int w3c_recognise(struct slice first, struct slice path) {
    (void)path;
    if (slice_starts(first, SLICE("\xEF\xBB\xBF")))
        first = slice_part(first, 3, first.size);
    struct slice line, names, name;
    for (unsigned i = 0; i < FIRST_LINES_MAX && text_next_line(&first, &line); i++) {
        if (!directive(line, "#Fields:", &names))
            continue;
        bool is_timed = false, is_web = false;
        unsigned count = 0;
        while (next_word(&names, &name)) {
            is_timed = is_timed || text_equal_fold_ascii(name, SLICE("time"));
            is_web = is_web || is_web_name(name) || slice_starts(name, SLICE("c-"));
            count++;
        }
        return !is_timed || count < 2 ? 0 : is_web ? 95 : 60;
    }
    return 0;
}

const struct decoder decoder_w3c = {
    .name = "w3c",
    .summary = "W3C extended logs: IIS web, FTP and SMTP sites, TMG, Blue Coat, Windows firewall",
    .division = DIVISION_LINES,
    .headed = true,
    .recognise = w3c_recognise,
    .new_state = w3c_new_state,
    .decode = w3c_decode,
    .free_state = w3c_free_state,
};
