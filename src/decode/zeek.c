// Zeek's logs as tables
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "decode/columns.h"
#include "decode/decode.h"
#include "decode/text_part.h"

#include <string.h>

// Zeek's ASCII writer ("Log Files", docs.zeek.org). A header names the columns; a file put
// together of several has several, and each holds for the lines below it:
//
//     #separator \x09
//     #set_separator	,
//     #empty_field	(empty)
//     #unset_field	-
//     #path	conn
//     #fields	ts	uid	id.orig_h	...
//     #types	time	string	addr	...
//     1588206049.300416	CHhAvVGS1DHFjwGM9	10.0.0.4	...
//
// Values are given as Zeek's JSON writer gives them, so that one rule fits both: numbers bare, T
// and F as true and false, sets and vectors as arrays, \x2c undone. The log's name is a column of
// its own, "_path", behind the others.
enum {
    LINE_BYTES_MAX = 1 << 20,
    // What a line's values may grow to: \u00XX for a byte, quotes and a comma for an element.
    LINE_GROWTH = 9,
    HEADER_LINES_MAX = 16, // looked at to recognise a source
};

enum zeek_type {
    ZEEK_TEXT,
    ZEEK_NUMBER,
    ZEEK_TRUTH,
    ZEEK_SET,
};

// Views of the header in force.
struct zeek_header {
    uint8_t separator;
    uint8_t set_separator;
    struct slice empty;
    struct slice unset;
    struct slice path;
    struct slice fields; // "" : none seen
    struct slice types;
    bool changed; // since `shape` was made
};

struct zeek_state {
    struct unit_lines lines;
    struct column_book *book;
    struct row row;
    struct buffer text; // values that differ from what is written
    struct json_day day;
    struct column *columns;
    uint8_t *types; // enum zeek_type
    uint32_t column_count;
    int32_t time_column; // -1: none
    const struct shape *shape;
    struct zeek_header header;
};

static void *zeek_new_state(const struct decode_options *options) {
    (void)options;
    struct zeek_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    state->book = column_book_new();
    row_init(&state->row);
    buffer_init(&state->text, (size_t)LINE_BYTES_MAX * (LINE_GROWTH + 1));
    state->columns = memory_new(SHAPE_FIELDS_MAX, sizeof *state->columns);
    state->types = memory_new(SHAPE_FIELDS_MAX, 1);
    return state;
}

static void zeek_free_state(void *context) {
    struct zeek_state *state = context;
    unit_lines_done(&state->lines);
    column_book_free(state->book);
    row_done(&state->row);
    buffer_done(&state->text);
    memory_free(state->columns);
    memory_free(state->types);
    memory_free(state);
}

static void header_reset(struct zeek_header *header) {
    *header = (struct zeek_header){.separator = '\t',
                                   .set_separator = ',',
                                   .empty = SLICE("(empty)"),
                                   .unset = SLICE("-"),
                                   .changed = true};
}

// "\x09", or the byte itself; `fallback` for anything else.
static uint8_t separator_byte(struct slice text, uint8_t fallback) {
    if (text.size == 1)
        return text.data[0];
    if (text.size != 4 || !slice_starts(text, SLICE("\\x")))
        return fallback;
    int high = text_hex_digit(text.data[2]), low = text_hex_digit(text.data[3]);
    return high < 0 || low < 0 ? fallback : (uint8_t)(high << 4 | low);
}

static void header_line(struct zeek_header *header, struct slice line) {
    struct slice rest = line;
    if (text_pass(&rest, SLICE("#separator "))) {
        // The first line of a header: nothing of the one before it holds any longer.
        header_reset(header);
        header->separator = separator_byte(rest, '\t');
        return;
    }
    struct slice word = text_cut_at(&rest, header->separator);
    header->changed = true;
    if (slice_equal(word, SLICE("#set_separator")))
        header->set_separator = separator_byte(rest, ',');
    else if (slice_equal(word, SLICE("#empty_field")))
        header->empty = rest;
    else if (slice_equal(word, SLICE("#unset_field")))
        header->unset = rest;
    else if (slice_equal(word, SLICE("#path")))
        header->path = rest;
    else if (slice_equal(word, SLICE("#types")))
        header->types = rest;
    if (slice_equal(word, SLICE("#fields"))) {
        header->fields = rest;
        header->types = SLICE("");
    }
}

