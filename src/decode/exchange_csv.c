// Exchange Server's logs, by the names of their columns
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "decode/columns.h"
#include "decode/decode.h"
#include "decode/exchange_inner.h"
#include "decode/exchange_kind.h"
#include "decode/unit_lines.h"

#include <string.h>

// One file:
//
//     DateTime,RequestId,MajorVersion,...       some logs begin with a line of columns
//     #Software: Microsoft Exchange Server
//     #Version: 15.01.2375.007
//     #Log-type: HttpProxy Logs                 which log it is
//     #Date: 2026-03-02T08:00:00.130Z
//     #Fields: DateTime,RequestId,...           which column is which
//     2026-03-02T08:00:00.130Z,5e58f5e5-...     and again after each restart of a worker
//
// Invariants:
// 1. `columns` point into `names`, but for those of the fields inside a column, which are put
//    behind the first `column_count` for one record.
// 2. `kind` is NULL while no header was seen.
enum {
    HEADER_BYTES_MAX = 256 << 10, // of a line of columns
    TYPE_BYTES_MAX = 128,
    FIRST_LINES_MAX = 16, // looked at to recognise a source
    SURE = 95,            // Exchange says so itself
};

struct exchange_state {
    struct column_book *book;
    struct unit_lines lines;
    struct row row;
    struct inner_fields inner;
    struct buffer log_type;
    bool type_is_old;     // of the header before the one that is being read
    struct buffer header; // the line of columns in force
    struct buffer names;
    struct column *columns;
    uint32_t column_count;
    const struct exchange_kind *kind;
    const struct shape *shape; // of the first column_count columns; NULL: ask the book
    int32_t inner_column;      // -1: none
};

struct exchange_unit {
    struct exchange_state *state;
    const struct unit *unit;
    const struct event_sink *sink;
};

static const struct row_form FORM = {.separator = ',', .quoted = true};

static void *exchange_new_state(const struct decode_options *options) {
    (void)options;
    struct exchange_state *state = memory_new(1, sizeof *state);
    state->book = column_book_new();
    state->columns = memory_new(SHAPE_FIELDS_MAX, sizeof *state->columns);
    unit_lines_init(&state->lines);
    row_init(&state->row);
    inner_fields_init(&state->inner);
    buffer_init(&state->log_type, TYPE_BYTES_MAX);
    buffer_init(&state->header, HEADER_BYTES_MAX);
    buffer_init(&state->names, HEADER_BYTES_MAX);
    return state;
}

static void exchange_free_state(void *context) {
    struct exchange_state *state = context;
    column_book_free(state->book);
    unit_lines_done(&state->lines);
    row_done(&state->row);
    inner_fields_done(&state->inner);
    buffer_done(&state->log_type);
    buffer_done(&state->header);
    buffer_done(&state->names);
    memory_free(state->columns);
    memory_free(state);
}

static struct slice slice_trim(struct slice text) {
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = slice_part(text, 1, text.size);
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

// What stands behind a "#Word:"; false when the line has another word.
static bool directive(struct slice line, struct slice word, struct slice *ret_text) {
    if (!text_starts_fold_ascii(line, word))
        return false;
    *ret_text = slice_trim(slice_part(line, word.size, line.size));
    return true;
}

static bool is_time(struct slice text) {
    int64_t time_ns;
    return clock_parse(text, &time_ns);
}

static struct slice value_slice(const struct value *value) {
    return slice_of(value->data, value->size);
}

static void header_forget(struct exchange_state *state) {
    buffer_reset(&state->log_type);
    buffer_reset(&state->header);
    state->type_is_old = false;
    state->column_count = 0;
    state->kind = NULL;
    state->shape = NULL;
    state->inner_column = -1;
}

// Shape of the header's columns; one that the book had no room for is asked for each time.
static const struct shape *header_shape(struct exchange_state *state) {
    if (state->shape)
        return state->shape;
    const struct shape *shape =
        column_book_shape(state->book, state->kind->format, state->columns, state->column_count);
    state->shape = shape && shape->id != SHAPE_ID_NONE ? shape : NULL;
    return shape;
}

// The names of a line of columns, copied.
static void header_take(struct exchange_state *state) {
    struct row *row = &state->row;
    buffer_reset(&state->names);
    for (uint32_t i = 0; i < row->count; i++)
        buffer_append_slice(&state->names, slice_trim(value_slice(&row->values[i])));
    size_t from = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        size_t size = slice_trim(value_slice(&row->values[i])).size;
        struct slice name = slice_part(buffer_slice(&state->names), from, size);
        state->columns[i] = (struct column){name, exchange_column_role(name)};
        from += size;
    }
    state->column_count = row->count;
    state->kind =
        exchange_kind_find(buffer_slice(&state->log_type), state->columns, state->column_count);
    state->inner_column = -1;
    for (uint32_t i = 0; state->kind->inner && i < row->count; i++)
        if (slice_equal_string(state->columns[i].name, state->kind->inner_column))
            state->inner_column = (int32_t)i;
    state->shape = NULL;
}

