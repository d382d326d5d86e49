// Exports of web proxies and gateways
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "decode/columns.h"
#include "decode/decode.h"
#include "decode/named_columns.h"
#include "decode/text_date.h"
#include "decode/text_part.h"

#include <string.h>

// A header line names the columns, in any order, separated by comma, tab, semicolon or bar. What
// a column is, is known by its name; fields go by the names that the W3C logs of proxies have
// and rules use, and by their own where no row fits. Bytes are seen from the client: sent and out
// are what it uploads (cs-bytes), received and in what it downloads (sc-bytes).
enum proxy_field {
    PROXY_TIME,
    PROXY_DATE,
    PROXY_CLIENT,
    PROXY_URL,
    PROXY_HOST,
    PROXY_METHOD,
    PROXY_STATUS,
    PROXY_AGENT,
    PROXY_ACTION,
};

// The first rows are those of enum proxy_field.
static const struct column_words COLUMNS[] = {
    {"time", "timestamp time datetime eventtime logtime receivetime receivedtime generatetime "
             "starttime requesttime gmttime epoch epochtime devicetime eventtimestamp"},
    {"date", "date logdate eventdate"},
    {"c-ip", "clientip cip srcip sourceip source src client clientaddress sourceaddress "
             "clientipaddress userip sourceipaddress internalip clientinternalip cintip srcaddr"},
    {"c-uri", "url curi csuri uri requesturl fullurl urlfull destinationurl request requrl"},
    {"cs-host", "host cshost hostname domain requesthost destinationhost dsthost urlhost site "
                "urlhostname dhost fqdn urldomain destinationdomain destinationhostname"},
    {"cs-method", "method csmethod requestmethod httpmethod reqmethod verb"},
    {"sc-status", "status statuscode scstatus responsecode httpstatus httpstatuscode respcode "
                  "responsestatus responsestatuscode httpresponsecode"},
    {"c-useragent", "useragent csuseragent agent ua browser cuseragent httpuseragent"},
    {"s-action", "action saction verdict disposition decision policyaction filteraction reqaction "
                 "filterresult"},
    {"cs-username", "user username csusername userid login account authenticateduser useremail "
                    "srcuser sourceuser sourceusername loginname"},
    {"cs-uri-stem", "path urlpath csuripath csuristem uripath uristem"},
    {"c-uri-query", "query urlquery csuriquery uriquery querystring curiquery"},
    {"cs-bytes", "bytessent sentbytes csbytes requestsize requestbytes bytesout uploadbytes "
                 "sentbyte reqsize outbytes requestlength uploadsize bytestoserver"},
    {"sc-bytes", "bytesreceived receivedbytes scbytes responsesize responsebytes bytesin "
                 "downloadbytes bytes rcvdbyte respsize inbytes responselength size downloadsize "
                 "bytesfromserver"},
    {"time-taken", "duration durationms timetaken timetakenms elapsed elapsedms elapsedtime "
                   "responsetime latency"},
    {"cs-referrer", "referrer referer csreferer csreferrer httpreferer httpreferrer refererurl"},
    {"rs-content-type", "contenttype rscontenttype mimetype mime responsecontenttype"},
    {"cs-categories", "category categories cscategories urlcategory urlcat webcategory "
                      "urlcategories"},
    {"r-ip", "destinationip dstip serverip destip dst rip sip destination serveripaddress "
             "destinationaddress destinationipaddress dstaddr"},
    {"r-port", "destinationport dstport destport rport port serverport csuriport"},
    {"c-port", "sourceport srcport clientport cport"},
    {"cs-protocol", "protocol scheme csurischeme urlscheme"},
};

enum {
    CLOCK_MAX_SIZE = 64, // date and time together
    JOINS_MAX = 64,      // lines of one record
    HEADER_MAX = 64 << 10
};

struct proxy_state {
    struct unit_lines lines;
    struct column_book *book;
    struct row row;
    struct row header; // names of the header in force
    struct json_day day;
    struct column *columns;
    const struct shape *shape;
    struct row_form form;
    int32_t places[ARRAY_SIZE(COLUMNS)]; // column of a row of COLUMNS, or -1
};

static void *proxy_new_state(const struct decode_options *options) {
    (void)options;
    struct proxy_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    state->book = column_book_new();
    row_init(&state->row);
    row_init(&state->header);
    state->columns = memory_new(SHAPE_FIELDS_MAX, sizeof *state->columns);
    return state;
}

static void proxy_free_state(void *context) {
    struct proxy_state *state = context;
    unit_lines_done(&state->lines);
    column_book_free(state->book);
    row_done(&state->row);
    row_done(&state->header);
    memory_free(state->columns);
    memory_free(state);
}

static struct slice value_text(const struct value *value) {
    return slice_of(value->data, value->size);
}

