// One record: header, template instances, values
// SPDX-License-Identifier: Apache-2.0
#include "drill/evtx_record.h"

#include <assert.h>
#include <string.h>

enum {
    RECORD_MAGIC = 0x2A2A,
    RECORD_HEADER_SIZE = 24,
    VALUE_SIZE_MAX = 0xFFFF
};

// The bytes of a value of fixed size; 0 for the others.
static size_t fixed_size(enum evtx_value_type type) {
    switch (type) {
    case EVTX_INT8:
    case EVTX_UINT8:
        return 1;
    case EVTX_INT16:
    case EVTX_UINT16:
        return 2;
    case EVTX_INT32:
    case EVTX_UINT32:
    case EVTX_REAL32:
    case EVTX_BOOL:
    case EVTX_HEX32:
        return 4;
    case EVTX_INT64:
    case EVTX_UINT64:
    case EVTX_REAL64:
    case EVTX_SIZE:
    case EVTX_FILETIME:
    case EVTX_HEX64:
        return 8;
    default:
        return 0;
    }
}

// UTF-16 with a NUL after each text; `list` holds several, each closed by a NUL already.
static size_t put_text(struct evtx_chunk *chunk, struct slice text, bool list) {
    size_t room = 2 * text.size + (list ? 0 : 2);
    uint8_t *to = evtx_chunk_take(chunk, room);
    if (!to || room > VALUE_SIZE_MAX) {
        chunk->full = true;
        return 0;
    }
    size_t size = evtx_utf16(text, to);
    if (!list) {
        to[size] = to[size + 1] = 0;
        size += 2;
    }
    chunk->used -= (uint32_t)(room - size);
    return size;
}

static size_t put_value(struct evtx_chunk *chunk, const struct evtx_value *value) {
    if (value->type == EVTX_NULL)
        return 0;
    if (value->type == EVTX_TEXT || value->type == EVTX_TEXT_LIST)
        return put_text(chunk, value->bytes, value->type == EVTX_TEXT_LIST);
    size_t size = fixed_size(value->type);
    const void *from = size ? (const void *)&value->number : value->bytes.data;
    if (!size)
        size = value->bytes.size;
    assert(value->type != EVTX_GUID || size == EVTX_GUID_SIZE);
    uint8_t *to = evtx_chunk_take(chunk, size);
    if (!to || size > VALUE_SIZE_MAX) {
        chunk->full = true;
        return 0;
    }
    if (size)
        memcpy(to, from, size);
    return size;
}

// What the file calls the type: a 64-bit Windows writes HexInt64 where a size is declared.
static uint8_t written_type(enum evtx_value_type type) {
    return (uint8_t)(type == EVTX_SIZE ? EVTX_HEX64 : type);
}

static void set_descriptor(uint8_t *descriptor, size_t size, uint8_t type) {
    descriptor[0] = (uint8_t)size;
    descriptor[1] = (uint8_t)(size >> 8);
    descriptor[2] = type;
    descriptor[3] = 0;
}

//     u32 count, count x {u16 size, u8 type, u8 0}, the values
// Returns where the descriptors lie.
static uint8_t *put_values(struct evtx_chunk *chunk, const struct evtx_value *values,
                           size_t count) {
    uint8_t *head = evtx_chunk_take(chunk, 4 + 4 * count);
    if (!head)
        return NULL;
    uint32_t number = (uint32_t)count;
    memcpy(head, &number, sizeof number);
    for (size_t i = 0; i < count && !chunk->full; i++) {
        size_t size = put_value(chunk, &values[i]);
        set_descriptor(head + 4 + 4 * i, size, written_type(values[i].type));
    }
    return head + 4;
}

static void put_fragment(struct evtx_chunk *chunk) {
    static const uint8_t fragment[] = {0x0F, 0x01, 0x01, 0x00};
    uint8_t *to = evtx_chunk_take(chunk, sizeof fragment);
    if (to)
        memcpy(to, fragment, sizeof fragment);
}

static void put_end(struct evtx_chunk *chunk) {
    uint8_t *to = evtx_chunk_take(chunk, 1);
    if (to)
        *to = 0;
}

