// Event log files written by hand, byte for byte
// SPDX-License-Identifier: Apache-2.0
#include "evtx_bytes.h"

#include "base/digest.h"

#include <assert.h>
#include <string.h>

void evtx_bytes_begin(struct evtx_bytes *bytes) {
    memset(bytes, 0, sizeof *bytes);
    memcpy(bytes->file, "ElfFile", 8);
    bytes->chunk = bytes->file + 4096;
    memcpy(bytes->chunk, "ElfChnk", 8);
    bytes->at = 512;
}

static void bytes_put(uint8_t *to, uint64_t number, size_t size) {
    memcpy(to, &number, size); // little-endian, as the file is
}

struct slice evtx_bytes_end(struct evtx_bytes *bytes) {
    uint8_t *chunk = bytes->chunk;
    bytes_put(chunk + 48, bytes->at, 4);
    bytes_put(chunk + 52, digest_crc32(0, slice_of(chunk + 512, bytes->at - 512)), 4);
    uint32_t sum = digest_crc32(0, slice_of(chunk, 120));
    bytes_put(chunk + 124, digest_crc32(sum, slice_of(chunk + 128, 384)), 4);
    return slice_of(bytes->file, sizeof bytes->file);
}

static void bytes_append(struct evtx_bytes *bytes, uint64_t number, uint32_t size) {
    assert(bytes->at + size <= 65536);
    bytes_put(bytes->chunk + bytes->at, number, size);
    bytes->at += size;
}

void evtx_bytes_u8(struct evtx_bytes *bytes, uint32_t number) {
    bytes_append(bytes, number, 1);
}

void evtx_bytes_u16(struct evtx_bytes *bytes, uint32_t number) {
    bytes_append(bytes, number, 2);
}

void evtx_bytes_u32(struct evtx_bytes *bytes, uint32_t number) {
    bytes_append(bytes, number, 4);
}

void evtx_bytes_u64(struct evtx_bytes *bytes, uint64_t number) {
    bytes_append(bytes, number, 8);
}

void evtx_bytes_text(struct evtx_bytes *bytes, const char *ascii) {
    for (; *ascii; ascii++)
        evtx_bytes_u16(bytes, (uint8_t)*ascii);
}

void evtx_bytes_record(struct evtx_bytes *bytes, uint64_t id) {
    bytes->record = bytes->at;
    bytes->is_template = false;
    evtx_bytes_u32(bytes, 0x2A2A);
    evtx_bytes_u32(bytes, 0);
    evtx_bytes_u64(bytes, id);
    evtx_bytes_u64(bytes, 133000000000000000ull + id);
    evtx_bytes_u32(bytes, 0x0001010F);
}

void evtx_bytes_end_record(struct evtx_bytes *bytes) {
    evtx_bytes_u8(bytes, 0);
    uint32_t size = bytes->at + 4 - bytes->record;
    evtx_bytes_u32(bytes, size);
    bytes_put(bytes->chunk + bytes->record + 4, size, 4);
}

uint32_t evtx_bytes_name(struct evtx_bytes *bytes, const char *name, uint32_t at) {
    if (at) {
        evtx_bytes_u32(bytes, at);
        return at;
    }
    at = bytes->at + 4;
    evtx_bytes_u32(bytes, at);
    evtx_bytes_u32(bytes, 0);
    evtx_bytes_u16(bytes, 0);
    evtx_bytes_u16(bytes, (uint32_t)strlen(name));
    evtx_bytes_text(bytes, name);
    evtx_bytes_u16(bytes, 0);
    return at;
}

void evtx_bytes_element(struct evtx_bytes *bytes, const char *name, bool has_attributes) {
    evtx_bytes_u8(bytes, has_attributes ? 0x41 : 0x01);
    if (bytes->is_template)
        evtx_bytes_u16(bytes, 0xFFFF);
    evtx_bytes_u32(bytes, 0);
    evtx_bytes_name(bytes, name, 0);
    if (has_attributes)
        evtx_bytes_u32(bytes, 0);
    else
        evtx_bytes_u8(bytes, 0x02);
}

void evtx_bytes_attribute(struct evtx_bytes *bytes, const char *name) {
    evtx_bytes_u8(bytes, 0x06);
    evtx_bytes_name(bytes, name, 0);
}

void evtx_bytes_value(struct evtx_bytes *bytes, const char *ascii) {
    evtx_bytes_u8(bytes, 0x05);
    evtx_bytes_u8(bytes, 0x01);
    evtx_bytes_u16(bytes, (uint32_t)strlen(ascii));
    evtx_bytes_text(bytes, ascii);
}

void evtx_bytes_substitution(struct evtx_bytes *bytes, uint32_t index, uint32_t kind) {
    evtx_bytes_u8(bytes, 0x0E);
    evtx_bytes_u16(bytes, index);
    evtx_bytes_u8(bytes, kind);
}

void evtx_bytes_leaf(struct evtx_bytes *bytes, const char *name, const char *value) {
    evtx_bytes_element(bytes, name, false);
    evtx_bytes_value(bytes, value);
    evtx_bytes_u8(bytes, 0x04);
}

uint32_t evtx_bytes_define(struct evtx_bytes *bytes, uint8_t guid) {
    evtx_bytes_u8(bytes, 0x0C);
    evtx_bytes_u8(bytes, 0x01);
    evtx_bytes_u32(bytes, guid);
    uint32_t definition = bytes->at + 4;
    evtx_bytes_u32(bytes, definition);
    evtx_bytes_u32(bytes, 0);
    evtx_bytes_u64(bytes, guid);
    evtx_bytes_u64(bytes, 0);
    evtx_bytes_u32(bytes, 0);
    evtx_bytes_u32(bytes, 0x0001010F);
    bytes->is_template = true;
    return definition;
}

void evtx_bytes_end_definition(struct evtx_bytes *bytes, uint32_t definition) {
    evtx_bytes_u8(bytes, 0);
    bytes->is_template = false;
    bytes_put(bytes->chunk + definition + 20, bytes->at - definition - 24, 4);
}

void evtx_bytes_instance(struct evtx_bytes *bytes, uint32_t definition) {
    evtx_bytes_u8(bytes, 0x0C);
    evtx_bytes_u8(bytes, 0x01);
    evtx_bytes_u32(bytes, 0);
    evtx_bytes_u32(bytes, definition);
}
