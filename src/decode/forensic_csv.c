// Tables that tools write of files and programs (CSV)
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "decode/decode.h"
#include "decode/forensic_kind.h"

#include <string.h>

// One event a row; of prefetch, one event for each run that the row remembers. The columns keep
// the values as written. What several columns say together is one value more at the end:
// TargetFilename, the path as far as the row knows it.

enum {
    PATH_BYTES_MAX = 1 << 20,
    DAY_SIZE = 8, // 20260131
};

struct forensic_state {
    struct unit_lines lines;
    struct row row;
    struct column_book *book;
    struct column *columns;
    struct buffer path;
    // The header in force
    struct buffer header;
    struct forensic_kind kind;
    struct row_form form;
    const struct shape *shape;
    bool has_header;
};

static void *forensic_new_state(const struct decode_options *options) {
    (void)options;
    struct forensic_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    row_init(&state->row);
    state->book = column_book_new();
    state->columns = memory_new(SHAPE_FIELDS_MAX, sizeof *state->columns);
    buffer_init(&state->path, PATH_BYTES_MAX);
    buffer_init(&state->header, PATH_BYTES_MAX);
    return state;
}

static void forensic_free_state(void *context) {
    struct forensic_state *state = context;
    unit_lines_done(&state->lines);
    row_done(&state->row);
    column_book_free(state->book);
    memory_free(state->columns);
    buffer_done(&state->path);
    buffer_done(&state->header);
    memory_free(state);
}

// What a header line says, under one of the separators that such tables have.
static bool header_read(struct row *row, struct slice line, struct slice path,
                        struct column *columns, struct forensic_kind *ret_kind,
                        struct row_form *ret_form) {
    static const uint8_t separators[] = {',', ';', '\t', '|'};
    for (size_t i = 0; i < ARRAY_SIZE(separators); i++) {
        struct row_form form = {.separator = separators[i], .quoted = true};
        if (row_split(row, line, &form) == ROW_FINE &&
            forensic_kind_find(row->values, row->count, path, columns, ret_kind)) {
            *ret_form = form;
            return true;
        }
    }
    return false;
}

static bool header_take(struct forensic_state *state, struct slice line, struct slice path) {
    if (!header_read(&state->row, line, path, state->columns, &state->kind, &state->form))
        return false;
    const struct forensic_kind *kind = &state->kind;
    uint32_t count = kind->count + forensic_kind_adds_path(kind);
    state->shape = column_book_shape(state->book, kind->format, state->columns, count);
    state->has_header = true;
    buffer_reset(&state->header);
    buffer_append_slice(&state->header, line);
    return true;
}

static struct slice row_text(const struct row *row, int32_t column) {
    if (column < 0 || (uint32_t)column >= row->count || row->values[column].kind != VALUE_UTF8)
        return (struct slice){0};
    return slice_of(row->values[column].data, row->values[column].size);
}

// As clock_parse, and days without dashes as the registry writes them.
static int64_t time_read(struct slice text) {
    int64_t time_ns;
    if (text.size == DAY_SIZE) {
        struct clock_date date = {0};
        int64_t number;
        if (!text_integer(text, &number) || number < 19700101)
            return CLOCK_NONE;
        date.year = number / 10000;
        date.month = (int)(number / 100 % 100);
        date.day = (int)(number % 100);
        return clock_from_date(&date);
    }
    return text.size && clock_parse(text, &time_ns) ? time_ns : CLOCK_NONE;
}

