// An event as its source wrote it
// SPDX-License-Identifier: Apache-2.0
#include "report/event_raw.h"

#include "base/text.h"

#include <string.h>

// The fields of a shape stand in document order, and their paths are the way through the
// document, so the tree is there already: fields that share a segment are one member.
//
//     Event.System.Provider.#attributes.Name   \  one member "System"
//     Event.System.EventID                     /
//     Event.EventData.Image                       one member "EventData"

enum {
    RAW_DEPTH_MAX = 300 // the decoder's own ceiling, nested templates included, is below
};

struct printer {
    const struct event *event;
    const struct shape_field *fields;
    struct buffer *out;
};

// Fields from `from` to before `to`; `offset` is where their paths go on behind this element.
struct span {
    uint32_t from;
    uint32_t to;
    size_t offset;
    uint32_t depth;
};

// The segment that begins at `offset` (a '.' before it is stepped over), escapes in place.
static struct slice path_segment(struct slice path, size_t offset) {
    size_t from = offset + (offset < path.size && path.data[offset] == '.' && offset > 0);
    size_t at = from;
    while (at < path.size && path.data[at] != '.')
        at += path.data[at] == '\\' && at + 1 < path.size ? 2 : 1;
    return slice_part(path, from, at - from);
}

static size_t segment_end(struct slice path, struct slice segment) {
    return segment.data ? (size_t)(segment.data - path.data) + segment.size : path.size;
}

static void printer_key(struct printer *printer, struct slice segment, size_t repeat) {
    struct buffer key;
    buffer_init(&key, printer->out->ceiling);
    for (size_t i = 0; i < segment.size; i++) {
        if (segment.data[i] == '\\' && i + 1 < segment.size)
            i++;
        buffer_append_byte(&key, segment.data[i]);
    }
    if (repeat) {
        buffer_append_byte(&key, '_');
        buffer_append_u64(&key, repeat);
    }
    text_append_json(printer->out, buffer_slice(&key));
    buffer_append_byte(printer->out, ':');
    printer->out->failed = printer->out->failed || key.failed;
    buffer_done(&key);
}

static void printer_comma(struct printer *printer, bool *wrote) {
    if (*wrote)
        buffer_append_byte(printer->out, ',');
    *wrote = true;
}

// Nothing to show: evtx_dump leaves such attributes out and writes null for such elements.
static bool value_is_blank(const struct value *value) {
    if (value_is_null(value))
        return true;
    uint8_t kind = value->kind;
    bool is_counted = kind & VALUE_ARRAY || kind == VALUE_UTF16 || kind == VALUE_ANSI ||
                      kind == VALUE_UTF8 || kind == VALUE_BINARY || kind == VALUE_BINXML;
    return is_counted && value->size == 0;
}

static void printer_scalar(struct printer *printer, const struct value *value, const char *blank) {
    if (value_is_blank(value))
        buffer_append_text(printer->out, blank);
    else
        value_append_json(value, printer->out);
}

// An array of one is that one as text; longer arrays repeat their element and are dealt with
// by the callers.
static void printer_value(struct printer *printer, const struct value *value, const char *blank) {
    if (!(value->kind & VALUE_ARRAY) || value_is_blank(value)) {
        printer_scalar(printer, value, blank);
        return;
    }
    struct buffer text;
    buffer_init(&text, printer->out->ceiling);
    value_append_text(value, &text);
    text_append_json(printer->out, buffer_slice(&text));
    buffer_done(&text);
}

static const struct value *printer_field(const struct printer *printer, uint32_t field) {
    return event_value(printer->event, field);
}

// Members of "#attributes": those that hold something.
static bool printer_attributes(struct printer *printer, struct span span, bool *wrote) {
    bool any = false;
    for (uint32_t i = span.from; i < span.to; i++) {
        struct slice path = printer->fields[i].path;
        struct slice segment = path_segment(path, span.offset);
        const struct value *value = printer_field(printer, i);
        if (!slice_equal(segment, SLICE("#attributes")) || value_is_blank(value))
            continue;
        if (!any) {
            printer_comma(printer, wrote);
            buffer_append_text(printer->out, "\"#attributes\":{");
        }
        printer_comma(printer, &any);
        printer_key(printer, path_segment(path, segment_end(path, segment)), 0);
        printer_value(printer, value, "null");
    }
    if (any)
        buffer_append_byte(printer->out, '}');
    return any;
}

// The unnamed Data elements of a container together.
static void printer_unnamed(struct printer *printer, struct span span) {
    size_t count = 0;
    for (uint32_t i = span.from; i < span.to; i++)
        if (printer->fields[i].form == FIELD_FORM_UNNAMED_DATA) {
            size_t elements = value_count(printer_field(printer, i));
            count += elements ? elements : 1;
        }
    bool wrote = false;
    buffer_append_text(printer->out, count == 1 ? "\"Data\":{\"#text\":" : "\"Data\":{\"#text\":[");
    for (uint32_t i = span.from; i < span.to; i++) {
        if (printer->fields[i].form != FIELD_FORM_UNNAMED_DATA)
            continue;
        const struct value *value = printer_field(printer, i);
        size_t elements = value_count(value);
        if (elements <= 1) {
            printer_comma(printer, &wrote);
            printer_value(printer, value, "\"\"");
            continue;
        }
        for (size_t j = 0; j < elements; j++) {
            struct value element = value_element(value, j);
            printer_comma(printer, &wrote);
            printer_scalar(printer, &element, "\"\"");
        }
    }
    buffer_append_text(printer->out, count == 1 ? "}" : "]}");
}