// False when the columns cannot be read.
static bool header_read(struct exchange_state *state, struct slice fields) {
    if (state->kind && slice_equal(buffer_slice(&state->header), fields))
        return true;
    if (fields.size == 0 || fields.size > HEADER_BYTES_MAX ||
        row_split(&state->row, fields, &FORM) != ROW_FINE)
        return false;
    buffer_reset(&state->header);
    buffer_append_slice(&state->header, fields);
    header_take(state);
    return true;
}

// The same header again, the usual case, costs nothing.
static void log_type_take(struct exchange_state *state, struct slice type) {
    type = slice_part(type, 0, TYPE_BYTES_MAX);
    state->type_is_old = false;
    if (slice_equal(type, buffer_slice(&state->log_type)))
        return;
    buffer_reset(&state->header); // the same columns may be of another log
    buffer_reset(&state->log_type);
    buffer_append_slice(&state->log_type, type);
}

// A line that begins with '#'. False when it names columns that cannot be read.
static bool directive_read(struct exchange_state *state, struct slice line) {
    struct slice text;
    if (directive(line, SLICE("#Software:"), &text)) {
        state->type_is_old = true;
    } else if (directive(line, SLICE("#Log-type:"), &text)) {
        log_type_take(state, text);
    } else if (directive(line, SLICE("#Fields:"), &text)) {
        if (state->type_is_old)
            log_type_take(state, SLICE(""));
        return header_read(state, text);
    }
    return true;
}

// A line of columns begins with the name of the time.
static bool is_column_line(struct slice line) {
    const uint8_t *comma = line.size ? memchr(line.data, ',', line.size) : NULL;
    if (!comma)
        return false;
    struct slice first = slice_trim(slice_of(line.data, (size_t)(comma - line.data)));
    return exchange_column_role(first) == FIELD_ROLE_TIME;
}

static void suspicion_tell(const struct exchange_unit *unit, const struct text_line *line,
                           uint64_t bytes, const char *reason) {
    struct gap gap = {
        .source = unit->unit->source, .offset = line->offset, .bytes = bytes, .reason = reason};
    unit->sink->gap(unit->sink->context, &gap);
}

// The fields inside a column go behind the row's own.
static const struct shape *row_extend(const struct exchange_unit *unit,
                                      const struct text_line *line) {
    struct exchange_state *state = unit->state;
    struct row *row = &state->row;
    struct inner_fields *inner = &state->inner;
    struct slice text = value_slice(&row->values[state->inner_column]);
    const char *prefix = state->kind->inner_column;
    if (state->kind->inner == EXCHANGE_INNER_PAIRS)
        inner_fields_read_pairs(inner, prefix, text);
    else if (!inner_fields_read_json(inner, prefix, text))
        suspicion_tell(unit, line, 0, "Exchange: the data column of a line is no JSON object");
    uint32_t count = state->column_count;
    for (uint32_t i = row->count; i < count; i++)
        row->values[i] = EVENT_VALUE_ABSENT;
    for (uint32_t i = 0; i < inner->count && count < SHAPE_FIELDS_MAX; i++, count++) {
        state->columns[count] = (struct column){inner->fields[i].name, FIELD_ROLE_NONE};
        row->values[count] = inner->fields[i].value;
    }
    row->count = count;
    return column_book_shape(state->book, state->kind->format, state->columns, count);
}

static void row_check(const struct exchange_unit *unit, const struct text_line *line) {
    const struct row *row = &unit->state->row;
    uint32_t count = unit->state->column_count;
    if (row->count < count)
        suspicion_tell(unit, line, 0,
                       unit_lines_at_cut(&unit->state->lines)
                           ? "Exchange: the file ends in the middle of a line"
                           : "Exchange: a line has fewer values than columns");
    if (row->count <= count)
        return;
    uint64_t bytes = 0;
    for (uint32_t i = count; i < row->count; i++)
        bytes += row->values[i].size;
    suspicion_tell(unit, line, bytes, "Exchange: a line has more values than columns");
}

