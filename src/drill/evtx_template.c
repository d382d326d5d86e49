// BinXML templates and the names in them
// SPDX-License-Identifier: Apache-2.0
#include "drill/evtx_template.h"

#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    TEMPLATE_BYTES_MAX = 32768,
    NAMES_BYTES_MAX = 1 << 20
};

// BinXML tokens (MS-EVEN6 2.2.12).
enum {
    TOKEN_CLOSE_START = 0x02,
    TOKEN_CLOSE_EMPTY = 0x03,
    TOKEN_END = 0x04,
    TOKEN_VALUE = 0x05,
    TOKEN_SUBSTITUTION = 0x0D,
    TOKEN_SUBSTITUTION_OPTIONAL = 0x0E
};

void evtx_names_init(struct evtx_names *names) {
    intern_init(&names->interner, EVTX_NAMES_MAX, NAMES_BYTES_MAX);
}

void evtx_names_done(struct evtx_names *names) {
    intern_done(&names->interner);
}

uint16_t evtx_name_hash(struct slice name) {
    uint32_t hash = 0;
    for (size_t i = 0; i < name.size; i++)
        hash = hash * 65599 + name.data[i]; // names are ASCII
    return (uint16_t)hash;
}

static void add_step(struct evtx_template *template, struct evtx_template_step step) {
    size_t count = template->step_count;
    if ((count & (count - 1)) == 0)
        template->steps =
            memory_resize(template->steps, count ? 2 * count : 1, sizeof *template->steps);
    template->steps[template->step_count++] = step;
}

static void add_bytes(struct evtx_template *template, const void *bytes, size_t size) {
    struct evtx_template_step *last =
        template->step_count ? &template->steps[template->step_count - 1] : NULL;
    if (last && last->kind == STEP_BYTES)
        last->size += (uint32_t)size;
    else
        add_step(template, (struct evtx_template_step){.kind = STEP_BYTES,
                                                       .from = (uint32_t) template->bytes.size,
                                                       .size = (uint32_t)size});
    buffer_append(&template->bytes, bytes, size);
}

static uint32_t find_name(struct evtx_names *names, const char *name) {
    uint32_t number = intern_add(&names->interner, slice_of_string(name));
    assert(number != INTERN_FULL);
    return number;
}

static void open_element(struct evtx_template *template, uint32_t name, bool attributes,
                         uint16_t dependency) {
    add_step(template,
             (struct evtx_template_step){
                 .kind = STEP_OPEN, .more = attributes, .dependency = dependency, .name = name});
}

static void add_attribute(struct evtx_template *template, uint32_t name, bool more) {
    add_step(template,
             (struct evtx_template_step){.kind = STEP_ATTRIBUTE, .more = more, .name = name});
}

static void close_start(struct evtx_template *template, bool attributes) {
    uint8_t token = TOKEN_CLOSE_START;
    if (attributes)
        add_step(template, (struct evtx_template_step){.kind = STEP_ATTRIBUTES_END});
    add_bytes(template, &token, 1);
}

static void end_element(struct evtx_template *template, uint8_t token) {
    if (token == TOKEN_CLOSE_EMPTY) // an empty element always has attributes here
        add_step(template, (struct evtx_template_step){.kind = STEP_ATTRIBUTES_END});
    add_bytes(template, &token, 1);
    add_step(template, (struct evtx_template_step){.kind = STEP_END});
}

static void add_text(struct evtx_template *template, const char *text) {
    struct slice utf8 = slice_of_string(text);
    uint8_t utf16[1024];
    assert(utf8.size <= sizeof utf16 / 2);
    size_t size = evtx_utf16(utf8, utf16);
    uint8_t head[] = {TOKEN_VALUE, EVTX_TEXT, (uint8_t)(size / 2), (uint8_t)(size / 2 >> 8)};
    add_bytes(template, head, sizeof head);
    add_bytes(template, utf16, size);
}

static void add_substitution(struct evtx_template *template, uint8_t token, size_t index,
                             enum evtx_value_type type) {
    uint8_t bytes[] = {token, (uint8_t)index, (uint8_t)(index >> 8), (uint8_t)type};
    add_bytes(template, bytes, sizeof bytes);
}

static void add_optional(struct evtx_template *template, size_t index, enum evtx_value_type type) {
    add_substitution(template, TOKEN_SUBSTITUTION_OPTIONAL, index, type);
}

