// JSON lines of many shippers
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "decode/decode.h"
#include "decode/json_shape.h"
#include "decode/json_time.h"
#include "decode/unit_lines.h"
#include "decode/zeek_logs.h"
#include "model/value_json.h"

#include <string.h>

enum {
    UNIT_BYTES_MAX = 64 << 20, // as the intake's longest line
    FIRST_LINES_MAX = 16,      // looked at to recognise a source
};

#define MINUTE_NS (60 * 1000000000ll)
#define ZONE_STEP_NS (15 * MINUTE_NS)
#define ZONE_MAX_NS (14 * 60 * MINUTE_NS)
#define ZONE_LAG_NS (2 * MINUTE_NS)

struct json_state {
    struct json_index index;
    struct json_book book;
    struct json_book single; // for what `book` has no room for
    struct value *values;
    struct json_day day;
    uint8_t *padded; // a line at the end of its unit, with what must follow it
    size_t padded_size;
    uint8_t *piece; // a unit that came as a file
    size_t piece_size;
};

// What stays the same for the lines of a unit.
struct json_unit {
    struct json_state *state;
    const struct unit *unit;
    const struct event_sink *sink;
    const char *zeek_log; // that the file's name says; NULL: none
};

// One line: `text` is what is left of `line` without blanks and the array's punctuation. Both
// lie in the unit or in `padded`; `offset` is of text in the source.
struct json_line {
    struct slice text;
    uint64_t offset;
    uint64_t number;
};

static void *json_new_state(const struct decode_options *options) {
    (void)options;
    struct json_state *state = memory_new(1, sizeof *state);
    json_index_init(&state->index);
    json_book_init(&state->book, false);
    json_book_init(&state->single, true);
    state->values = memory_new(SHAPE_FIELDS_MAX, sizeof *state->values);
    return state;
}

static void json_free_state(void *context) {
    struct json_state *state = context;
    json_index_done(&state->index);
    json_book_done(&state->book);
    json_book_done(&state->single);
    memory_free(state->values);
    memory_free(state->padded);
    memory_free(state->piece);
    memory_free(state);
}