static bool is_blank_byte(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

// "\VOLUME{01d9...}\WINDOWS\A.EXE" without the volume: paths of a volume begin with '\'.
static struct slice volume_path(struct slice path) {
    static const char volume[] = "\\VOLUME{";
    if (!text_equal_fold_ascii(slice_part(path, 0, sizeof volume - 1), SLICE("\\VOLUME{")))
        return path;
    const uint8_t *end = memchr(path.data + 1, '\\', path.size - 1);
    return end ? slice_part(path, (size_t)(end - path.data), SIZE_MAX) : path;
}

// The loaded file that is the program: prefetch keeps 29 characters of its name.
static struct slice loaded_program(struct slice loaded, struct slice name) {
    while (loaded.size) {
        const uint8_t *comma = memchr(loaded.data, ',', loaded.size);
        struct slice one =
            slice_part(loaded, 0, comma ? (size_t)(comma - loaded.data) : loaded.size);
        loaded = slice_part(loaded, one.size + 1, SIZE_MAX);
        while (one.size && is_blank_byte(*one.data))
            one = slice_part(one, 1, SIZE_MAX);
        const uint8_t *slash = one.size ? memrchr(one.data, '\\', one.size) : NULL;
        struct slice last = slash ? slice_part(one, (size_t)(slash - one.data) + 1, SIZE_MAX) : one;
        if (name.size && text_equal_fold_ascii(slice_part(last, 0, name.size), name))
            return volume_path(one);
    }
    return name;
}

// ".\Windows\System32" + "a.exe" is "\Windows\System32\a.exe": of which drive, the row does not
// say.
static void path_join(struct buffer *to, struct slice folder, struct slice name) {
    if (slice_starts(folder, SLICE(".")))
        folder = slice_part(folder, 1, SIZE_MAX);
    buffer_append_slice(to, folder);
    if (!to->size || to->data[to->size - 1] != '\\')
        buffer_append_byte(to, '\\');
    buffer_append_slice(to, name);
}

static void row_add_path(struct forensic_state *state) {
    const struct forensic_kind *kind = &state->kind;
    struct row *row = &state->row;
    struct slice name = row_text(row, kind->path), folder = row_text(row, kind->folder);
    buffer_reset(&state->path);
    if (kind->how == FORENSIC_PREFETCH)
        name = loaded_program(folder, name);
    else if (kind->folder >= 0) {
        path_join(&state->path, folder, name);
        name = buffer_slice(&state->path);
    } else if (kind->how == FORENSIC_TIMELINE) {
        name = volume_path(name);
    }
    row->values[kind->count] = (struct value){.data = name.data,
                                              .size = (uint32_t)name.size,
                                              .kind = name.size ? VALUE_UTF8 : VALUE_NULL};
    row->count = kind->count + 1;
}

static void row_tell(struct forensic_state *state, const struct unit *unit,
                     const struct text_line *line, const struct event_sink *sink) {
    const struct forensic_kind *kind = &state->kind;
    struct event *event = row_event(&state->row, state->shape, unit, line, CLOCK_NONE);
    bool told = false;
    for (size_t i = 0; i < FORENSIC_TIMES_MAX; i++) {
        int64_t time_ns = time_read(row_text(&state->row, kind->times[i]));
        if (time_ns == CLOCK_NONE)
            continue;
        event->time_ns = time_ns;
        event->event_class = NULL;
        sink->event(sink->context, event);
        told = true;
        if (kind->how != FORENSIC_PREFETCH)
            return;
    }
    if (!told)
        sink->event(sink->context, event);
}

static void line_read(struct forensic_state *state, const struct unit *unit, struct text_line *line,
                      const struct event_sink *sink) {
    // Tables put together from several files repeat their header.
    if (slice_equal(line->text, buffer_slice(&state->header)))
        return;
    enum row_fault fault = row_read(&state->row, &state->lines, line, &state->form);
    if (fault == ROW_OPEN)
        line_gap_tell(sink, unit, line, "CSV: a quoted value without an end");
    else if (fault == ROW_MANY)
        line_gap_tell(sink, unit, line, "CSV: more than 4,096 values in a row");
    else if (state->row.count < state->kind.count)
        line_gap_tell(sink, unit, line,
                      unit_lines_at_cut(&state->lines)
                          ? "CSV: the file ends in the middle of a row"
                          : "CSV: a row with fewer values than its header");
    else {
        if (state->row.count > state->kind.count) {
            struct gap gap = {.source = unit->source,
                              .offset = line->offset,
                              .reason = "CSV: a row with more values than its header"};
            sink->gap(sink->context, &gap);
            state->row.count = state->kind.count;
        }
        if (forensic_kind_adds_path(&state->kind))
            row_add_path(state);
        row_tell(state, unit, line, sink);
    }
}

// PowerShell 5 writes a line "#TYPE System.Object" above the header.
static bool is_type_line(struct slice line) {
    return slice_starts(line, SLICE("#TYPE ")) || slice_starts(line, SLICE("\"#TYPE "));
}

static enum status forensic_decode(void *context, const struct unit *unit,
                                   const struct event_sink *sink, struct problem *problem) {
    struct forensic_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    if (status != STATUS_OK)
        return status;
    state->has_header = false;
    struct slice header = unit->header, text;
    while (!state->has_header && text_next_line(&header, &text))
        header_take(state, text, unit->path);
    struct text_line line;
    while (unit_lines_next(&state->lines, &line)) {
        if (line.text.size == 0 || is_type_line(line.text))
            continue;
        if (state->has_header)
            line_read(state, unit, &line, sink);
        else if (!header_take(state, line.text, unit->path))
            line_gap_tell(sink, unit, &line, "CSV: no header above the row");
    }
    return STATUS_OK;
}

static int forensic_recognise(struct slice first, struct slice path) {
    if (slice_starts(first, SLICE("\xEF\xBB\xBF")))
        first = slice_part(first, 3, SIZE_MAX);
    struct slice line;
    bool found = text_next_line(&first, &line);
    if (found && is_type_line(line))
        found = text_next_line(&first, &line);
    if (!found || !line.size || *line.data == '{' || *line.data == '[')
        return 0;
    struct row row;
    struct row_form form;
    struct forensic_kind kind;
    struct column *columns = memory_resize(NULL, SHAPE_FIELDS_MAX, sizeof *columns);
    row_init_unset(&row);
    found = header_read(&row, line, path, columns, &kind, &form);
    row_done(&row);
    memory_free(columns);
    return !found ? 0 : kind.sure ? 95 : 60;
}

const struct decoder decoder_forensic_csv = {
    .name = "forensic_csv",
    .summary = "CSV of MFTECmd, AmcacheParser, AppCompatCacheParser, PECmd; inventories",
    .division = DIVISION_LINES,
    .headed = true,
    .quoted = true,
    .recognise = forensic_recognise,
    .new_state = forensic_new_state,
    .decode = forensic_decode,
    .free_state = forensic_free_state,
};