static void row_tell(const struct exchange_unit *unit, const struct text_line *line) {
    struct exchange_state *state = unit->state;
    int64_t time_ns = CLOCK_NONE;
    const struct shape *shape = header_shape(state);
    int32_t time = shape ? shape->role_fields[FIELD_ROLE_TIME] : -1;
    bool has_time = time >= 0 && (uint32_t)time < state->row.count &&
                    clock_parse(value_slice(&state->row.values[time]), &time_ns);
    if (!has_time && state->row.count < state->column_count) {
        line_gap_tell(unit->sink, unit->unit, line,
                      unit_lines_at_cut(&state->lines)
                          ? "Exchange: the file ends in the middle of a line"
                          : "Exchange: a line has neither a time nor its columns");
        return;
    }
    if (!has_time && time >= 0)
        suspicion_tell(unit, line, 0, "Exchange: the time of a line cannot be read");
    row_check(unit, line);
    if (state->inner_column >= 0 && (uint32_t)state->inner_column < state->row.count)
        shape = row_extend(unit, line);
    if (!shape) {
        line_gap_tell(unit->sink, unit->unit, line, "Exchange: column names too long");
        return;
    }
    struct event *event = row_event(&state->row, shape, unit->unit, line, time_ns);
    if (event->bank_sizes[0] > shape->field_count)
        event->bank_sizes[0] = (uint16_t)shape->field_count;
    unit->sink->event(unit->sink->context, event);
}

// A line above the first header: its whole text, and the time it begins with.
static void text_tell(const struct exchange_unit *unit, const struct text_line *line) {
    static const struct column columns[] = {{SLICE("DateTime"), FIELD_ROLE_TIME},
                                            {SLICE("Message"), FIELD_ROLE_NONE}};
    struct exchange_state *state = unit->state;
    struct slice text = line->text;
    const uint8_t *end = memchr(text.data, ',', text.size);
    struct slice time = slice_of(text.data, end ? (size_t)(end - text.data) : 0);
    int64_t time_ns = CLOCK_NONE;
    if (!clock_parse(time, &time_ns))
        time = slice_part(text, 0, 0);
    const struct slice values[] = {time, text};
    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        state->row.values[i] = (struct value){values[i].data,
                                              (uint32_t)values[i].size,
                                              values[i].size ? VALUE_UTF8 : VALUE_NULL,
                                              {0}};
    state->row.count = ARRAY_SIZE(columns);
    const struct shape *shape =
        column_book_shape(state->book, EXCHANGE_KIND_TEXT.format, columns, ARRAY_SIZE(columns));
    struct event *event = row_event(&state->row, shape, unit->unit, line, time_ns);
    unit->sink->event(unit->sink->context, event);
}

// A quoted value that goes on behind its closing quote is taken as written (columns.h): over
// several lines it is one record's open quote and the next one's first.
static bool is_misjoined(const struct value *value, struct slice line) {
    return value->size && value->data >= line.data && value->data < line.data + line.size &&
           value->data[0] == '"' && (value->data == line.data || value->data[-1] == ',') &&
           memchr(value->data, '\n', value->size);
}

// Whether the lines that a quote joined are two records, the first of them torn.
static bool row_is_torn(const struct exchange_state *state, const struct text_line *line) {
    const struct row *row = &state->row;
    for (uint32_t i = 0; i < row->count; i++)
        if (is_misjoined(&row->values[i], line->text))
            return true;
    if (row->count == state->column_count)
        return false;
    struct slice rest = line->text, part;
    text_next_line(&rest, &part);
    while (text_next_line(&rest, &part)) {
        const uint8_t *comma = part.size ? memchr(part.data, ',', part.size) : NULL;
        if (comma && is_time(slice_of(part.data, (size_t)(comma - part.data))))
            return true;
    }
    return false;
}

static void record_read(const struct exchange_unit *unit, struct text_line *line) {
    struct exchange_state *state = unit->state;
    struct text_line first = *line;
    enum row_fault fault = row_read(&state->row, &state->lines, line, &FORM);
    if (fault == ROW_FINE && line->text.size > first.text.size && row_is_torn(state, line)) {
        unit_lines_rewind(&state->lines, &first);
        *line = first;
        fault = ROW_OPEN;
    }
    if (fault == ROW_FINE)
        row_tell(unit, line);
    else
        line_gap_tell(unit->sink, unit->unit, line,
                      fault == ROW_MANY ? "Exchange: a line has more than 4,096 values"
                      : unit_lines_at_cut(&state->lines)
                          ? "Exchange: the file ends in the middle of a line"
                          : "Exchange: a quoted value of a line does not end");
}

// A file that was cut off by a crash ends in zeros.
static bool is_zeros(struct slice text) {
    return text.data[0] == 0 && text.data[text.size - 1] == 0;
}

