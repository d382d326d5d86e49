// What an upgrade server offered, and what was released
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "decode/columns.h"
#include "decode/decode.h"

#include <string.h>

// Two tables in CSV (RFC 4180), their columns known by name, in any order:
//
//     time,path,name,version,size,sha256,signer    release_catalogue: what lay under a path
//     released,name,version,size,sha256,signer     release_list: what the vendor released
//
// Times are RFC 3339. A program that keeps an inventory of its packages can write either.
struct catalogue_state {
    struct unit_lines lines;
    struct row row;
    struct column_book *book;
    struct column *columns;
    const struct shape *shape; // NULL above the header
    int32_t time_column;
};

static const struct row_form FORM = {.separator = ',', .quoted = true, .trimmed = true};

static void *catalogue_new_state(const struct decode_options *options) {
    (void)options;
    struct catalogue_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    row_init(&state->row);
    state->book = column_book_new();
    state->columns = memory_new(SHAPE_FIELDS_MAX, sizeof *state->columns);
    return state;
}

static void catalogue_free_state(void *context) {
    struct catalogue_state *state = context;
    unit_lines_done(&state->lines);
    row_done(&state->row);
    column_book_free(state->book);
    memory_free(state->columns);
    memory_free(state);
}

enum table {
    TABLE_NO,
    TABLE_CATALOGUE,
    TABLE_RELEASES,
};

// Which table the row's values are the header of.
static enum table header_table(const struct row *row) {
    static const char *const NAMES[] = {"sha256", "version", "name", "path", "time", "released"};
    unsigned found = 0;
    for (uint32_t i = 0; i < row->count; i++)
        for (size_t name = 0; name < ARRAY_SIZE(NAMES); name++)
            if (text_equal_fold_ascii(slice_of(row->values[i].data, row->values[i].size),
                                      slice_of_string(NAMES[name])))
                found |= 1u << name;
    if ((found & 31u) == 31u)
        return TABLE_CATALOGUE;
    return (found & 39u) == 39u ? TABLE_RELEASES : TABLE_NO;
}

// False when the line is no header of either table.
static bool header_take(struct catalogue_state *state, struct slice line) {
    if (row_split(&state->row, line, &FORM) != ROW_FINE)
        return false;
    enum table table = header_table(&state->row);
    if (table == TABLE_NO)
        return false;
    struct slice time = table == TABLE_CATALOGUE ? SLICE("time") : SLICE("released");
    for (uint32_t i = 0; i < state->row.count; i++) {
        struct slice name = slice_of(state->row.values[i].data, state->row.values[i].size);
        bool is_time = text_equal_fold_ascii(name, time);
        if (is_time)
            state->time_column = (int32_t)i;
        state->columns[i] =
            (struct column){.name = name, .role = is_time ? FIELD_ROLE_TIME : FIELD_ROLE_NONE};
    }
    state->shape = column_book_shape(
        state->book, table == TABLE_CATALOGUE ? "release_catalogue" : "release_list",
        state->columns, state->row.count);
    return true;
}

static void line_read(struct catalogue_state *state, const struct unit *unit,
                      struct text_line *line, const struct event_sink *sink) {
    if (!state->shape) {
        if (!header_take(state, line->text))
            line_gap_tell(sink, unit, line, "release catalogue: no header above the line");
        return;
    }
    enum row_fault fault = row_read(&state->row, &state->lines, line, &FORM);
    int64_t time_ns;
    if (fault != ROW_FINE || state->row.count != state->shape->field_count) {
        line_gap_tell(sink, unit, line, "release catalogue: a line unlike its header");
        return;
    }
    const struct value *time = &state->row.values[state->time_column];
    if (!clock_parse(slice_of(time->data, time->size), &time_ns)) {
        line_gap_tell(sink, unit, line, "release catalogue: a line without a time");
        return;
    }
    struct event *event = row_event(&state->row, state->shape, unit, line, time_ns);
    sink->event(sink->context, event);
}

static enum status catalogue_decode(void *context, const struct unit *unit,
                                    const struct event_sink *sink, struct problem *problem) {
    struct catalogue_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    state->shape = NULL;
    struct slice header = unit->header, text;
    if (text_next_line(&header, &text))
        header_take(state, text);
    struct text_line line;
    while (unit_lines_next(&state->lines, &line))
        if (line.text.size)
            line_read(state, unit, &line, sink);
    return STATUS_OK;
}

static int catalogue_recognise(struct slice first, struct slice path) {
    (void)path;
    struct slice line;
    if (slice_starts(first, SLICE("\xEF\xBB\xBF")))
        first = slice_part(first, 3, first.size);
    if (!text_next_line(&first, &line) || line.size > 1024)
        return 0;
    struct row row;
    row_init_unset(&row);
    bool found = row_split(&row, line, &FORM) == ROW_FINE && header_table(&row) != TABLE_NO;
    row_done(&row);
    return found ? 92 : 0;
}

const struct decoder decoder_release_catalogue = {
    .name = "release_catalogue",
    .summary = "an upgrade server's catalogue of packages, a vendor's list of releases (CSV)",
    .division = DIVISION_LINES,
    .headed = true,
    .quoted = true,
    .recognise = catalogue_recognise,
    .new_state = catalogue_new_state,
    .decode = catalogue_decode,
    .free_state = catalogue_free_state,
};
