// One 64 KiB chunk of an event log
// SPDX-License-Identifier: Apache-2.0
#include "drill/evtx_block.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    TOKEN_OPEN = 0x01,
    TOKEN_VALUE = 0x05,
    TOKEN_ATTRIBUTE = 0x06,
    TOKEN_INSTANCE = 0x0C,
    TOKEN_MORE = 0x40
};

// Where each field of the chunk header lies (libevtx, "Chunk header").
enum {
    AT_FIRST_NUMBER = 8,
    AT_LAST_NUMBER = 16,
    AT_FIRST_IDENTIFIER = 24,
    AT_LAST_IDENTIFIER = 32,
    AT_HEADER_SIZE = 40,
    AT_LAST_OFFSET = 44,
    AT_FREE_OFFSET = 48,
    AT_DATA_CRC = 52,
    AT_FLAGS = 120,
    AT_HEADER_CRC = 124,
    AT_STRINGS = 128,
    AT_TEMPLATES = 384
};

void evtx_chunk_init(struct evtx_chunk *chunk, const struct evtx_names *names,
                     size_t template_count) {
    size_t name_count = names->interner.count;
    *chunk = (struct evtx_chunk){
        .bytes = memory_new(EVTX_CHUNK_SIZE, 1),
        .used = EVTX_CHUNK_HEADER_SIZE,
        .name_offsets = memory_new(name_count, sizeof(uint32_t)),
        .template_offsets = memory_new(template_count, sizeof(uint32_t)),
        .change_capacity = 2 * (name_count + template_count),
        .names = names,
    };
    chunk->changes = memory_new(chunk->change_capacity, sizeof *chunk->changes);
}

void evtx_chunk_done(struct evtx_chunk *chunk) {
    memory_free(chunk->bytes);
    memory_free(chunk->name_offsets);
    memory_free(chunk->template_offsets);
    memory_free(chunk->changes);
}

void evtx_chunk_roll_back(struct evtx_chunk *chunk, uint32_t used, size_t change_count) {
    assert(used <= chunk->used && change_count <= chunk->change_count);
    while (chunk->change_count > change_count) {
        const struct evtx_chunk_change *change = &chunk->changes[--chunk->change_count];
        *change->slot = change->before;
    }
    chunk->used = used;
    chunk->full = false;
}

void evtx_chunk_reset(struct evtx_chunk *chunk) {
    evtx_chunk_roll_back(chunk, EVTX_CHUNK_HEADER_SIZE, 0);
    chunk->first_record = chunk->last_record = 0;
    chunk->last_record_offset = 0;
}

static void change(struct evtx_chunk *chunk, uint32_t *slot, uint32_t value) {
    assert(chunk->change_count < chunk->change_capacity);
    chunk->changes[chunk->change_count++] =
        (struct evtx_chunk_change){.slot = slot, .before = *slot};
    *slot = value;
}

uint8_t *evtx_chunk_take(struct evtx_chunk *chunk, size_t size) {
    if (chunk->full || size > EVTX_CHUNK_ROOM - chunk->used) {
        chunk->full = true;
        return NULL;
    }
    uint8_t *taken = chunk->bytes + chunk->used;
    chunk->used += (uint32_t)size;
    return taken;
}

static void set_u16(uint8_t *to, uint16_t number) {
    memcpy(to, &number, sizeof number);
}

static void set_u32(uint8_t *to, uint32_t number) {
    memcpy(to, &number, sizeof number);
}

static void set_u64(uint8_t *to, uint64_t number) {
    memcpy(to, &number, sizeof number);
}

static void put_u32(struct evtx_chunk *chunk, uint32_t number) {
    uint8_t *to = evtx_chunk_take(chunk, sizeof number);
    if (to)
        set_u32(to, number);
}

// The offset of a name; the name itself follows where it is new to the chunk:
//     u32 older name of the bucket, u16 hash, u16 count, UTF-16, NUL
static void put_name(struct evtx_chunk *chunk, uint32_t name) {
    uint32_t offset = chunk->name_offsets[name];
    if (offset) {
        put_u32(chunk, offset);
        return;
    }
    struct slice text = intern_text(&chunk->names->interner, name);
    uint8_t *to = evtx_chunk_take(chunk, 4 + 8 + 2 * text.size + 2);
    if (!to)
        return;
    offset = (uint32_t)(to + 4 - chunk->bytes);
    uint16_t hash = evtx_name_hash(text);
    uint32_t *bucket = &chunk->strings[hash % EVTX_CHUNK_STRINGS];
    set_u32(to, offset);
    set_u32(to + 4, *bucket);
    set_u16(to + 8, hash);
    size_t size = evtx_utf16(text, to + 12);
    assert(size == 2 * text.size); // names are ASCII
    set_u16(to + 10, (uint16_t)(size / 2));
    set_u16(to + 12 + size, 0);
    change(chunk, bucket, offset);
    change(chunk, &chunk->name_offsets[name], offset);
}

// Elements that are open while a definition is written: where their sizes go.
struct open_element {
    uint32_t size_at;
    uint32_t attributes_at;
};

static void put_open(struct evtx_chunk *chunk, const struct evtx_template_step *step,
                     struct open_element *element) {
    uint8_t *to = evtx_chunk_take(chunk, 7);
    if (!to)
        return;
    to[0] = (uint8_t)(TOKEN_OPEN | (step->more ? TOKEN_MORE : 0));
    set_u16(to + 1, step->dependency);
    element->size_at = chunk->used - 4;
    put_name(chunk, step->name);
    element->attributes_at = chunk->used;
    if (step->more)
        put_u32(chunk, 0);
}