static enum zeek_type type_of(struct slice name) {
    static const struct slice NUMBERS[] = {SLICE("count"),    SLICE("int"),  SLICE("port"),
                                           SLICE("interval"), SLICE("time"), SLICE("double")};
    if (slice_equal(name, SLICE("bool")))
        return ZEEK_TRUTH;
    if (slice_starts(name, SLICE("set[")) || slice_starts(name, SLICE("vector[")))
        return ZEEK_SET;
    for (size_t i = 0; i < ARRAY_SIZE(NUMBERS); i++)
        if (slice_equal(name, NUMBERS[i]))
            return ZEEK_NUMBER;
    return ZEEK_TEXT;
}

// The shape of the header in force; the last column is the log's name.
static void zeek_take_header(struct zeek_state *state) {
    struct zeek_header *header = &state->header;
    struct slice names = header->fields, types = header->types;
    uint32_t count = 0;
    state->time_column = -1;
    while (names.size && count < SHAPE_FIELDS_MAX - 1) {
        struct slice name = text_cut_at(&names, header->separator);
        enum field_role role = FIELD_ROLE_NONE;
        if (state->time_column < 0 && slice_equal(name, SLICE("ts"))) {
            role = FIELD_ROLE_TIME;
            state->time_column = (int32_t)count;
        }
        state->types[count] = (uint8_t)type_of(text_cut_at(&types, header->separator));
        state->columns[count++] = (struct column){name, role};
    }
    state->column_count = count;
    state->columns[count] = (struct column){SLICE("_path"), FIELD_ROLE_CHANNEL};
    state->shape = count ? column_book_shape(state->book, "zeek", state->columns, count + 1) : NULL;
    header->changed = false;
}

// Undo \xNN (Zeek's ASCII formatter); anything else stays as it is. There is room.
static struct slice text_unescape(struct buffer *buffer, struct slice text) {
    uint8_t *to = buffer->data + buffer->size;
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        int high = -1, low = -1;
        if (text.data[i] == '\\' && text.size - i >= 4 && text.data[i + 1] == 'x') {
            high = text_hex_digit(text.data[i + 2]);
            low = text_hex_digit(text.data[i + 3]);
        }
        bool escaped = high >= 0 && low >= 0;
        to[size++] = escaped ? (uint8_t)(high << 4 | low) : text.data[i];
        i += escaped ? 3 : 0;
    }
    buffer->size += size;
    return slice_of(to, size);
}

static bool has_escapes(struct slice text) {
    return text.size && memchr(text.data, '\\', text.size) != NULL;
}

// "a,b" to ["a","b"], as Zeek's JSON has it.
static void set_value(struct zeek_state *state, struct value *value) {
    struct slice rest = slice_of(value->data, value->size);
    if (slice_equal(rest, state->header.empty)) {
        *value = (struct value){(const uint8_t *)"[]", 2, VALUE_JSON_RAW, {0}};
        return;
    }
    struct buffer *text = &state->text;
    uint8_t plain[512]; // most elements are short
    size_t start = text->size;
    for (bool more = true; more;) {
        buffer_append_byte(text, text->size == start ? '[' : ',');
        more = rest.size && memchr(rest.data, state->header.set_separator, rest.size) != NULL;
        struct slice element = text_cut_at(&rest, state->header.set_separator);
        if (has_escapes(element) && element.size <= sizeof plain) {
            struct buffer room = {.data = plain, .capacity = sizeof plain};
            element = text_unescape(&room, element);
        }
        if (json_is_number(element))
            buffer_append_slice(text, element);
        else
            text_append_json(text, element);
    }
    buffer_append_byte(text, ']');
    *value =
        (struct value){text->data + start, (uint32_t)(text->size - start), VALUE_JSON_RAW, {0}};
}

static void truth_value(struct value *value) {
    if (value->size != 1 || (value->data[0] != 'T' && value->data[0] != 'F'))
        return;
    bool truth = value->data[0] == 'T';
    *value = (struct value){
        (const uint8_t *)(truth ? "true" : "false"), truth ? 4 : 5, VALUE_JSON_BOOL, {0}};
}

