// Flow records as nfdump prints them
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "decode/columns.h"
#include "decode/decode.h"
#include "decode/named_columns.h"
#include "decode/text_part.h"

#include <string.h>

// nfdump -o csv (nfdump(1)): a header, records, and a summary behind them. 1.6 names columns
// ts,te,td,sa,da,sp,dp,pr,..., 1.7 firstSeen,duration,proto,srcAddr,...; fields go by the older
// names in both, and by their own where the older version has none. Times are local and name no
// zone: taken as UTC, the router's clock is settled later.
//
//     Summary
//     flows,bytes,packets,avg_bps,avg_pps,avg_bpp
//     1283,22334455,28000,9000,12,797
static const struct column_words COLUMNS[] = {
    {"ts", "ts firstseen first datefirstseen tstart"},
    {"te", "te lastseen last datelastseen tend"},
    {"td", "td duration"},
    {"sa", "sa srcaddr srcip srcipaddr"},
    {"da", "da dstaddr dstip dstipaddr"},
    {"sp", "sp srcport srcpt"},
    {"dp", "dp dstport dstpt"},
    {"pr", "pr proto protocol"},
    {"flg", "flg flags tcpflags"},
    {"ipkt", "ipkt packets inpackets inpkt"},
    {"ibyt", "ibyt bytes inbytes inbyte"},
    {"opkt", "opkt outpackets outpkt"},
    {"obyt", "obyt outbytes outbyte"},
    {"in", "in input inputif"},
    {"out", "out output outputif"},
    {"sas", "sas srcas"},
    {"das", "das dstas"},
    {"ra", "ra router exporterip routerip"},
};

enum nfdump_field {
    FLOW_START,
    FLOW_END,
    FLOW_DURATION,
    FLOW_SOURCE,
    FLOW_DESTINATION,
};

enum {
    HEADER_MAX = 16 << 10
};

struct nfdump_state {
    struct unit_lines lines;
    struct column_book *book;
    struct row row;
    struct row header;
    struct json_day day;
    struct column *columns;
    const struct shape *shape;
    int32_t time_column;
    bool in_summary;
};

static const struct row_form FORM = {.separator = ',', .trimmed = true};

static void *nfdump_new_state(const struct decode_options *options) {
    (void)options;
    struct nfdump_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    state->book = column_book_new();
    row_init(&state->row);
    row_init(&state->header);
    state->columns = memory_new(SHAPE_FIELDS_MAX, sizeof *state->columns);
    return state;
}

static void nfdump_free_state(void *context) {
    struct nfdump_state *state = context;
    unit_lines_done(&state->lines);
    column_book_free(state->book);
    row_done(&state->row);
    row_done(&state->header);
    memory_free(state->columns);
    memory_free(state);
}

static bool is_summary(struct slice line) {
    return slice_equal(line, SLICE("Summary")) || slice_starts(line, SLICE("Summary:")) ||
           slice_starts(line, SLICE("flows,bytes,packets"));
}

// "ts,te," or "firstSeen,...": the first column is the start; cheap enough for each line.
static bool is_header(struct slice line) {
    return slice_starts(line, SLICE("ts,")) || slice_starts(line, SLICE("firstSeen,")) ||
           slice_starts(line, SLICE("cnt,af,firstSeen,")) ||
           slice_starts(line, SLICE("cnt,firstSeen,"));
}

static bool header_take(struct nfdump_state *state, struct slice line) {
    int32_t places[ARRAY_SIZE(COLUMNS)];
    memset(places, -1, sizeof places);
    state->shape = NULL;
    state->in_summary = false;
    if (line.size > HEADER_MAX || row_split(&state->header, line, &FORM) != ROW_FINE)
        return false;
    for (uint32_t i = 0; i < state->header.count; i++) {
        struct slice name = slice_of(state->header.values[i].data, state->header.values[i].size);
        int known = column_words_find(COLUMNS, ARRAY_SIZE(COLUMNS), name);
        state->columns[i] = (struct column){name, FIELD_ROLE_NONE};
        if (known < 0 || places[known] >= 0)
            continue;
        places[known] = (int32_t)i;
        state->columns[i].name = slice_of_string(COLUMNS[known].name);
    }
    if (places[FLOW_START] < 0 || places[FLOW_SOURCE] < 0 || places[FLOW_DESTINATION] < 0)
        return false;
    state->time_column = places[FLOW_START];
    state->columns[state->time_column].role = FIELD_ROLE_TIME;
    state->shape = column_book_shape(state->book, "nfdump", state->columns, state->header.count);
    return state->shape != NULL;
}

static const char *line_read(struct nfdump_state *state, const struct unit *unit,
                             const struct text_line *line, const struct event_sink *sink) {
    if (text_is_torn(line->text))
        return "nfdump: a line with zero bytes in it";
    if (!state->shape)
        return "nfdump: no header above the line";
    if (row_split(&state->row, line->text, &FORM) != ROW_FINE ||
        state->row.count != state->header.count)
        return "nfdump: other columns than the header names";
    const struct value *time = &state->row.values[state->time_column];
    int64_t time_ns = text_time(&state->day, slice_of(time->data, time->size));
    if (time_ns == CLOCK_NONE)
        return "nfdump: a record without a time";
    struct event *event = row_event(&state->row, state->shape, unit, line, time_ns);
    sink->event(sink->context, event);
    return NULL;
}

static enum status nfdump_decode(void *context, const struct unit *unit,
                                 const struct event_sink *sink, struct problem *problem) {
    struct nfdump_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    state->shape = NULL;
    state->in_summary = false;
    struct slice rest = unit->header, header;
    if (text_next_line(&rest, &header))
        header_take(state, text_trim(header));
    struct text_line line;
    while (unit_lines_next(&state->lines, &line)) {
        if (line.text.size == 0)
            continue;
        if (is_header(line.text)) {
            header_take(state, line.text);
            continue;
        }
        state->in_summary |= is_summary(line.text);
        if (state->in_summary)
            continue;
        const char *fault = line_read(state, unit, &line, sink);
        if (fault)
            line_gap_tell(sink, unit, &line, fault);
    }
    return STATUS_OK;
}

static int nfdump_recognise(struct slice first, struct slice path) {
    (void)path;
    struct slice rest = first, line;
    if (!text_next_line(&rest, &line) || !is_header(line) || text_is_torn(line))
        return 0;
    struct nfdump_state *state = nfdump_new_state(&(struct decode_options){0});
    bool taken = header_take(state, line);
    nfdump_free_state(state);
    return taken ? 95 : 0;
}

const struct decoder decoder_nfdump = {
    .name = "nfdump",
    .summary = "flow records (nfdump -o csv)",
    .division = DIVISION_LINES,
    .headed = true,
    .recognise = nfdump_recognise,
    .new_state = nfdump_new_state,
    .decode = nfdump_decode,
    .free_state = nfdump_free_state,
};
