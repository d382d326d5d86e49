// The table of Windows events that the drill writes
// SPDX-License-Identifier: Apache-2.0
#include "drill/event_types.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    FIELD_TEXT_MAX = 2048
};

struct event_source {
    const char *provider, *guid, *event_source, *channel;
    bool classic;
};

enum source {
#define SOURCE(name, ...) SOURCE_##name,
#define EVENT(...)
#define USER_EVENT(...)
#include "drill/event_type.def"
#undef SOURCE
    SOURCE_COUNT
};

static const struct event_source sources[SOURCE_COUNT] = {
#define SOURCE(name, provider, guid, event_source, channel, classic)                               \
    {provider, guid, event_source, channel, classic},
#include "drill/event_type.def"
#undef SOURCE
#undef EVENT
#undef USER_EVENT
};

static const struct event_row {
    enum source source;
    uint16_t id;
    uint8_t version, level;
    uint16_t task;
    uint8_t opcode;
    uint64_t keywords;
    const char *user_data, *user_data_uri;
    const char *fields;
} rows[DRILL_EVENT_COUNT] = {
#define SOURCE(...)
#define EVENT(name, source, id, version, level, task, opcode, keywords, fields)                    \
    {SOURCE_##source, id, version, level, task, opcode, keywords, NULL, NULL, fields},
#define USER_EVENT(name, source, id, version, level, task, opcode, keywords, element, uri, fields) \
    {SOURCE_##source, id, version, level, task, opcode, keywords, element, uri, fields},
#include "drill/event_type.def"
#undef SOURCE
#undef EVENT
#undef USER_EVENT
};

struct event_types {
    struct evtx_event_type table[DRILL_EVENT_COUNT];
    struct evtx_field fields[DRILL_EVENT_COUNT][EVTX_FIELDS_MAX];
    char *texts[DRILL_EVENT_COUNT]; // field lists, cut up; the names point into them
};

static enum evtx_value_type find_type(const char *name) {
    static const struct {
        const char *name;
        enum evtx_value_type type;
    } types[] = {
        {"sid", EVTX_SID},        {"guid", EVTX_GUID},
        {"size", EVTX_SIZE},      {"time", EVTX_FILETIME},
        {"bool", EVTX_BOOL},      {"u8", EVTX_UINT8},
        {"u16", EVTX_UINT16},     {"u32", EVTX_UINT32},
        {"u64", EVTX_UINT64},     {"i32", EVTX_INT32},
        {"hex32", EVTX_HEX32},    {"hex64", EVTX_HEX64},
        {"list", EVTX_TEXT_LIST}, {"binary", EVTX_BINARY | EVTX_OPTIONAL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    assert(!"event_type.def names a type that there is not");
    return EVTX_TEXT;
}

// Cuts `text` at its blanks and colons. Returns the number of fields.
static size_t read_fields(char *text, struct evtx_field *fields) {
    size_t count = 0;
    while (*text) {
        assert(count < EVTX_FIELDS_MAX);
        size_t size = strcspn(text, " ");
        char *next = text + size + (text[size] ? 1 : 0);
        text[size] = 0;
        char *colon = strchr(text, ':');
        struct evtx_field *field = &fields[count++];
        field->type = colon ? find_type(colon + 1) : EVTX_TEXT;
        if (colon)
            *colon = 0;
        for (char *blank = text; (blank = strchr(blank, '_')); blank++)
            *blank = ' ';
        field->name = *text ? text : NULL;
        text = next;
    }
    return count;
}

struct event_types *event_types_new(void) {
    struct event_types *types = memory_new(1, sizeof *types);
    for (size_t i = 0; i < DRILL_EVENT_COUNT; i++) {
        const struct event_row *row = &rows[i];
        const struct event_source *source = &sources[row->source];
        assert(strlen(row->fields) < FIELD_TEXT_MAX);
        types->texts[i] = memory_keep_text(row->fields, strlen(row->fields));
        types->table[i] = (struct evtx_event_type){
            .provider = source->provider,
            .guid = source->guid,
            .event_source = source->event_source,
            .channel = source->channel,
            .id = row->id,
            .qualifiers = source->event_source || source->classic ? 16384 : 0,
            .version = row->version,
            .level = row->level,
            .opcode = row->opcode,
            .task = row->task,
            .keywords = row->keywords,
            .classic = source->classic,
            .user_data = row->user_data,
            .user_data_uri = row->user_data_uri,
            .fields = types->fields[i],
            .field_count = read_fields(types->texts[i], types->fields[i]),
        };
    }
    return types;
}

void event_types_free(struct event_types *types) {
    if (!types)
        return;
    for (size_t i = 0; i < DRILL_EVENT_COUNT; i++)
        memory_free(types->texts[i]);
    memory_free(types);
}

const struct evtx_event_type *event_types_table(const struct event_types *types) {
    return types->table;
}
