// Access log of the Squid proxy, native format
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "decode/columns.h"
#include "decode/decode.h"
#include "decode/text_part.h"

#include <string.h>

// logformat squid (wiki.squid-cache.org, "Features/LogFormat"):
//
//     %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %un %Sh/%<a %mt
//     1772438400.123    845 10.0.0.5 TCP_MISS/200 5120 GET http://a/b alice HIER_DIRECT/192.0.2.7
//     text/html
//
// Fields go by the names that the W3C logs of proxies have. What an installation writes behind
// them is one field more, "rest". Times are UTC.
enum squid_field {
    SQUID_TIME,
    SQUID_TAKEN,
    SQUID_CLIENT,
    SQUID_ACTION,
    SQUID_STATUS,
    SQUID_BYTES,
    SQUID_METHOD,
    SQUID_URL,
    SQUID_USER,
    SQUID_HIERARCHY,
    SQUID_PEER,
    SQUID_TYPE,
    SQUID_REST,
    SQUID_FIELDS,
};

static const struct column COLUMNS[SQUID_FIELDS] = {
    {SLICE("time"), FIELD_ROLE_TIME},        {SLICE("time-taken"), FIELD_ROLE_NONE},
    {SLICE("c-ip"), FIELD_ROLE_NONE},        {SLICE("s-action"), FIELD_ROLE_NONE},
    {SLICE("sc-status"), FIELD_ROLE_NONE},   {SLICE("sc-bytes"), FIELD_ROLE_NONE},
    {SLICE("cs-method"), FIELD_ROLE_NONE},   {SLICE("c-uri"), FIELD_ROLE_NONE},
    {SLICE("cs-username"), FIELD_ROLE_NONE}, {SLICE("s-hierarchy"), FIELD_ROLE_NONE},
    {SLICE("r-ip"), FIELD_ROLE_NONE},        {SLICE("rs-content-type"), FIELD_ROLE_NONE},
    {SLICE("rest"), FIELD_ROLE_NONE},
};

enum {
    LINES_LOOKED_AT = 8 // to recognise a source
};

struct squid_state {
    struct unit_lines lines;
    struct column_book *book;
    const struct shape *shape;
    struct row row;
    struct json_day day;
};

static void *squid_new_state(const struct decode_options *options) {
    (void)options;
    struct squid_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    state->book = column_book_new();
    row_init(&state->row);
    state->shape = column_book_shape(state->book, "squid", COLUMNS, SQUID_FIELDS);
    return state;
}

static void squid_free_state(void *context) {
    struct squid_state *state = context;
    unit_lines_done(&state->lines);
    column_book_free(state->book);
    row_done(&state->row);
    memory_free(state);
}

// "1772438400.123"
static bool is_epoch(struct slice text) {
    struct slice fraction = text;
    struct slice whole = text_cut_at(&fraction, '.');
    return whole.size >= 9 && text_is_digits(whole) &&
           (fraction.size == 0 || text_is_digits(fraction));
}

// The line's parts; false when it is none of the native format.
static bool line_split(struct slice line, struct slice parts[SQUID_FIELDS]) {
    struct slice rest = line;
    parts[SQUID_TIME] = text_word(&rest);
    parts[SQUID_TAKEN] = text_word(&rest);
    parts[SQUID_CLIENT] = text_word(&rest);
    struct slice code = text_word(&rest);
    parts[SQUID_BYTES] = text_word(&rest);
    parts[SQUID_METHOD] = text_word(&rest);
    parts[SQUID_URL] = text_word(&rest);
    parts[SQUID_USER] = text_word(&rest);
    struct slice peer = text_word(&rest);
    parts[SQUID_TYPE] = text_word(&rest);
    parts[SQUID_REST] = text_trim(rest);
    if (!parts[SQUID_TYPE].size || !memchr(code.data, '/', code.size) ||
        !memchr(peer.data, '/', peer.size))
        return false;
    parts[SQUID_ACTION] = text_cut_at(&code, '/');
    parts[SQUID_STATUS] = code;
    parts[SQUID_HIERARCHY] = text_cut_at(&peer, '/');
    parts[SQUID_PEER] = peer;

    return is_epoch(parts[SQUID_TIME]) && text_is_digits(parts[SQUID_TAKEN]) &&
           text_is_digits(parts[SQUID_BYTES]) && text_is_digits(parts[SQUID_STATUS]);
}

static void line_event(struct squid_state *state, const struct unit *unit,
                       const struct text_line *line, const struct slice *parts,
                       const struct event_sink *sink) {
    struct row *row = &state->row;
    for (size_t i = 0; i < SQUID_FIELDS; i++) {
        row->values[i] = text_value(parts[i]);
        if (parts[i].size == 1 && parts[i].data[0] == '-')
            row->values[i].kind = VALUE_NULL;
    }
    if (parts[SQUID_REST].size == 0)
        row->values[SQUID_REST] = EVENT_VALUE_ABSENT;
    row->count = SQUID_FIELDS;
    int64_t time_ns = text_epoch(&state->day, parts[SQUID_TIME]);
    struct event *event = row_event(row, state->shape, unit, line, time_ns);
    sink->event(sink->context, event);
}

static enum status squid_decode(void *context, const struct unit *unit,
                                const struct event_sink *sink, struct problem *problem) {
    struct squid_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    struct text_line line;
    while (unit_lines_next(&state->lines, &line)) {
        struct slice parts[SQUID_FIELDS];
        if (line.text.size == 0)
            continue;
        if (text_is_torn(line.text))
            line_gap_tell(sink, unit, &line, "Squid: a line with zero bytes in it");
        else if (!line_split(line.text, parts))
            line_gap_tell(sink, unit, &line, "Squid: a line that is not of the native format");
        else
            line_event(state, unit, &line, parts, sink);
    }
    return STATUS_OK;
}

static int squid_recognise(struct slice first, struct slice path) {
    (void)path;
    struct slice rest = first, line;
    unsigned lines = 0, read = 0;
    while (lines < LINES_LOOKED_AT && text_next_line(&rest, &line)) {
        struct slice parts[SQUID_FIELDS];
        bool cut = rest.size == 0 && first.data[first.size - 1] != '\n';
        if (line.size == 0 || (cut && lines)) // a line that `first` cuts says nothing
            continue;
        lines++;
        read += line_split(line, parts);
    }
    return read && read * 2 >= lines ? 92 : 0;
}

const struct decoder decoder_squid = {
    .name = "squid",
    .summary = "access log of the Squid proxy, native format",
    .division = DIVISION_LINES,
    .recognise = squid_recognise,
    .new_state = squid_new_state,
    .decode = squid_decode,
    .free_state = squid_free_state,
};