static void *memory_fit(void *memory, size_t *size, size_t wanted) {
    if (wanted <= *size)
        return memory;
    *size = wanted;
    return memory_resize(memory, wanted, 1);
}

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct slice slice_trim(struct slice text) {
    while (text.size && is_blank(text.data[0]))
        text = slice_part(text, 1, text.size);
    while (text.size && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

// A file that is one array with an object a line: "[{...},", "{...}]", or brackets alone.
static struct slice line_trim(struct slice line) {
    line = slice_trim(line);
    if (line.size && (line.data[0] == '[' || line.data[0] == ','))
        line = slice_trim(slice_part(line, 1, line.size));
    if (line.size && line.data[line.size - 1] == ',')
        line.size--;
    line = slice_trim(line);
    if (line.size && line.data[line.size - 1] == ']')
        line.size--;
    return slice_trim(line);
}

static void line_gap(const struct json_unit *unit, const struct json_line *line, size_t from,
                     const char *reason) {
    struct gap gap = {.source = unit->unit->source,
                      .offset = line->offset + from,
                      .bytes = line->text.size - from,
                      .reason = reason};
    unit->sink->gap(unit->sink->context, &gap);
}

// A time without a zone is the shipper's local time when the shipper says what the time was in
// that zone and in UTC: NXLog's EventTime, with EventReceivedTime and @timestamp. The zone is
// a whole number of quarters of an hour; what differs more is delay, and tells nothing.
static int64_t zone_of(struct json_state *state, const struct event *event,
                       const struct json_shape *shape) {
    if (shape->received_local < 0 || shape->received_utc < 0)
        return 0;
    bool local_zoned, utc_zoned;
    int64_t local =
        json_time(&state->day, event_value(event, (uint32_t)shape->received_local), &local_zoned);
    int64_t utc =
        json_time(&state->day, event_value(event, (uint32_t)shape->received_utc), &utc_zoned);
    int64_t zone;
    if (local == CLOCK_NONE || utc == CLOCK_NONE || local_zoned || !utc_zoned ||
        __builtin_sub_overflow(utc, local, &zone) || zone > ZONE_MAX_NS || zone < -ZONE_MAX_NS)
        return 0;
    int64_t steps = (zone + ZONE_MAX_NS + ZONE_STEP_NS / 2) / ZONE_STEP_NS;
    int64_t rounded = steps * ZONE_STEP_NS - ZONE_MAX_NS;
    int64_t lag = zone - rounded;
    return lag <= ZONE_LAG_NS && lag >= -ZONE_LAG_NS ? rounded : 0;
}

static int64_t event_time(struct json_state *state, const struct event *event,
                          const struct json_shape *shape) {
    bool zoned;
    int64_t time_ns = json_time(&state->day, event_role_value(event, FIELD_ROLE_TIME), &zoned);
    int64_t settled;
    if (time_ns == CLOCK_NONE || zoned ||
        __builtin_add_overflow(time_ns, zone_of(state, event, shape), &settled))
        return time_ns;
    return settled;
}

static void line_event(const struct json_unit *unit, const struct json_line *line,
                       const struct json_shape *shape, const struct json_row *row,
                       struct slice raw) {
    struct event event = {
        .shape = &shape->shape,
        .banks = {row->values},
        .bank_sizes = {(uint16_t)row->count},
        .time_ns = CLOCK_NONE,
        .position = {.source = unit->unit->source,
                     .offset = line->offset + (uint64_t)(raw.data - line->text.data),
                     .line = line->number},
        .raw = raw,
    };
    struct value log = EVENT_VALUE_ABSENT;
    if (shape->is_log_unsaid) {
        const char *name = shape->log ? shape->log : unit->zeek_log;
        if (name)
            log = (struct value){(const uint8_t *)name, (uint32_t)strlen(name), VALUE_UTF8, {0}};
        event.banks[1] = &log;
        event.bank_sizes[1] = 1;
    }
    event.time_ns = event_time(unit->state, &event, shape);
    const struct value *record = event_role_value(&event, FIELD_ROLE_RECORD_ID);
    int64_t record_id;
    if (value_is_json(record) && value_json_integer(record, &record_id) && record_id > 0)
        event.position.record_id = (uint64_t)record_id;
    unit->sink->event(unit->sink->context, &event);
}

// The object at *token, with the book that has room for its keys.
static enum json_walk line_walk(struct json_state *state, uint32_t *token, struct json_row *row,
                                const struct json_shape **ret_shape, enum json_fault *ret_fault) {
    enum json_walk walk =
        json_book_walk(&state->book, &state->index, token, row, ret_shape, ret_fault);
    if (walk != JSON_WALK_BOOK_FULL)
        return walk;
    json_book_reset(&state->single);
    return json_book_walk(&state->single, &state->index, token, row, ret_shape, ret_fault);
}

static const char *walk_reason(enum json_walk walk, enum json_fault fault) {
    switch (walk) {
    case JSON_WALK_BROKEN:
        return json_fault_text(fault);
    case JSON_WALK_MANY:
        return "JSON: more than 4,096 fields in a record";
    default:
        return "JSON: the field names of a record are too long";
    }
}

// The objects of a line: one, or several of an array.
static void line_read(const struct json_unit *unit, const struct json_line *line) {
    struct json_state *state = unit->state;
    enum json_fault fault = json_index_build(&state->index, line->text);
    if (fault) {
        line_gap(unit, line, 0, json_fault_text(fault));
        return;
    }
    for (uint32_t token = 0; token < state->index.count;) {
        uint32_t start = state->index.at[token];
        struct json_row row = {.values = state->values};
        const struct json_shape *shape = NULL;
        enum json_walk walk = line_walk(state, &token, &row, &shape, &fault);
        uint8_t after = json_byte(&state->index, token);
        if (!walk && after && after != ',') {
            walk = JSON_WALK_BROKEN;
            fault = JSON_BAD_STRUCTURE;
        }
        if (walk) {
            line_gap(unit, line, start, walk_reason(walk, fault));
            return;
        }
        uint32_t end = state->index.at[token - 1] + 1;
        line_event(unit, line, shape, &row, slice_part(line->text, start, end - start));
        token += after == ',';
    }
}

// The index reads JSON_PADDING bytes past a line: a line near the unit's end is copied.
static struct slice line_pad(struct json_state *state, struct slice text, struct slice bytes) {
    size_t behind = (size_t)(bytes.data + bytes.size - (text.data + text.size));
    if (behind >= JSON_PADDING)
        return text;
    state->padded = memory_fit(state->padded, &state->padded_size, text.size + JSON_PADDING);
    memcpy(state->padded, text.data, text.size);
    memset(state->padded + text.size, 0, JSON_PADDING);
    return slice_of(state->padded, text.size);
}

static void unit_lines(const struct json_unit *unit, struct slice bytes) {
    struct slice rest = bytes;
    bool zeros = bytes.size && memchr(bytes.data, 0, bytes.size);
    if (unit->unit->offset == 0 && slice_starts(rest, SLICE("\xEF\xBB\xBF")))
        rest = slice_part(rest, 3, rest.size);
    for (uint64_t number = unit->unit->first_line; rest.size; number++) {
        const uint8_t *end = memchr(rest.data, '\n', rest.size);
        size_t size = end ? (size_t)(end - rest.data) : rest.size;
        struct slice text = line_trim(slice_of(rest.data, size));
        if (text.size) {
            struct json_line line = {.offset =
                                         unit->unit->offset + (uint64_t)(text.data - bytes.data),
                                     .number = number};
            const struct text_line whole = {
                .text = text, .offset = line.offset, .number = line.number};
            line.text = line_pad(unit->state, text, bytes);
            if (!zeros || !line_zeros_tell(unit->sink, unit->unit, &whole))
                line_read(unit, &line);
        }
        rest = slice_part(rest, size + (end != NULL), rest.size);
    }
}

static enum status json_decode(void *context, const struct unit *unit,
                               const struct event_sink *sink, struct problem *problem) {
    struct json_state *state = context;
    struct json_unit lines = {
        .state = state, .unit = unit, .sink = sink, .zeek_log = zeek_log_of_path(unit->path)};
    struct slice bytes = unit->bytes;
    if (unit->fd >= 0) {
        if (unit->size > UNIT_BYTES_MAX)
            return problem_set_offset(problem, STATUS_LIMIT, unit->offset,
                                      "a piece of JSON lines is longer than 64 MiB");
        state->piece = memory_fit(state->piece, &state->piece_size, (size_t)unit->size + 1);
        bytes =
            slice_of(state->piece, unit_read(unit, unit->offset, (size_t)unit->size, state->piece));
    }
    unit_lines(&lines, bytes);
    return STATUS_OK;
}

struct json_tally {
    unsigned known;
    unsigned unknown;
    unsigned gaps;
};

static void tally_event(void *context, struct event *event) {
    struct json_tally *tally = context;
    if (event->shape->format)
        tally->known++;
    else
        tally->unknown++;
}

static void tally_gap(void *context, const struct gap *gap) {
    (void)gap;
    ((struct json_tally *)context)->gaps++;
}

// Whole lines only, but for a source that is one line.
static struct slice first_lines(struct slice first) {
    size_t size = 0;
    for (unsigned lines = 0; lines < FIRST_LINES_MAX && size < first.size; lines++) {
        const uint8_t *end = memchr(first.data + size, '\n', first.size - size);
        if (!end)
            break;
        size = (size_t)(end - first.data) + 1;
    }
    return size ? slice_of(first.data, size) : first;
}

static int json_recognise(struct slice first, struct slice path) {
    bool lines =
        text_ends_fold_ascii(path, SLICE(".jsonl")) || text_ends_fold_ascii(path, SLICE(".ndjson"));
    struct slice text = first;
    if (slice_starts(text, SLICE("\xEF\xBB\xBF")))
        text = slice_part(text, 3, text.size);
    while (text.size && (is_blank(*text.data) || *text.data == '\n'))
        text = slice_part(text, 1, text.size);
    if (!text.size || (*text.data != '{' && *text.data != '[' && !lines))
        return 0;
    // What a drill knows of itself is no evidence; it is told among the files not understood.
    if (text_ends_fold_ascii(path, SLICE("truth.json")) &&
        slice_starts(text, SLICE("{\"schema\":\"vedette.truth/")))
        return 0;
    struct json_tally tally = {0};
    struct event_sink sink = {&tally, tally_event, tally_gap};
    struct unit unit = {.fd = -1, .bytes = first_lines(text), .first_line = 1};
    void *state = json_new_state(&(struct decode_options){0});
    struct problem problem;
    enum status status = json_decode(state, &unit, &sink, &problem);
    json_free_state(state);
    if (status == STATUS_OK && tally.known)
        return tally.gaps ? 90 : 95;
    if (status == STATUS_OK && tally.unknown)
        return tally.gaps ? 30 : 50;
    // One line longer than what was given, or nothing that can be read.
    bool cut = unit.bytes.size == text.size && slice_starts(text, SLICE("{\""));
    return cut ? 20 : lines ? 5 : 0;
}

const struct decoder decoder_json_lines = {
    .name = "json_lines",
    .summary =
        "JSON lines: evtx_dump, Velociraptor, Winlogbeat, NXLog, Wazuh and others; the gate's log",
    .division = DIVISION_LINES,
    .recognise = json_recognise,
    .new_state = json_new_state,
    .decode = json_decode,
    .free_state = json_free_state,
};
