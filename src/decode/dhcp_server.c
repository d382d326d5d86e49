// Audit log of the Windows DHCP server
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "decode/columns.h"
#include "decode/decode.h"
#include "decode/text_part.h"

#include <string.h>

// DhcpSrvLog-Mon.log ("Analyze DHCP Server Log Files", Microsoft Learn): a list of what ids mean,
// then a header, then records, which newer servers made longer at their end:
//
//     ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name, TransactionID, ...
//     10,03/02/26,08:15:30,Assign,10.0.0.5,PC05.corp.example,02005E000005,,1213,...
//
// The header stands in the source's first piece; others take its names from here. Times are local
// and name no zone: taken as UTC, the server's clock is settled later.
static const char *const COLUMNS[] = {
    "ID",
    "Date",
    "Time",
    "Description",
    "IP Address",
    "Host Name",
    "MAC Address",
    "User Name",
    "TransactionID",
    "QResult",
    "Probationtime",
    "CorrelationID",
    "Dhcid",
    "VendorClass(Hex)",
    "VendorClass(ASCII)",
    "UserClass(Hex)",
    "UserClass(ASCII)",
    "RelayAgentInformation",
    "DnsRegError",
};
static const char *const COLUMNS_SIX[] = {
    "ID",        "Date",          "Time",        "Description",     "IPv6 Address",
    "Host Name", "Error Code",    "Duid Length", "Duid Bytes(Hex)", "User Name",
    "Dhcid",     "Subnet Prefix",
};

enum {
    COLUMNS_MAX = 64,
    FIELDS_MIN = 4, // id, date, time, description
    HEAD_LINES_MAX = 200,
};

struct server_state {
    struct unit_lines lines;
    struct column_book *book;
    struct row row;
    struct row header;
    struct json_day day;
    struct column columns[COLUMNS_MAX];
    uint32_t column_count;
    const struct shape *shape;
};

static const struct row_form FORM = {.separator = ',', .quoted = true, .trimmed = true};

static void *server_new_state(const struct decode_options *options) {
    (void)options;
    struct server_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    state->book = column_book_new();
    row_init(&state->row);
    row_init(&state->header);
    return state;
}

static void server_free_state(void *context) {
    struct server_state *state = context;
    unit_lines_done(&state->lines);
    column_book_free(state->book);
    row_done(&state->row);
    row_done(&state->header);
    memory_free(state);
}

static bool is_header(struct slice line) {
    return slice_starts(line, SLICE("ID,Date,Time,Description,"));
}

static void columns_take(struct server_state *state, uint32_t count) {
    state->columns[0].role = FIELD_ROLE_EVENT_ID;
    state->columns[1].role = FIELD_ROLE_TIME;
    state->column_count = count;
    state->shape = column_book_shape(state->book, "dhcp_server", state->columns, count);
}

static void columns_default(struct server_state *state, struct slice path) {
    bool is_six = path.size && memmem(path.data, path.size, "V6", 2) != NULL;
    const char *const *names = is_six ? COLUMNS_SIX : COLUMNS;
    uint32_t count = is_six ? ARRAY_SIZE(COLUMNS_SIX) : ARRAY_SIZE(COLUMNS);
    for (uint32_t i = 0; i < count; i++)
        state->columns[i] = (struct column){slice_of_string(names[i]), FIELD_ROLE_NONE};
    columns_take(state, count);
}

static void header_take(struct server_state *state, struct slice line) {
    if (row_split(&state->header, line, &FORM) != ROW_FINE || state->header.count > COLUMNS_MAX)
        return;
    for (uint32_t i = 0; i < state->header.count; i++) {
        const struct value *value = &state->header.values[i];
        struct slice name = slice_of(value->data, value->size);
        if (slice_ends(name, SLICE("."))) // the last one ends a sentence
            name.size--;
        state->columns[i] = (struct column){name, FIELD_ROLE_NONE};
    }
    columns_take(state, state->header.count);
}

// "03/02/26" and "08:15:30": month first, whatever the server's language.
static int64_t row_time(struct server_state *state) {
    const struct value *date = &state->row.values[1], *clock = &state->row.values[2];
    enum {
        DATE_SIZE = 8,
        CLOCK_SIZE = 8
    };
    bool is_long = date->size == DATE_SIZE + 2; // a year of four digits
    if ((date->size != DATE_SIZE && !is_long) || clock->size != CLOCK_SIZE)
        return CLOCK_NONE;
    uint8_t text[] = "20YY-MM-DD hh:mm:ss";
    if (is_long)
        memcpy(text, date->data + 6, 4);
    else
        memcpy(text + 2, date->data + 6, 2);
    memcpy(text + 5, date->data, 2);
    memcpy(text + 8, date->data + 3, 2);
    memcpy(text + 11, clock->data, CLOCK_SIZE);
    return text_time(&state->day, slice_of(text, sizeof text - 1));
}

static const char *line_read(struct server_state *state, const struct unit *unit,
                             const struct text_line *line, const struct event_sink *sink) {
    struct row *row = &state->row;
    if (text_is_torn(line->text))
        return "DHCP: a line with zero bytes in it";
    if (row_split(row, line->text, &FORM) != ROW_FINE || row->count < FIELDS_MIN ||
        !text_is_digits(slice_of(row->values[0].data, row->values[0].size)))
        return "DHCP: a line that is no record";
    // A comma at the end, more columns than the server's own header names.
    while (row->count > state->column_count && row->values[row->count - 1].size == 0)
        row->count--;
    if (row->count > state->column_count)
        return "DHCP: more columns than the header names";
    while (row->count < state->column_count)
        row->values[row->count++] = EVENT_VALUE_ABSENT;
    int64_t time_ns = row_time(state);
    if (time_ns == CLOCK_NONE)
        return "DHCP: a record without a time";
    struct event *event = row_event(row, state->shape, unit, line, time_ns);
    sink->event(sink->context, event);
    return NULL;
}

static enum status server_decode(void *context, const struct unit *unit,
                                 const struct event_sink *sink, struct problem *problem) {
    struct server_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    columns_default(state, unit->path);
    bool in_head = unit->offset == 0;
    struct text_line line;
    while (unit_lines_next(&state->lines, &line)) {
        if (is_header(line.text)) {
            header_take(state, line.text);
            in_head = false;
            continue;
        }
        if (line.text.size == 0 || (in_head && line.number < HEAD_LINES_MAX))
            continue;
        const char *fault = line_read(state, unit, &line, sink);
        if (fault)
            line_gap_tell(sink, unit, &line, fault);
    }
    return STATUS_OK;
}

static int server_recognise(struct slice first, struct slice path) {
    (void)path;
    struct slice rest = first, line;
    for (unsigned i = 0; i < HEAD_LINES_MAX && text_next_line(&rest, &line); i++)
        if (is_header(line))
            return 96;
    return 0;
}

const struct decoder decoder_dhcp_server = {
    .name = "dhcp_server",
    .summary = "audit log of the Windows DHCP server (DhcpSrvLog)",
    .division = DIVISION_LINES,
    .recognise = server_recognise,
    .new_state = server_new_state,
    .decode = server_decode,
    .free_state = server_free_state,
};