static struct evtx_value optional_bytes(enum evtx_value_type type, struct slice bytes) {
    return bytes.size ? evtx_bytes(type, bytes) : (struct evtx_value){0};
}

// The substitutions of a root template, in Windows' order; the event's data comes last.
static void put_system(struct evtx_chunk *chunk, const struct evtx_record *record,
                       uint64_t number) {
    const struct evtx_event_type *type = &record->host->catalogue->types[record->type];
    bool qualified = type->classic || type->event_source;
    struct evtx_value values[EVTX_SUBSTITUTIONS_ROOT] = {
        [0] = evtx_number(EVTX_UINT8, type->level),
        [1] = evtx_number(EVTX_UINT8, type->opcode),
        [2] = evtx_number(EVTX_UINT16, type->task),
        [3] = evtx_number(EVTX_UINT16, type->id),
        [4] = evtx_number(qualified ? EVTX_UINT16 : EVTX_NULL, type->qualifiers),
        [5] = evtx_number(EVTX_HEX64, type->keywords),
        [6] = evtx_number(EVTX_FILETIME, record->time),
        [7] = optional_bytes(EVTX_GUID, record->activity),
        [8] = evtx_number(EVTX_UINT32, record->process_id),
        [9] = evtx_number(EVTX_UINT32, record->thread_id),
        [10] = evtx_number(EVTX_UINT64, record->event_id ? record->event_id : number),
        [11] = evtx_number(EVTX_UINT8, type->version),
        [12] = optional_bytes(EVTX_SID, record->user),
    };
    uint8_t *descriptors = put_values(chunk, values, EVTX_SUBSTITUTIONS_ROOT);
    uint32_t from = chunk->used;
    size_t templates = record->host->catalogue->type_count;
    assert(record->type < templates);
    put_fragment(chunk);
    const struct evtx_template *data = &record->host->catalogue->data[record->type];
    evtx_chunk_put_instance(
        chunk,
        &(struct evtx_definition){.template = data, .guid = data->guid, .number = record->type});
    for (size_t i = 0; i < type->field_count; i++)
        assert(record->values[i].type != EVTX_NULL || (type->fields[i].type & EVTX_OPTIONAL));
    put_values(chunk, record->values, type->field_count);
    put_end(chunk);
    size_t size = chunk->used - from;
    if (size > VALUE_SIZE_MAX)
        chunk->full = true;
    if (!chunk->full)
        set_descriptor(descriptors + 4 * (EVTX_SUBSTITUTIONS_ROOT - 1), size, EVTX_BINXML);
}

//     u32 magic, u32 size, u64 number, FILETIME | BinXML | padding to 8 | u32 size
void evtx_record_put(struct evtx_chunk *chunk, const struct evtx_record *record, uint64_t number) {
    const struct evtx_host *host = record->host;
    const struct evtx_catalogue *catalogue = host->catalogue;
    uint32_t from = chunk->used;
    assert(from % 8 == 0);
    uint32_t root = catalogue->root_of_type[record->type];
    evtx_chunk_take(chunk, RECORD_HEADER_SIZE);
    put_fragment(chunk);
    evtx_chunk_put_instance(
        chunk, &(struct evtx_definition){
                   .template = &catalogue->roots[root],
                   .guid = host->guids[root],
                   .computer = slice_of(host->computer_utf16, host->computer_size),
                   .number = catalogue->type_count + host->number * catalogue->root_count + root,
               });
    put_system(chunk, record, number);
    put_end(chunk);
    size_t padding = (8 - (chunk->used + 4) % 8) % 8;
    uint8_t *tail = evtx_chunk_take(chunk, padding + 4);
    if (!tail)
        return;
    uint32_t head[2] = {RECORD_MAGIC, chunk->used - from};
    memset(tail, 0, padding);
    memcpy(tail + padding, &head[1], 4);
    memcpy(chunk->bytes + from, head, sizeof head);
    memcpy(chunk->bytes + from + 8, &number, 8);
    memcpy(chunk->bytes + from + 16, &record->time, 8);
    if (!chunk->first_record)
        chunk->first_record = number;
    chunk->last_record = number;
    chunk->last_record_offset = from;
}