static void line_read(const struct exchange_unit *unit, struct text_line *line) {
    struct exchange_state *state = unit->state;
    // Logs that somebody put together into one file have a byte order mark in the middle.
    if (slice_starts(line->text, SLICE("\xEF\xBB\xBF"))) {
        line->text = slice_part(line->text, 3, line->text.size);
        line->offset += 3;
    }
    if (line->text.size == 0)
        return;
    if (is_zeros(line->text)) {
        line_gap_tell(unit->sink, unit->unit, line, "Exchange: zeros instead of a line");
        return;
    }
    bool is_directive = line->text.data[0] == '#';
    if (is_directive || is_column_line(line->text)) {
        bool fine = is_directive ? directive_read(state, line->text)
                                 : header_read(state, slice_trim(line->text));
        if (!fine)
            line_gap_tell(unit->sink, unit->unit, line,
                          "Exchange: a line of column names cannot be read");
        return;
    }
    if (state->kind)
        record_read(unit, line);
    else
        text_tell(unit, line);
}

static enum status exchange_decode(void *context, const struct unit *unit,
                                   const struct event_sink *sink, struct problem *problem) {
    struct exchange_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    header_forget(state);
    struct slice header = unit->header, text;
    while (text_next_line(&header, &text))
        if (text.size && text.data[0] == '#')
            directive_read(state, text);
        else if (is_column_line(text))
            header_read(state, slice_trim(text));
    struct exchange_unit now = {.state = state, .unit = unit, .sink = sink};
    struct text_line line;
    while (unit_lines_next(&state->lines, &line))
        line_read(&now, &line);
    return STATUS_OK;
}

static bool path_holds(struct slice path, const char *part) {
    size_t size = strlen(part);
    for (size_t i = 0; i + size <= path.size; i++)
        if (text_equal_fold_ascii(slice_of(path.data + i, size), slice_of(part, size)))
            return true;
    return false;
}

// Logs that were cut above their header, or never had one, by where they lie.
static int path_recognise(struct slice line, struct slice path) {
    static const char *const PLACES[] = {
        "OABGeneratorLog", "Logging/HttpProxy", "Logging\\HttpProxy", "CmdletInfra",
        "MessageTracking", "ProtocolLog/Smtp",  "ProtocolLog\\Smtp",  "CosmosQueue"};
    const uint8_t *comma = line.size ? memchr(line.data, ',', line.size) : NULL;
    if (!comma || !is_time(slice_of(line.data, (size_t)(comma - line.data))))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(PLACES); i++)
        if (path_holds(path, PLACES[i]))
            return 55;
    return 0;
}

// Most files have no line of columns, and need no state to be known by it.
static bool columns_recognise(struct slice columns) {
    struct exchange_state *state = exchange_new_state(&(struct decode_options){0});
    header_forget(state);
    bool known = header_read(state, columns) && exchange_kind_is_known(state->kind);
    exchange_free_state(state);
    return known;
}

// What costs little is asked of all lines first.
static bool is_software_line(struct slice line) {
    struct slice text;
    return directive(line, SLICE("#Software:"), &text) &&
           text_starts_fold_ascii(text, SLICE("Microsoft Exchange"));
}

static int line_recognise(struct slice line) {
    struct slice text;
    bool fields = directive(line, SLICE("#Fields:"), &text);
    if (!fields && !is_column_line(line))
        return 0;
    return columns_recognise(fields ? text : line) ? 88 : 0;
}

static int exchange_recognise(struct slice first, struct slice path) {
    if (slice_starts(first, SLICE("\xEF\xBB\xBF")))
        first = slice_part(first, 3, first.size);
    if (!first.size || (first.size >= 4 && memchr(first.data, 0, 4)))
        return 0;
    int best = 0;
    struct slice line, rest = first;
    for (int i = 0; i < FIRST_LINES_MAX && text_next_line(&rest, &line); i++)
        if (is_software_line(line))
            return SURE;
    for (int i = 0; i < FIRST_LINES_MAX && text_next_line(&first, &line); i++) {
        int sure = line_recognise(line);
        if (sure == 0 && i == 0 && line.size && line.data[0] != '#')
            sure = path_recognise(line, path);
        best = sure > best ? sure : best;
    }
    return best;
}

const struct decoder decoder_exchange_csv = {
    .name = "exchange_csv",
    .summary = "Exchange Server: HttpProxy, ECP, EWS, PowerShell, OAB, tracking, SMTP, audit",
    .division = DIVISION_LINES,
    .headed = true,
    .quoted = true,
    .recognise = exchange_recognise,
    .new_state = exchange_new_state,
    .decode = exchange_decode,
    .free_state = exchange_free_state,
};