static void put_attribute(struct evtx_chunk *chunk, const struct evtx_template_step *step) {
    uint8_t *to = evtx_chunk_take(chunk, 1);
    if (to)
        to[0] = (uint8_t)(TOKEN_ATTRIBUTE | (step->more ? TOKEN_MORE : 0));
    put_name(chunk, step->name);
}

// Sizes count the bytes after their own four.
static void settle(struct evtx_chunk *chunk, uint32_t at) {
    if (!chunk->full)
        set_u32(chunk->bytes + at, chunk->used - at - 4);
}

static void put_computer(struct evtx_chunk *chunk, struct slice computer) {
    uint8_t *to = evtx_chunk_take(chunk, 4 + computer.size);
    if (!to)
        return;
    to[0] = TOKEN_VALUE;
    to[1] = EVTX_TEXT;
    set_u16(to + 2, (uint16_t)(computer.size / 2));
    memcpy(to + 4, computer.data, computer.size);
}

static void put_body(struct evtx_chunk *chunk, const struct evtx_definition *definition) {
    const struct evtx_template *template = definition->template;
    struct open_element open[EVTX_DEPTH_MAX] = {{0}};
    size_t depth = 0;
    for (size_t i = 0; i < template->step_count && !chunk->full; i++) {
        const struct evtx_template_step *step = &template->steps[i];
        uint8_t *to;
        switch (step->kind) {
        case STEP_BYTES:
            to = evtx_chunk_take(chunk, step->size);
            if (to)
                memcpy(to, template->bytes.data + step->from, step->size);
            break;
        case STEP_OPEN:
            assert(depth < EVTX_DEPTH_MAX);
            put_open(chunk, step, &open[depth++]);
            break;
        case STEP_ATTRIBUTE:
            put_attribute(chunk, step);
            break;
        case STEP_ATTRIBUTES_END:
            assert(depth > 0);
            settle(chunk, open[depth - 1].attributes_at);
            break;
        case STEP_COMPUTER:
            put_computer(chunk, definition->computer);
            break;
        case STEP_END:
            assert(depth > 0);
            settle(chunk, open[--depth].size_at);
            break;
        }
    }
    assert(chunk->full || depth == 0);
}

// The bucket of a definition: the names' hash over the GUID's eight 16-bit words.
static uint32_t *find_template_bucket(struct evtx_chunk *chunk, const uint8_t *guid) {
    uint32_t hash = 0;
    for (size_t i = 0; i < EVTX_GUID_SIZE; i += 2)
        hash = hash * 65599 + bytes_get_u16(guid + i);
    return &chunk->templates[hash % EVTX_CHUNK_TEMPLATES];
}

//     0c 01 u32 identifier, u32 offset of the definition
//     definition: u32 older one of the bucket, GUID, u32 size, body
void evtx_chunk_put_instance(struct evtx_chunk *chunk, const struct evtx_definition *definition) {
    uint8_t *to = evtx_chunk_take(chunk, 10);
    if (!to)
        return;
    uint32_t offset = chunk->template_offsets[definition->number];
    bool known = offset != 0;
    if (!known)
        offset = chunk->used;
    to[0] = TOKEN_INSTANCE;
    to[1] = 1;
    memcpy(to + 2, definition->guid, 4);
    set_u32(to + 6, offset);
    if (known)
        return;
    uint8_t *head = evtx_chunk_take(chunk, 24);
    if (!head)
        return;
    uint32_t *bucket = find_template_bucket(chunk, definition->guid);
    set_u32(head, *bucket);
    memcpy(head + 4, definition->guid, EVTX_GUID_SIZE);
    change(chunk, bucket, offset);
    change(chunk, &chunk->template_offsets[definition->number], offset);
    put_body(chunk, definition);
    settle(chunk, offset + 20);
}

void evtx_chunk_seal(struct evtx_chunk *chunk) {
    uint8_t *bytes = chunk->bytes;
    memset(bytes, 0, AT_STRINGS);
    memset(bytes + chunk->used, 0, EVTX_CHUNK_SIZE - chunk->used);
    memcpy(bytes, "ElfChnk", 8);
    set_u64(bytes + AT_FIRST_NUMBER, chunk->first_record);
    set_u64(bytes + AT_LAST_NUMBER, chunk->last_record);
    set_u64(bytes + AT_FIRST_IDENTIFIER, chunk->first_record);
    set_u64(bytes + AT_LAST_IDENTIFIER, chunk->last_record);
    set_u32(bytes + AT_HEADER_SIZE, 128);
    set_u32(bytes + AT_LAST_OFFSET, chunk->last_record_offset);
    set_u32(bytes + AT_FREE_OFFSET, chunk->used);
    set_u32(bytes + AT_FLAGS, 1);
    memcpy(bytes + AT_STRINGS, chunk->strings, sizeof chunk->strings);
    memcpy(bytes + AT_TEMPLATES, chunk->templates, sizeof chunk->templates);
    struct slice whole = {bytes, EVTX_CHUNK_SIZE};
    size_t data_size = chunk->used - EVTX_CHUNK_HEADER_SIZE;
    set_u32(bytes + AT_DATA_CRC,
            digest_crc32(0, slice_part(whole, EVTX_CHUNK_HEADER_SIZE, data_size)));
    uint32_t crc = digest_crc32(0, slice_part(whole, 0, AT_FLAGS));
    crc = digest_crc32(crc, slice_part(whole, AT_STRINGS, EVTX_CHUNK_HEADER_SIZE - AT_STRINGS));
    set_u32(bytes + AT_HEADER_CRC, crc);
}