static void value_convert(struct zeek_state *state, enum zeek_type type, struct value *value) {
    struct slice text = slice_of(value->data, value->size);
    switch (type) {
    case ZEEK_NUMBER:
        // Most are plain integers of one or more digits and no zero before them.
        if ((text_is_digits(text) && (*text.data != '0' || text.size == 1)) || json_is_number(text))
            value->kind = VALUE_JSON_NUMBER;
        return;
    case ZEEK_TRUTH:
        truth_value(value);
        return;
    case ZEEK_SET:
        set_value(state, value);
        return;
    case ZEEK_TEXT:
        if (slice_equal(text, state->header.empty))
            value->size = 0;
        else if (has_escapes(text))
            *value = text_value(text_unescape(&state->text, text));
        return;
    }
}

static const char *line_read(struct zeek_state *state, const struct unit *unit,
                             const struct text_line *line, const struct event_sink *sink) {
    struct row *row = &state->row;
    struct row_form form = {.separator = state->header.separator, .null_text = state->header.unset};
    if (line->text.size > LINE_BYTES_MAX)
        return "Zeek: a line longer than 1 MiB";
    if (text_is_torn(line->text))
        return "Zeek: a line with zero bytes in it";
    if (!state->shape)
        return "Zeek: a line without #fields above it";
    if (row_split(row, line->text, &form) != ROW_FINE || row->count != state->column_count)
        return "Zeek: other columns than #fields names";
    buffer_reset(&state->text);
    if (!buffer_reserve(&state->text, line->text.size * LINE_GROWTH + 64))
        return "Zeek: a line longer than 1 MiB";
    int64_t time_ns = CLOCK_NONE;
    if (state->time_column >= 0) {
        const struct value *time = &row->values[state->time_column];
        time_ns = text_epoch(&state->day, slice_of(time->data, time->size));
        if (time_ns == CLOCK_NONE) // LogAscii::json_timestamps has a cousin for tables
            time_ns = text_time(&state->day, slice_of(time->data, time->size));
    }
    for (uint32_t i = 0; i < row->count; i++)
        if (row->values[i].kind != VALUE_NULL)
            value_convert(state, (enum zeek_type)state->types[i], &row->values[i]);
    row->values[row->count] =
        state->header.path.size ? text_value(state->header.path) : EVENT_VALUE_ABSENT;
    row->count++;
    struct event *event = row_event(row, state->shape, unit, line, time_ns);
    sink->event(sink->context, event);
    return NULL;
}

static enum status zeek_decode(void *context, const struct unit *unit,
                               const struct event_sink *sink, struct problem *problem) {
    struct zeek_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    header_reset(&state->header);
    struct text_line line;
    for (struct slice rest = unit->header, text; text_next_line(&rest, &text);)
        if (text.size && text.data[0] == '#')
            header_line(&state->header, text);
    while (unit_lines_next(&state->lines, &line)) {
        if (line.text.size == 0)
            continue;
        if (line.text.data[0] == '#') {
            header_line(&state->header, line.text);
            continue;
        }
        if (state->header.changed)
            zeek_take_header(state);
        const char *fault = line_read(state, unit, &line, sink);
        if (fault)
            line_gap_tell(sink, unit, &line, fault);
    }
    return STATUS_OK;
}

static int zeek_recognise(struct slice first, struct slice path) {
    (void)path;
    struct slice rest = first, line;
    text_pass(&rest, SLICE("\xEF\xBB\xBF"));
    for (unsigned i = 0; i < HEADER_LINES_MAX && text_next_line(&rest, &line); i++)
        if (slice_starts(line, SLICE("#separator \\x")) ||
            slice_starts(line, SLICE("#fields\tts\t")))
            return i == 0 ? 97 : 85;
    return 0;
}

const struct decoder decoder_zeek = {
    .name = "zeek",
    .summary = "Zeek's logs as tables (conn, dns, http, ssl, files, smb, kerberos and others)",
    .division = DIVISION_LINES,
    .headed = true,
    .recognise = zeek_recognise,
    .new_state = zeek_new_state,
    .decode = zeek_decode,
    .free_state = zeek_free_state,
};
