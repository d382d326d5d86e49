// Events in the names of the Elastic Common Schema
// SPDX-License-Identifier: Apache-2.0
#include "base/chinese.h"
#include "base/text.h"
#include "normalise/ecs_fields.h"
#include "normalise/ecs_form.h"
#include "normalise/ecs_writer.h"
#include "normalise/normalise.h"

#include <assert.h>

// One row of field.def: where it holds, what it reads, how it is shown.
struct ecs_row {
    const char *ecs;
    struct slice name;
    enum ecs_form form;
    enum log_category category;
    enum log_service service;
    int32_t code;
};

static const struct ecs_row ROWS[] = {
#define FIELD(ecs, name, form, category, service, code)                                            \
    {ecs, SLICE(name), ECS_FORM_##form, LOG_CATEGORY_##category, LOG_SERVICE_##service, code},
#include "model/field.def"
#undef FIELD
};

// ECS "event.category" and "event.type" of a category of log sources, both as JSON.
static const struct {
    enum log_category category;
    const char *event_category;
    const char *event_type;
} KINDS[] = {
    {LOG_CATEGORY_PROCESS_CREATION, "[\"process\"]", "[\"start\"]"},
    {LOG_CATEGORY_PROCESS_TERMINATION, "[\"process\"]", "[\"end\"]"},
    {LOG_CATEGORY_PROCESS_ACCESS, "[\"process\"]", "[\"access\"]"},
    {LOG_CATEGORY_PROCESS_TAMPERING, "[\"process\"]", "[\"change\"]"},
    {LOG_CATEGORY_CREATE_REMOTE_THREAD, "[\"process\"]", "[\"change\"]"},
    {LOG_CATEGORY_NETWORK_CONNECTION, "[\"network\"]", "[\"connection\",\"start\"]"},
    {LOG_CATEGORY_DNS_QUERY, "[\"network\"]", "[\"connection\",\"protocol\"]"},
    {LOG_CATEGORY_DRIVER_LOAD, "[\"driver\"]", "[\"start\"]"},
    {LOG_CATEGORY_IMAGE_LOAD, "[\"library\"]", "[\"start\"]"},
    {LOG_CATEGORY_FILE_EVENT, "[\"file\"]", "[\"creation\"]"},
    {LOG_CATEGORY_CREATE_STREAM_HASH, "[\"file\"]", "[\"creation\"]"},
    {LOG_CATEGORY_FILE_EXECUTABLE_DETECTED, "[\"file\"]", "[\"creation\"]"},
    {LOG_CATEGORY_FILE_CHANGE, "[\"file\"]", "[\"change\"]"},
    {LOG_CATEGORY_FILE_DELETE, "[\"file\"]", "[\"deletion\"]"},
    {LOG_CATEGORY_PIPE_CREATED, "[\"file\"]", "[\"access\"]"},
    {LOG_CATEGORY_REGISTRY_EVENT, "[\"registry\"]", "[\"change\"]"},
    {LOG_CATEGORY_ANTIVIRUS, "[\"malware\"]", "[\"info\"]"},
    {LOG_CATEGORY_WEBSERVER, "[\"web\"]", "[\"access\"]"},
    {LOG_CATEGORY_PROXY, "[\"network\",\"web\"]", "[\"access\"]"},
};

enum {
    VALUE_TEXT_CEILING = 16 << 20, // of one value rendered; a record is at most 64 KiB
    SOURCES_MAX = 4,
};

struct ecs_context {
    const struct event *event;
    struct ecs_writer writer;
    struct buffer *buffer;
    struct buffer text; // scratch of one value
};

// Rows that hold everywhere are of the head, and read nothing but the head: an event may have
// data of its own named Version or Level.
static bool row_is_head(const struct ecs_row *row) {
    return row->category == LOG_CATEGORY_NONE && row->service == LOG_SERVICE_NONE;
}

// Whether a row holds in a class; of what is no Windows event the head's rows do not, but for the
// computed ones.
static bool row_holds(const struct ecs_row *row, const struct event_class *event_class) {
    const struct log_source *source = &event_class->log_source;
    if (row->code != 0 && row->code != event_class->code)
        return false;
    if (row_is_head(row) && !event_class->is_windows)
        return row->form >= ECS_FORM_TIME;
    struct log_source_wanted wanted = {.category = row->category, .service = row->service};
    return log_source_fits(source, &wanted);
}

// The text of the row's field out of the first source that has one.
static struct slice row_text(struct ecs_context *context, const struct ecs_row *row) {
    struct field_source sources[SOURCES_MAX];
    size_t count =
        event_class_resolve(context->event->event_class, row->name, true, sources, SOURCES_MAX);
    for (size_t i = 0; i < count && i < SOURCES_MAX; i++) {
        const struct shape_field *field = &context->event->shape->fields[sources[i].field];
        if (row_is_head(row) && ecs_field_part(field, true) != ECS_PART_HEAD)
            continue;
        buffer_reset(&context->text);
        if (!field_source_append_text(context->event, &sources[i], &context->text))
            continue;
        chinese_settle(&context->text, 0);
        struct slice text = ecs_form_text(row->form, buffer_slice(&context->text));
        if (text.size)
            return text;
    }
    return SLICE("");
}

static void time_append(struct ecs_context *context, const char *name) {
    char text[CLOCK_TEXT_SIZE];
    size_t size = clock_format(context->event->time_ns, text);
    if (size == 0)
        return;
    ecs_writer_key(&context->writer, name);
    text_append_json(context->buffer, slice_of(text, size));
}

static void kind_append(struct ecs_context *context, const struct ecs_row *row) {
    for (size_t i = 0; i < ARRAY_SIZE(KINDS); i++) {
        struct log_source_wanted wanted = {.category = KINDS[i].category};
        if (!log_source_fits(&context->event->event_class->log_source, &wanted))
            continue;
        ecs_writer_key(&context->writer, row->ecs);
        buffer_append_text(context->buffer, row->form == ECS_FORM_CATEGORY ? KINDS[i].event_category
                                                                           : KINDS[i].event_type);
        return;
    }
}

static void message_append(struct ecs_context *context, const char *name) {
    buffer_reset(&context->text);
    event_append_message(context->event, &context->text);
    if (context->text.size == 0)
        return;
    ecs_writer_key(&context->writer, name);
    text_append_json(context->buffer, buffer_slice(&context->text));
}

// Texts in GB18030 are shown as UTF-8, and that is said.
static void tags_append(struct ecs_context *context, const char *name) {
    for (uint32_t i = 0; i < context->event->shape->field_count; i++) {
        const struct value *value = event_value(context->event, i);
        struct slice text = slice_of(value->data, value->size);
        if ((value->kind != VALUE_UTF8 && value->kind != VALUE_ANSI) || text_is_utf8(text) ||
            !chinese_is_gb18030(text))
            continue;
        ecs_writer_key(&context->writer, name);
        buffer_append_text(context->buffer, "[\"gb18030\"]");
        return;
    }
}

static void part_append(struct ecs_context *context, const char *name, enum ecs_part part) {
    bool is_known = context->event->event_class->is_windows;
    buffer_reset(&context->text);
    if (!ecs_fields_append(context->event, part, is_known, &context->text))
        return;
    ecs_writer_key(&context->writer, name);
    buffer_append_slice(context->buffer, buffer_slice(&context->text));
    // A part beyond the scratch's ceiling would be cut in the middle.
    context->buffer->failed |= context->text.failed;
}

static void row_append(struct ecs_context *context, const struct ecs_row *row) {
    switch (row->form) {
    case ECS_FORM_TIME:
        time_append(context, row->ecs);
        return;
    case ECS_FORM_KIND:
        ecs_writer_key(&context->writer, row->ecs);
        buffer_append_text(context->buffer, "\"event\"");
        return;
    case ECS_FORM_CATEGORY:
    case ECS_FORM_TYPE:
        kind_append(context, row);
        return;
    case ECS_FORM_MESSAGE:
        message_append(context, row->ecs);
        return;
    case ECS_FORM_TAGS:
        tags_append(context, row->ecs);
        return;
    case ECS_FORM_EVENT_DATA:
        part_append(context, row->ecs, ECS_PART_EVENT_DATA);
        return;
    case ECS_FORM_USER_DATA:
        part_append(context, row->ecs, ECS_PART_USER_DATA);
        return;
    case ECS_FORM_UNMAPPED:
        part_append(context, row->ecs, ECS_PART_OTHER);
        return;
    default:
        break;
    }
    struct slice text = row_text(context, row);
    if (text.size == 0)
        return;
    ecs_writer_key(&context->writer, row->ecs);
    ecs_form_append(row->form, text, context->buffer);
}

void normalise_append_ecs(const struct event *event, struct buffer *buffer) {
    assert(event->event_class);
    struct ecs_context context = {.event = event, .buffer = buffer};
    buffer_init(&context.text, VALUE_TEXT_CEILING);
    ecs_writer_init(&context.writer, buffer);
    for (size_t i = 0; i < ARRAY_SIZE(ROWS); i++)
        if (!ecs_writer_has(&context.writer, ROWS[i].ecs) &&
            row_holds(&ROWS[i], event->event_class))
            row_append(&context, &ROWS[i]);
    ecs_writer_done(&context.writer);
    buffer_done(&context.text);
}

static const char *row_name(const struct event_class *event_class, struct slice name) {
    for (size_t i = 0; i < ARRAY_SIZE(ROWS); i++)
        if (ecs_form_is_whole(ROWS[i].form) && text_equal_fold_ascii(ROWS[i].name, name) &&
            row_holds(&ROWS[i], event_class))
            return ROWS[i].ecs;
    return NULL;
}

const char *normalise_ecs_name(const struct event_class *event_class, struct slice name) {
    const char *ecs = row_name(event_class, name);
    // The evidence's own spelling of a category's field: NewProcessName of 4688.
    for (size_t i = 0; !ecs && i < event_class->alias_count; i++) {
        const struct field_alias *alias = &event_class->aliases[i];
        if (alias->raw2.size == 0 && text_equal_fold_ascii(alias->raw, name))
            ecs = row_name(event_class, alias->name);
    }
    return ecs;
}
