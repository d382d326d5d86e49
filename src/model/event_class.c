// Names and messages of a class of events
// SPDX-License-Identifier: Apache-2.0
#include "model/event_class.h"

#include "base/text.h"
#include "model/field_transform.h"

#include <assert.h>

static uint8_t byte_fold(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

// The first place from `i` on that is no blank and no underscore.
static size_t name_skip(struct slice name, size_t i) {
    while (i < name.size && (name.data[i] == ' ' || name.data[i] == '_'))
        i++;
    return i;
}

// Blanks and underscores left out, ASCII case folded. Nearly every pair differs in its first
// byte.
static bool name_equal_loose(struct slice a, struct slice b) {
    size_t i = name_skip(a, 0);
    size_t n = name_skip(b, 0);
    while (i < a.size && n < b.size) {
        if (byte_fold(a.data[i]) != byte_fold(b.data[n]))
            return false;
        i = name_skip(a, i + 1);
        n = name_skip(b, n + 1);
    }
    return i >= a.size && n >= b.size;
}

typedef bool name_equal(struct slice a, struct slice b);

// Sources out of the shape's own fields, in document order; returns how many there are.
static size_t shape_find(const struct shape *shape, struct slice name, name_equal *equal,
                         struct field_source *ret_sources, size_t ceiling) {
    size_t count = 0;
    for (uint32_t i = 0; i < shape->field_count; i++) {
        if (!equal(shape->fields[i].name, name))
            continue;
        if (count < ceiling)
            ret_sources[count] = (struct field_source){.field = (uint16_t)i};
        count++;
    }
    return count;
}

// EventID, Channel, Computer and the like mean the head of the record: that of an event which
// tells of another (1108) in a data field of the same name is no second event id.
static bool shape_find_head(const struct shape *shape, struct slice name, uint32_t *ret_field) {
    for (size_t role = FIELD_ROLE_NONE + 1; role < FIELD_ROLE_COUNT; role++) {
        int32_t field = shape->role_fields[role];
        if (field >= 0 && slice_equal(shape->fields[field].name, name)) {
            *ret_field = (uint32_t)field;
            return true;
        }
    }
    return false;
}

static size_t shape_resolve(const struct shape *shape, struct slice name,
                            struct field_source *ret_sources, size_t ceiling) {
    uint32_t head;
    if (shape_find_head(shape, name, &head)) {
        if (ceiling)
            ret_sources[0] = (struct field_source){.field = (uint16_t)head};
        return 1;
    }
    static name_equal *const EQUALS[] = {slice_equal, text_equal_fold_ascii, name_equal_loose};
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_SIZE(EQUALS) && count == 0; i++)
        count = shape_find(shape, name, EQUALS[i], ret_sources, ceiling);
    return count;
}

static size_t alias_resolve(const struct event_class *event_class, const struct field_alias *alias,
                            struct field_source *ret_sources, size_t ceiling) {
    struct field_source second = {.field = 0};
    if (alias->raw2.size && !shape_resolve(event_class->shape, alias->raw2, &second, 1))
        return 0;
    size_t count = shape_resolve(event_class->shape, alias->raw, ret_sources, ceiling);
    for (size_t i = 0; i < count && i < ceiling; i++) {
        ret_sources[i].field2 = second.field;
        ret_sources[i].transform = alias->transform;
    }
    return count;
}

size_t event_class_resolve(const struct event_class *event_class, struct slice name,
                           bool by_category, struct field_source *ret_sources, size_t ceiling) {
    assert(event_class->shape->field_count <= SHAPE_FIELDS_MAX);
    size_t count = 0;
    for (size_t i = 0; by_category && i < event_class->alias_count; i++) {
        const struct field_alias *alias = &event_class->aliases[i];
        if (!text_equal_fold_ascii(alias->name, name))
            continue;
        size_t used = count < ceiling ? count : ceiling;
        count += alias_resolve(event_class, alias, ret_sources + used, ceiling - used);
    }
    if (count)
        return count;
    return shape_resolve(event_class->shape, name, ret_sources, ceiling);
}

bool field_source_append_text(const struct event *event, const struct field_source *source,
                              struct buffer *buffer) {
    const struct value *value = event_value(event, source->field);
    if (source->transform == FIELD_TRANSFORM_NONE) {
        if (value_is_null(value))
            return false;
        value_append_text(value, buffer);
        return true;
    }
    const struct value *value2 = event_value(event, source->field2);
    return field_transform_append(source->transform, value, value2, buffer);
}

struct value event_data(const struct event *event, size_t i) {
    const struct shape *shape = event->shape;
    for (uint32_t field = 0; field < shape->field_count; field++) {
        if (!slice_equal(shape->fields[field].name, SLICE("Data")))
            continue;
        const struct value *value = event_value(event, field);
        size_t count = value_count(value);
        if (i < count)
            return value_element(value, i);
        size_t places = count ? count : 1; // an empty Data still takes its place
        if (i < places)
            break;
        i -= places;
    }
    return EVENT_VALUE_ABSENT;
}

// Exchange 2010 to 2019, MSExchange CmdletLogs 1 and 6; the spelling is Exchange's own.
static void cmdlet_append(const struct value *cmdlet, const struct value *parameters, bool failed,
                          struct buffer *buffer) {
    if (value_is_null(cmdlet))
        return;
    buffer_append_text(buffer, failed ? "Cmdlet failed. Cmdlet " : "Cmdlet suceeded. Cmdlet ");
    value_append_text(cmdlet, buffer);
    buffer_append_text(buffer, ", parameters ");
    value_append_text(parameters, buffer);
    buffer_append_byte(buffer, '.');
}

// Rps_Cmdlet logs tell the same cmdlets, also where the event log was cleared.
static const struct value *row_value(const struct event *event, struct slice name) {
    struct field_source source;
    if (!shape_find(event->shape, name, slice_equal, &source, 1))
        return &EVENT_VALUE_ABSENT;
    return event_value(event, source.field);
}

static void row_append(const struct event *event, struct buffer *buffer) {
    const struct value *result = row_value(event, SLICE("ExecutionResult"));
    bool failed = slice_equal(slice_of(result->data, result->size), SLICE("Error"));
    cmdlet_append(row_value(event, SLICE("Cmdlet")), row_value(event, SLICE("Parameters")), failed,
                  buffer);
}

void event_append_message(const struct event *event, struct buffer *buffer) {
    assert(event->event_class);
    if (event->event_class->message == EVENT_MESSAGE_EXCHANGE_CMDLET) {
        struct value cmdlet = event_data(event, 0), parameters = event_data(event, 1);
        cmdlet_append(&cmdlet, &parameters, event->event_class->code == 6, buffer);
    } else if (event->event_class->message == EVENT_MESSAGE_EXCHANGE_ROW) {
        row_append(event, buffer);
    }
}