// Names the columns; false when the line is no header of a proxy.
static bool header_take(struct proxy_state *state, struct slice line) {
    state->form = (struct row_form){.separator = header_separator(line),
                                    .quoted = true,
                                    .trimmed = true,
                                    .null_text = SLICE("-")};
    for (size_t i = 0; i < ARRAY_SIZE(COLUMNS); i++)
        state->places[i] = -1;
    state->shape = NULL;
    if (line.size > HEADER_MAX || row_split(&state->header, line, &state->form) != ROW_FINE)
        return false;
    for (uint32_t i = 0; i < state->header.count; i++) {
        struct slice name = value_text(&state->header.values[i]);
        int known = column_words_find(COLUMNS, ARRAY_SIZE(COLUMNS), name);
        state->columns[i] = (struct column){name, FIELD_ROLE_NONE};
        if (known < 0 || state->places[known] >= 0)
            continue;
        state->places[known] = (int32_t)i;
        state->columns[i].name = slice_of_string(COLUMNS[known].name);
    }
    const int32_t *places = state->places;
    bool dated = places[PROXY_TIME] >= 0 || places[PROXY_DATE] >= 0;
    bool what = places[PROXY_URL] >= 0 || places[PROXY_HOST] >= 0;
    bool how = places[PROXY_METHOD] >= 0 || places[PROXY_STATUS] >= 0 || places[PROXY_AGENT] >= 0 ||
               places[PROXY_ACTION] >= 0;
    if (!dated || !what || !how || places[PROXY_CLIENT] < 0)
        return false;
    int32_t time = places[PROXY_TIME] >= 0 ? places[PROXY_TIME] : places[PROXY_DATE];
    state->columns[time].role = FIELD_ROLE_TIME;
    state->shape = column_book_shape(state->book, "proxy_csv", state->columns, state->header.count);
    return state->shape != NULL;
}

static int64_t time_read(struct proxy_state *state, struct slice text) {
    int64_t time_ns = text_time(&state->day, text);
    return time_ns == CLOCK_NONE ? text_common_time(text) : time_ns;
}

// One column, or a date and a time in two.
static int64_t row_time(struct proxy_state *state) {
    int32_t time = state->places[PROXY_TIME], date = state->places[PROXY_DATE];
    if (time < 0 || date < 0)
        return time_read(state, value_text(&state->row.values[time < 0 ? date : time]));
    struct slice day = value_text(&state->row.values[date]);
    struct slice clock = value_text(&state->row.values[time]);
    char text[CLOCK_MAX_SIZE];
    if (day.size + clock.size + 1 > sizeof text || !day.size || !clock.size)
        return CLOCK_NONE;
    memcpy(text, day.data, day.size);
    text[day.size] = ' ';
    memcpy(text + day.size + 1, clock.data, clock.size);
    int64_t time_ns = time_read(state, slice_of(text, day.size + clock.size + 1));
    return time_ns == CLOCK_NONE ? time_read(state, clock) : time_ns; // both in one, after all
}

// A record may reach over several lines, inside quotes.
static const char *record_read(struct proxy_state *state, struct text_line *line) {
    struct text_line first = *line;
    enum row_fault fault = row_split(&state->row, line->text, &state->form);
    for (unsigned i = 0; fault == ROW_OPEN && i < JOINS_MAX; i++) {
        if (!unit_lines_join(&state->lines, line))
            break;
        fault = row_split(&state->row, line->text, &state->form);
    }
    if (fault == ROW_OPEN) {
        unit_lines_rewind(&state->lines, &first);
        *line = first;
        return "proxy CSV: a quoted value without an end";
    }
    if (text_is_torn(line->text))
        return "proxy CSV: a line with zero bytes in it";
    if (fault != ROW_FINE || state->row.count != state->header.count)
        return "proxy CSV: other columns than the header names";
    return NULL;
}

static enum status proxy_decode(void *context, const struct unit *unit,
                                const struct event_sink *sink, struct problem *problem) {
    struct proxy_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    struct slice rest = unit->header, header = {NULL, 0};
    text_pass(&rest, SLICE("\xEF\xBB\xBF"));
    if (text_next_line(&rest, &header) && !header_take(state, header))
        header = (struct slice){NULL, 0};
    struct text_line line;
    while (unit_lines_next(&state->lines, &line)) {
        if (line.text.size == 0 || (header.size && slice_equal(line.text, header)))
            continue;
        if (!header.size) {
            if (header_take(state, line.text))
                header = line.text;
            else
                line_gap_tell(sink, unit, &line, "proxy CSV: no header above the line");
            continue;
        }
        const char *fault = record_read(state, &line);
        if (fault) {
            line_gap_tell(sink, unit, &line, fault);
            continue;
        }
        struct event *event = row_event(&state->row, state->shape, unit, &line, row_time(state));
        sink->event(sink->context, event);
    }
    return STATUS_OK;
}

static int proxy_recognise(struct slice first, struct slice path) {
    (void)path;
    struct slice rest = first, line;
    text_pass(&rest, SLICE("\xEF\xBB\xBF"));
    if (!text_next_line(&rest, &line) || !line.size || line.data[0] == '#' || line.data[0] == '{' ||
        line.data[0] == '[' || line.size > HEADER_MAX || text_is_torn(line))
        return 0;
    struct proxy_state *state = proxy_new_state(&(struct decode_options){0});
    bool is_header = header_take(state, line);
    proxy_free_state(state);
    return is_header ? 60 : 0;
}

const struct decoder decoder_proxy_csv = {
    .name = "proxy_csv",
    .summary = "exports of web proxies and gateways as CSV, columns known by name",
    .division = DIVISION_LINES,
    .headed = true,
    .quoted = true,
    .recognise = proxy_recognise,
    .new_state = proxy_new_state,
    .decode = proxy_decode,
    .free_state = proxy_free_state,
};
