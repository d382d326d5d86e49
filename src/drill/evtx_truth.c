// What was written, as JSON lines
// SPDX-License-Identifier: Apache-2.0
#include "drill/evtx_truth.h"

#include "base/text.h"
#include "drill/evtx_catalogue.h"

#include <string.h>

static void append_hex(struct buffer *buffer, struct slice bytes) {
    static const char digits[] = "0123456789abcdef";
    buffer_append_byte(buffer, '"');
    for (size_t i = 0; i < bytes.size; i++) {
        buffer_append_byte(buffer, (uint8_t)digits[bytes.data[i] >> 4]);
        buffer_append_byte(buffer, (uint8_t)digits[bytes.data[i] & 15]);
    }
    buffer_append_byte(buffer, '"');
}

static void append_key(struct buffer *buffer, const char *key) {
    buffer_append_format(buffer, ",\"%s\":", key);
}

static void append_text(struct buffer *buffer, const char *text) {
    text_append_json(buffer, slice_of_string(text ? text : ""));
}

static void append_list(struct buffer *buffer, struct slice texts) {
    buffer_append_byte(buffer, '[');
    for (bool first = true; texts.size; first = false) {
        const uint8_t *end = memchr(texts.data, 0, texts.size);
        size_t size = end ? (size_t)(end - texts.data) : texts.size;
        if (!first)
            buffer_append_byte(buffer, ',');
        text_append_json(buffer, slice_part(texts, 0, size));
        texts = slice_part(texts, size + 1, SIZE_MAX);
    }
    buffer_append_byte(buffer, ']');
}

static void append_value(struct buffer *buffer, const struct evtx_value *value) {
    switch (value->type) {
    case EVTX_TEXT:
        text_append_json(buffer, value->bytes);
        return;
    case EVTX_TEXT_LIST:
        append_list(buffer, value->bytes);
        return;
    case EVTX_NULL:
        buffer_append_text(buffer, "null");
        return;
    case EVTX_INT8:
        buffer_append_i64(buffer, (int8_t)value->number);
        return;
    case EVTX_INT16:
        buffer_append_i64(buffer, (int16_t)value->number);
        return;
    case EVTX_INT32:
        buffer_append_i64(buffer, (int32_t)value->number);
        return;
    case EVTX_INT64:
        buffer_append_i64(buffer, (int64_t)value->number);
        return;
    default:
        if (value->bytes.data)
            append_hex(buffer, value->bytes);
        else
            buffer_append_u64(buffer, value->number);
    }
}

void evtx_truth_append(struct buffer *buffer, const char *file, uint64_t number,
                       const struct evtx_record *record) {
    const struct evtx_event_type *type = &record->host->catalogue->types[record->type];
    buffer_append_text(buffer, "{\"file\":");
    append_text(buffer, file);
    buffer_append_format(buffer, ",\"record\":%llu", (unsigned long long)number);
    append_key(buffer, "computer");
    append_text(buffer, record->host->computer);
    append_key(buffer, "provider");
    append_text(buffer, type->provider);
    append_key(buffer, "channel");
    append_text(buffer, type->channel);
    buffer_append_format(buffer, ",\"id\":%u,\"level\":%u", type->id, type->level);
    buffer_append_format(buffer, ",\"time\":%llu,\"event_id\":%llu",
                         (unsigned long long)record->time,
                         (unsigned long long)(record->event_id ? record->event_id : number));
    if (!type->classic)
        buffer_append_format(buffer, ",\"process\":%u,\"thread\":%u", record->process_id,
                             record->thread_id);
    append_key(buffer, "user");
    append_hex(buffer, record->user);
    append_key(buffer, "data");
    buffer_append_byte(buffer, '[');
    for (size_t i = 0; i < type->field_count; i++) {
        buffer_append_text(buffer, i ? ",[" : "[");
        append_text(buffer, type->fields[i].name);
        buffer_append_format(buffer, ",%u,", (unsigned)record->values[i].type);
        append_value(buffer, &record->values[i]);
        buffer_append_byte(buffer, ']');
    }
    buffer_append_text(buffer, "]}\n");
}
