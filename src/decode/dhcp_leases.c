// Leases of ISC's DHCP server
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "decode/columns.h"
#include "decode/decode.h"
#include "decode/text_part.h"

#include <stdio.h>
#include <string.h>

#define SECOND_NS 1000000000ll

// dhcpd.leases(5): a record for each grant, renewal and end, one behind the other. Times are UTC.
//
//     lease 10.0.0.5 {
//       starts 1 2026/03/02 08:15:30;
//       ends 1 2026/03/02 20:15:30;
//       binding state active;
//       hardware ethernet 02:00:5e:00:00:05;
//       client-hostname "PC05";
//     }
//
// Comments, failover states, host declarations and the server's own settings are no leases and are
// passed over. Leases of DHCPv6 (ia-na) are not read, and said.
enum lease_field {
    LEASE_IP,
    LEASE_STARTS,
    LEASE_ENDS,
    LEASE_CLTT,
    LEASE_STATE,
    LEASE_NEXT_STATE,
    LEASE_MAC,
    LEASE_UID,
    LEASE_HOSTNAME,
    LEASE_VENDOR,
    LEASE_END, // seconds since 1970, where it ends behind its start
    LEASE_FIELDS,
};

static const struct column COLUMNS[LEASE_FIELDS] = {
    {SLICE("ip"), FIELD_ROLE_NONE},
    {SLICE("starts"), FIELD_ROLE_TIME},
    {SLICE("ends"), FIELD_ROLE_NONE},
    {SLICE("cltt"), FIELD_ROLE_NONE},
    {SLICE("binding_state"), FIELD_ROLE_NONE},
    {SLICE("next_binding_state"), FIELD_ROLE_NONE},
    {SLICE("mac"), FIELD_ROLE_NONE},
    {SLICE("uid"), FIELD_ROLE_NONE},
    {SLICE("hostname"), FIELD_ROLE_NONE},
    {SLICE("vendor_class"), FIELD_ROLE_NONE},
    {SLICE("lease_end"), FIELD_ROLE_NONE},
};

// Statements of a lease that are fields; a day of the week stands before a time.
static const struct {
    struct slice start;
    enum lease_field field;
} STATEMENTS[] = {
    {SLICE("starts "), LEASE_STARTS},
    {SLICE("ends "), LEASE_ENDS},
    {SLICE("cltt "), LEASE_CLTT},
    {SLICE("binding state "), LEASE_STATE},
    {SLICE("next binding state "), LEASE_NEXT_STATE},
    {SLICE("hardware ethernet "), LEASE_MAC},
    {SLICE("uid "), LEASE_UID},
    {SLICE("client-hostname "), LEASE_HOSTNAME},
    {SLICE("set vendor-class-identifier = "), LEASE_VENDOR},
};

enum {
    LEASE_LINES_MAX = 256,
    LINES_LOOKED_AT = 64 // to recognise a source
};

struct lease_state {
    struct unit_lines lines;
    struct column_book *book;
    const struct shape *shape;
    struct row row;
    struct json_day day;
    char end[24];
};

static void *lease_new_state(const struct decode_options *options) {
    (void)options;
    struct lease_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    state->book = column_book_new();
    row_init(&state->row);
    state->shape = column_book_shape(state->book, "dhcp_leases", COLUMNS, LEASE_FIELDS);
    return state;
}

static void lease_free_state(void *context) {
    struct lease_state *state = context;
    unit_lines_done(&state->lines);
    column_book_free(state->book);
    row_done(&state->row);
    memory_free(state);
}

// "1 2026/03/02 08:15:30" or "epoch 1772439330"; "never" has no time.
static int64_t lease_time(struct json_day *day, struct slice text) {
    if (text_pass(&text, SLICE("epoch ")))
        return text_epoch(day, text_word(&text));
    text_word(&text); // day of the week
    enum {
        TIME_SIZE = 19
    };
    uint8_t plain[TIME_SIZE];
    if (text.size != TIME_SIZE || text.data[4] != '/' || text.data[7] != '/')
        return CLOCK_NONE;
    memcpy(plain, text.data, TIME_SIZE);
    plain[4] = plain[7] = '-';
    return text_time(day, slice_of(plain, TIME_SIZE));
}

// What a statement says, without its end and quotes.
static struct slice statement_value(struct slice text) {
    while (text.size && text.data[text.size - 1] != ';')
        text.size--; // "epoch 1; # a comment"
    if (text.size)
        text.size--;
    text = text_trim(text);
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
        text = slice_part(text, 1, text.size - 2);
    return text;
}

static void statement_read(struct lease_state *state, struct slice line) {
    for (size_t i = 0; i < ARRAY_SIZE(STATEMENTS); i++) {
        struct slice rest = line;
        if (!text_pass(&rest, STATEMENTS[i].start))
            continue;
        struct slice value = statement_value(rest);
        if (value.size)
            state->row.values[STATEMENTS[i].field] = text_value(value);
        return;
    }
}