// <name>substitution</name>, left out when the substitution is empty.
static void add_simple(struct evtx_template *template, uint32_t name, size_t index,
                       enum evtx_value_type type) {
    open_element(template, name, false, (uint16_t)index);
    close_start(template, false);
    add_optional(template, index, type);
    end_element(template, TOKEN_END);
}

static void add_literal(struct evtx_template *template, uint32_t name, const char *text) {
    open_element(template, name, false, EVTX_NO_DEPENDENCY);
    close_start(template, false);
    add_text(template, text);
    end_element(template, TOKEN_END);
}

static void begin(struct evtx_template *template) {
    static const uint8_t fragment[] = {0x0F, 0x01, 0x01, 0x00};
    *template = (struct evtx_template){0};
    buffer_init(&template->bytes, TEMPLATE_BYTES_MAX);
    add_bytes(template, fragment, sizeof fragment);
}

// The GUID names the content: steps, bytes and the names' texts.
static void finish(struct evtx_template *template, const struct evtx_names *names) {
    uint8_t end = 0;
    add_bytes(template, &end, 1);
    assert(!template->bytes.failed);
    struct buffer content;
    buffer_init(&content, 4 * TEMPLATE_BYTES_MAX);
    for (size_t i = 0; i < template->step_count; i++) {
        const struct evtx_template_step *step = &template->steps[i];
        buffer_append_byte(&content, (uint8_t)step->kind);
        buffer_append_u64(&content, step->dependency);
        if (step->kind == STEP_OPEN || step->kind == STEP_ATTRIBUTE)
            buffer_append_slice(&content, intern_text(&names->interner, step->name));
    }
    buffer_append_slice(&content, buffer_slice(&template->bytes));
    uint8_t digest[DIGEST_SHA256_SIZE];
    assert(!content.failed);
    digest_sha256(buffer_slice(&content), digest);
    memcpy(template->guid, digest, sizeof template->guid);
    buffer_done(&content);
}

void evtx_template_done(struct evtx_template *template) {
    memory_free(template->steps);
    buffer_done(&template->bytes);
}

static void add_provider(struct evtx_template *template, struct evtx_names *names,
                         const struct evtx_event_type *type) {
    open_element(template, find_name(names, "Provider"), true, EVTX_NO_DEPENDENCY);
    add_attribute(template, find_name(names, "Name"), type->guid || type->event_source);
    add_text(template, type->provider);
    if (type->guid) {
        add_attribute(template, find_name(names, "Guid"), type->event_source != NULL);
        add_text(template, type->guid);
    }
    if (type->event_source) {
        add_attribute(template, find_name(names, "EventSourceName"), false);
        add_text(template, type->event_source);
    }
    end_element(template, TOKEN_CLOSE_EMPTY);
}

static void add_event_id(struct evtx_template *template, struct evtx_names *names) {
    open_element(template, find_name(names, "EventID"), true, 3);
    add_attribute(template, find_name(names, "Qualifiers"), false);
    add_optional(template, 4, EVTX_UINT16);
    close_start(template, true);
    add_optional(template, 3, EVTX_UINT16);
    end_element(template, TOKEN_END);
}

// <name first=substitution second=substitution/>; second may be NULL.
static void add_attributes_only(struct evtx_template *template, uint32_t name,
                                const uint32_t *attributes, const size_t *indexes,
                                enum evtx_value_type type) {
    open_element(template, name, true, EVTX_NO_DEPENDENCY);
    bool more = attributes[1] != INTERN_FULL;
    add_attribute(template, attributes[0], more);
    add_optional(template, indexes[0], type);
    if (more) {
        add_attribute(template, attributes[1], false);
        add_optional(template, indexes[1], type);
    }
    end_element(template, TOKEN_CLOSE_EMPTY);
}

static void add_time(struct evtx_template *template, struct evtx_names *names) {
    add_attributes_only(template, find_name(names, "TimeCreated"),
                        (uint32_t[]){find_name(names, "SystemTime"), INTERN_FULL}, (size_t[]){6, 0},
                        EVTX_FILETIME);
}

static void add_origin(struct evtx_template *template, struct evtx_names *names) {
    add_attributes_only(
        template, find_name(names, "Correlation"),
        (uint32_t[]){find_name(names, "ActivityID"), find_name(names, "RelatedActivityID")},
        (size_t[]){7, 18}, EVTX_GUID);
    add_attributes_only(template, find_name(names, "Execution"),
                        (uint32_t[]){find_name(names, "ProcessID"), find_name(names, "ThreadID")},
                        (size_t[]){8, 9}, EVTX_UINT32);
}

