// A Windows record as Winlogbeat ships it
// SPDX-License-Identifier: Apache-2.0
#include "drill/winlogbeat_line.h"

#include "base/clock.h"
#include "base/text.h"
#include "drill/evtx_catalogue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    VALUE_TEXT_SIZE = 256
};

static void append_key(struct buffer *buffer, const char *key) {
    buffer_append_format(buffer, ",\"%s\":", key);
}

static void append_text(struct buffer *buffer, const char *text) {
    text_append_json(buffer, slice_of_string(text ? text : ""));
}

// "S-1-5-21-..." of its bytes.
static void format_sid(struct slice sid, char text[VALUE_TEXT_SIZE]) {
    size_t used = (size_t)snprintf(text, VALUE_TEXT_SIZE, "S-1-%u", sid.size > 7 ? sid.data[7] : 0);
    for (size_t at = 8; at + 4 <= sid.size && used < VALUE_TEXT_SIZE - 12; at += 4) {
        uint32_t part;
        memcpy(&part, sid.data + at, sizeof part);
        used += (size_t)snprintf(text + used, VALUE_TEXT_SIZE - used, "-%" PRIu32, part);
    }
}

static void format_guid(struct slice guid, char text[VALUE_TEXT_SIZE]) {
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    size_t used = 0;
    text[used++] = '{';
    for (size_t i = 0; i < 16 && guid.size == 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[used++] = '-';
        used += (size_t)snprintf(text + used, VALUE_TEXT_SIZE - used, "%02x", guid.data[order[i]]);
    }
    text[used++] = '}';
    text[used] = 0;
}

static void format_hex(struct slice bytes, char text[VALUE_TEXT_SIZE]) {
    size_t used = 0;
    for (size_t i = 0; i < bytes.size && used < VALUE_TEXT_SIZE - 3; i++)
        used += (size_t)snprintf(text + used, VALUE_TEXT_SIZE - used, "%02X", bytes.data[i]);
    text[used] = 0;
}

static void format_number(const struct evtx_value *value, char text[VALUE_TEXT_SIZE]) {
    switch (value->type) {
    case EVTX_HEX32:
    case EVTX_HEX64:
    case EVTX_SIZE:
        snprintf(text, VALUE_TEXT_SIZE, "0x%" PRIx64, value->number);
        return;
    case EVTX_BOOL:
        snprintf(text, VALUE_TEXT_SIZE, "%s", value->number ? "true" : "false");
        return;
    case EVTX_FILETIME:
        clock_format(clock_from_filetime(value->number), text);
        return;
    case EVTX_INT32:
        snprintf(text, VALUE_TEXT_SIZE, "%" PRId32, (int32_t)value->number);
        return;
    default:
        snprintf(text, VALUE_TEXT_SIZE, "%" PRIu64, value->number);
    }
}

static void append_value(struct buffer *buffer, const struct evtx_value *value) {
    char text[VALUE_TEXT_SIZE] = "";
    if (value->type == EVTX_TEXT) {
        text_append_json(buffer, value->bytes);
        return;
    }
    if (value->type == EVTX_SID)
        format_sid(value->bytes, text);
    else if (value->type == EVTX_GUID)
        format_guid(value->bytes, text);
    else if (value->type == EVTX_BINARY)
        format_hex(value->bytes, text);
    else
        format_number(value, text);
    append_text(buffer, text);
}

// Unnamed lists become param1, param2, ...
static size_t append_list(struct buffer *buffer, struct slice texts, size_t number) {
    while (texts.size) {
        const uint8_t *end = memchr(texts.data, 0, texts.size);
        size_t size = end ? (size_t)(end - texts.data) : texts.size;
        buffer_append_format(buffer, "%s\"param%zu\":", number ? "," : "", number + 1);
        text_append_json(buffer, slice_part(texts, 0, size));
        texts = slice_part(texts, size + 1, SIZE_MAX);
        number++;
    }
    return number;
}

static void append_data(struct buffer *buffer, const struct evtx_event_type *type,
                        const struct evtx_record *record) {
    size_t number = 0;
    append_key(buffer, type->user_data ? "user_data" : "event_data");
    buffer_append_byte(buffer, '{');
    for (size_t i = 0; i < type->field_count; i++) {
        const struct evtx_value *value = &record->values[i];
        const char *name = type->fields[i].name;
        if (value->type == EVTX_NULL)
            continue;
        if (value->type == EVTX_TEXT_LIST) {
            number = append_list(buffer, value->bytes, number);
            continue;
        }
        buffer_append_text(buffer, number++ ? "," : "");
        append_text(buffer, name ? name : "Binary");
        buffer_append_byte(buffer, ':');
        append_value(buffer, value);
    }
    buffer_append_byte(buffer, '}');
}

void winlogbeat_append(struct buffer *buffer, const struct evtx_record *record, uint64_t number) {
    static const char *const levels[] = {"information", "critical",    "error",
                                         "warning",     "information", "verbose"};
    const struct evtx_event_type *type = &record->host->catalogue->types[record->type];
    char time[CLOCK_TEXT_SIZE];
    clock_format(clock_from_filetime(record->time), time);
    buffer_append_format(buffer, "{\"@timestamp\":\"%s\"", time);
    buffer_append_format(buffer,
                         ",\"event\":{\"kind\":\"event\",\"code\":\"%u\",\"provider\":", type->id);
    append_text(buffer, type->provider);
    buffer_append_text(buffer, "},\"host\":{\"name\":");
    append_text(buffer, record->host->computer);
    buffer_append_format(buffer, "},\"log\":{\"level\":\"%s\"}",
                         levels[type->level < ARRAY_SIZE(levels) ? type->level : 0]);
    buffer_append_text(buffer,
                       ",\"ecs\":{\"version\":\"8.0.0\"},\"agent\":{\"type\":\"winlogbeat\","
                       "\"version\":\"8.17.0\"},\"winlog\":{\"api\":\"wineventlog\"");
    append_key(buffer, "channel");
    append_text(buffer, type->channel);
    append_key(buffer, "computer_name");
    append_text(buffer, record->host->computer);
    append_key(buffer, "provider_name");
    append_text(buffer, type->provider);
    if (type->guid) {
        append_key(buffer, "provider_guid");
        append_text(buffer, type->guid);
    }
    buffer_append_format(buffer, ",\"event_id\":\"%u\",\"record_id\":%" PRIu64, type->id,
                         record->event_id ? record->event_id : number);
    if (!type->classic)
        buffer_append_format(buffer,
                             ",\"version\":%u,\"process\":{\"pid\":%u,\"thread\":{\"id\":%u}}",
                             type->version, record->process_id, record->thread_id);
    append_data(buffer, type, record);
    buffer_append_text(buffer, "}}");
}