// The lines up to "}"; `line` grows to the whole record. NULL when it is whole.
static const char *lease_read(struct lease_state *state, struct text_line *line) {
    struct row *row = &state->row;
    for (size_t i = 0; i < LEASE_FIELDS; i++)
        row->values[i] = EVENT_VALUE_ABSENT;
    row->count = LEASE_FIELDS;
    struct slice head = slice_part(line->text, 6, line->text.size);
    struct slice address = text_word(&head);
    row->values[LEASE_IP] = text_value(address);
    if (address.size == 0 || !slice_starts(text_trim(head), SLICE("{")))
        return "DHCP: a lease without an address";
    for (unsigned i = 0; i < LEASE_LINES_MAX; i++) {
        size_t before = line->text.size;
        if (!unit_lines_join(&state->lines, line))
            return "DHCP: a lease without an end";
        struct slice added = slice_part(line->text, before, line->text.size);
        while (added.size && (added.data[0] == '\r' || added.data[0] == '\n'))
            added = slice_part(added, 1, added.size);
        added = text_trim(added);
        if (text_is_torn(added))
            return "DHCP: a lease with zero bytes in it";
        if (slice_starts(added, SLICE("lease ")))
            return "DHCP: a lease without an end";
        if (slice_starts(added, SLICE("}")))
            return NULL;
        statement_read(state, added);
    }
    return "DHCP: a lease of more than 256 lines";
}

// A line inside a block that is no lease, or above one.
static const char *other_read(struct slice line) {
    if (text_is_torn(line))
        return "DHCP: a line with zero bytes in it";
    return slice_starts(line, SLICE("ia-")) ? "DHCP: leases of DHCPv6 are not read" : NULL;
}

static void lease_tell_end(struct lease_state *state) {
    const struct value *starts = &state->row.values[LEASE_STARTS];
    const struct value *ends = &state->row.values[LEASE_ENDS];
    int64_t from_ns = lease_time(&state->day, slice_of(starts->data, starts->size));
    int64_t to_ns = lease_time(&state->day, slice_of(ends->data, ends->size));
    if (from_ns == CLOCK_NONE || to_ns == CLOCK_NONE || to_ns <= from_ns)
        return;
    int size = snprintf(state->end, sizeof state->end, "%lld", (long long)(to_ns / SECOND_NS));
    state->row.values[LEASE_END] = text_value(slice_of(state->end, (size_t)size));
}

static void lease_event(struct lease_state *state, const struct unit *unit,
                        const struct text_line *line, const struct event_sink *sink) {
    const struct value *starts = &state->row.values[LEASE_STARTS];
    const struct value *seen = &state->row.values[LEASE_CLTT];
    int64_t time_ns = lease_time(&state->day, slice_of(starts->data, starts->size));
    if (time_ns == CLOCK_NONE)
        time_ns = lease_time(&state->day, slice_of(seen->data, seen->size));
    lease_tell_end(state);
    struct event *event = row_event(&state->row, state->shape, unit, line, time_ns);
    sink->event(sink->context, event);
}

static enum status lease_decode(void *context, const struct unit *unit,
                                const struct event_sink *sink, struct problem *problem) {
    struct lease_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    struct text_line line;
    while (unit_lines_next(&state->lines, &line)) {
        bool is_lease = slice_starts(line.text, SLICE("lease "));
        struct text_line first = line;
        const char *fault = is_lease ? lease_read(state, &line) : other_read(line.text);
        if (fault) {
            // What follows may be the next lease: only the first line is lost.
            unit_lines_rewind(&state->lines, &first);
            line_gap_tell(sink, unit, &first, fault);
        } else if (is_lease) {
            lease_event(state, unit, &line, sink);
        }
    }
    return STATUS_OK;
}

static int lease_recognise(struct slice first, struct slice path) {
    (void)path;
    struct slice rest = first, line;
    for (unsigned i = 0; i < LINES_LOOKED_AT && text_next_line(&rest, &line); i++) {
        if (slice_starts(line, SLICE("# This lease file was written by isc-dhcp")))
            return 96;
        if (slice_starts(line, SLICE("lease ")) && slice_ends(line, SLICE(" {")))
            return 90;
    }
    return 0;
}

const struct decoder decoder_dhcp_leases = {
    .name = "dhcp_leases",
    .summary = "leases of ISC's DHCP server (dhcpd.leases)",
    .division = DIVISION_LINES,
    .record_start = "lease ",
    .recognise = lease_recognise,
    .new_state = lease_new_state,
    .decode = lease_decode,
    .free_state = lease_free_state,
};