void evtx_template_init_root(struct evtx_template *template, struct evtx_names *names,
                             const struct evtx_event_type *type) {
    begin(template);
    open_element(template, find_name(names, "Event"), true, EVTX_SUBSTITUTIONS_ROOT - 1);
    add_attribute(template, find_name(names, "xmlns"), false);
    add_text(template, "http://schemas.microsoft.com/win/2004/08/events/event");
    close_start(template, true);
    open_element(template, find_name(names, "System"), false, EVTX_NO_DEPENDENCY);
    close_start(template, false);
    add_provider(template, names, type);
    add_event_id(template, names);
    if (!type->classic)
        add_simple(template, find_name(names, "Version"), 11, EVTX_UINT8);
    add_simple(template, find_name(names, "Level"), 0, EVTX_UINT8);
    add_simple(template, find_name(names, "Task"), 2, EVTX_UINT16);
    if (!type->classic)
        add_simple(template, find_name(names, "Opcode"), 1, EVTX_UINT8);
    add_simple(template, find_name(names, "Keywords"), 5, EVTX_HEX64);
    add_time(template, names);
    add_simple(template, find_name(names, "EventRecordID"), 10, EVTX_UINT64);
    if (!type->classic)
        add_origin(template, names);
    add_literal(template, find_name(names, "Channel"), type->channel);
    open_element(template, find_name(names, "Computer"), false, EVTX_NO_DEPENDENCY);
    close_start(template, false);
    add_step(template, (struct evtx_template_step){.kind = STEP_COMPUTER});
    end_element(template, TOKEN_END);
    add_attributes_only(template, find_name(names, "Security"),
                        (uint32_t[]){find_name(names, "UserID"), INTERN_FULL}, (size_t[]){12, 0},
                        EVTX_SID);
    end_element(template, TOKEN_END);
    add_optional(template, EVTX_SUBSTITUTIONS_ROOT - 1, EVTX_BINXML);
    end_element(template, TOKEN_END);
    finish(template, names);
}

// A template declares a list of texts as a text.
static enum evtx_value_type declared_type(enum evtx_value_type type) {
    enum evtx_value_type plain = type & ~(unsigned)EVTX_OPTIONAL;
    return plain == EVTX_TEXT_LIST ? EVTX_TEXT : plain;
}

static void add_field(struct evtx_template *template, struct evtx_names *names,
                      const struct evtx_event_type *type, size_t index) {
    const struct evtx_field *field = &type->fields[index];
    bool optional = field->type & EVTX_OPTIONAL;
    uint16_t dependency = optional ? (uint16_t)index : EVTX_NO_DEPENDENCY;
    if (type->user_data) {
        open_element(template, find_name(names, field->name), false, dependency);
        close_start(template, false);
    } else if (!field->name) {
        bool binary = declared_type(field->type) == EVTX_BINARY;
        open_element(template, find_name(names, binary ? "Binary" : "Data"), false, dependency);
        close_start(template, false);
    } else {
        open_element(template, find_name(names, "Data"), true, dependency);
        add_attribute(template, find_name(names, "Name"), false);
        add_text(template, field->name);
        close_start(template, true);
    }
    add_substitution(template, optional ? TOKEN_SUBSTITUTION_OPTIONAL : TOKEN_SUBSTITUTION, index,
                     declared_type(field->type));
    end_element(template, TOKEN_END);
}

void evtx_template_init_data(struct evtx_template *template, struct evtx_names *names,
                             const struct evtx_event_type *type) {
    assert(type->field_count <= EVTX_FIELDS_MAX);
    begin(template);
    bool attributes = !type->user_data && type->data_name;
    open_element(template, find_name(names, type->user_data ? "UserData" : "EventData"), attributes,
                 EVTX_NO_DEPENDENCY);
    if (attributes) {
        add_attribute(template, find_name(names, "Name"), false);
        add_text(template, type->data_name);
    }
    close_start(template, attributes);
    if (type->user_data) {
        bool spaced = type->user_data_uri != NULL;
        open_element(template, find_name(names, type->user_data), spaced, EVTX_NO_DEPENDENCY);
        if (spaced) {
            add_attribute(template, find_name(names, "xmlns"), false);
            add_text(template, type->user_data_uri);
        }
        close_start(template, spaced);
    }
    for (size_t i = 0; i < type->field_count; i++)
        add_field(template, names, type, i);
    if (type->user_data)
        end_element(template, TOKEN_END);
    end_element(template, TOKEN_END);
    finish(template, names);
}