// One element that is a value and nothing else; an array repeats it.
static void printer_leaf(struct printer *printer, uint32_t field, struct slice segment,
                         bool *wrote) {
    const struct value *value = printer_field(printer, field);
    bool is_data = printer->fields[field].form == FIELD_FORM_NAMED_DATA;
    const char *blank = is_data ? "\"\"" : "null";
    size_t count = value_count(value);
    if (count <= 1) {
        printer_comma(printer, wrote);
        printer_key(printer, segment, 0);
        printer_value(printer, value, blank);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct value element = value_element(value, i);
        printer_comma(printer, wrote);
        printer_key(printer, segment, is_data ? 0 : i);
        printer_scalar(printer, &element, blank);
    }
}

static void printer_element(struct printer *printer, struct span span);

// The first field behind `from` that belongs to another member than `from` does.
static uint32_t span_member_end(const struct printer *printer, struct span span, uint32_t from) {
    struct slice path = printer->fields[from].path;
    struct slice segment = path_segment(path, span.offset);
    uint32_t to = from + 1;
    if (segment_end(path, segment) == path.size)
        return to;
    while (to < span.to) {
        struct slice other = path_segment(printer->fields[to].path, span.offset);
        if (!slice_equal(other, segment) ||
            segment_end(printer->fields[to].path, other) == printer->fields[to].path.size)
            break;
        to++;
    }
    return to;
}

static void printer_children(struct printer *printer, struct span span, bool *wrote) {
    bool unnamed_done = false;
    for (uint32_t at = span.from; at < span.to;) {
        struct slice path = printer->fields[at].path;
        struct slice segment = path_segment(path, span.offset);
        uint32_t to = span_member_end(printer, span, at);
        size_t end = segment_end(path, segment);
        if (printer->fields[at].form == FIELD_FORM_UNNAMED_DATA &&
            slice_equal(segment, SLICE("Data"))) {
            if (!unnamed_done) {
                printer_comma(printer, wrote);
                printer_unnamed(printer, span);
            }
            unnamed_done = true;
        } else if (end == path.size && to == at + 1) {
            if (!slice_equal(segment, SLICE("#text")))
                printer_leaf(printer, at, segment, wrote);
        } else if (!slice_equal(segment, SLICE("#attributes"))) {
            printer_comma(printer, wrote);
            printer_key(printer, segment, 0);
            printer_element(printer, (struct span){at, to, end, span.depth + 1});
        }
        at = to;
    }
}

// The element's own text beside attributes or children.
static const struct value *span_text(const struct printer *printer, struct span span) {
    for (uint32_t i = span.from; i < span.to; i++)
        if (printer->fields[i].form == FIELD_FORM_PLAIN &&
            slice_equal(path_segment(printer->fields[i].path, span.offset), SLICE("#text")) &&
            !value_is_blank(printer_field(printer, i)))
            return printer_field(printer, i);
    return NULL;
}

static bool span_has_children(const struct printer *printer, struct span span) {
    for (uint32_t i = span.from; i < span.to; i++) {
        struct slice segment = path_segment(printer->fields[i].path, span.offset);
        if (!slice_equal(segment, SLICE("#text")) && !slice_equal(segment, SLICE("#attributes")))
            return true;
    }
    return false;
}

static bool span_has_attributes(const struct printer *printer, struct span span) {
    for (uint32_t i = span.from; i < span.to; i++)
        if (slice_equal(path_segment(printer->fields[i].path, span.offset), SLICE("#attributes")) &&
            !value_is_blank(printer_field(printer, i)))
            return true;
    return false;
}

// The value of an element with attributes or children. Calls itself, as deep as paths are.
static void printer_element(struct printer *printer, struct span span) {
    const struct value *text = span_text(printer, span);
    if (span.depth == RAW_DEPTH_MAX ||
        (!span_has_children(printer, span) && !span_has_attributes(printer, span))) {
        printer_value(printer, text ? text : &EVENT_VALUE_ABSENT, "null");
        return;
    }
    bool wrote = false;
    buffer_append_byte(printer->out, '{');
    printer_attributes(printer, span, &wrote);
    if (text) {
        printer_comma(printer, &wrote);
        buffer_append_text(printer->out, "\"#text\":");
        printer_value(printer, text, "null");
    }
    printer_children(printer, span, &wrote);
    buffer_append_byte(printer->out, '}');
}

// A row of a table, or a file: its columns as members. Lines that are JSON are shown as they lie.
static bool event_is_row(const struct event *event) {
    for (uint32_t i = 0; i < event->shape->field_count; i++)
        if (event_value(event, i)->kind == VALUE_UTF8)
            return true;
    return false;
}

static void event_append_row(const struct event *event, struct buffer *buffer) {
    bool wrote = false;
    buffer_append_byte(buffer, '{');
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        if (value->kind == VALUE_ABSENT)
            continue;
        if (wrote)
            buffer_append_byte(buffer, ',');
        wrote = true;
        text_append_json(buffer, event->shape->fields[i].name);
        buffer_append_byte(buffer, ':');
        value_append_json(value, buffer);
    }
    buffer_append_byte(buffer, '}');
}

void event_append_raw_json(const struct event *event, struct buffer *buffer) {
    const struct shape *shape = event->shape;
    if (!shape->format || strcmp(shape->format, "evtx") != 0) {
        if (shape->format && event_is_row(event))
            event_append_row(event, buffer);
        else
            buffer_append_slice(buffer, event->raw);
        return;
    }
    struct printer printer = {event, shape->fields, buffer};
    bool wrote = false;
    buffer_append_byte(buffer, '{');
    printer_children(&printer, (struct span){0, shape->field_count, 0, 0}, &wrote);
    buffer_append_byte(buffer, '}');
}
