// Event log files written by hand, byte for byte
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_DECODE_EVTX_BYTES_H
#define TESTS_DECODE_EVTX_BYTES_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One file with one chunk. Offsets in BinXML count from the chunk.
struct evtx_bytes {
    uint8_t file[4096 + 65536];
    uint8_t *chunk;
    uint32_t at;     // next byte of the chunk
    uint32_t record; // where the open record began
    bool is_template;
};

void evtx_bytes_begin(struct evtx_bytes *bytes);

// Free-space offset and checksums as they should be; the size of the file up to the end of
// the chunk.
struct slice evtx_bytes_end(struct evtx_bytes *bytes);

void evtx_bytes_u8(struct evtx_bytes *bytes, uint32_t number);
void evtx_bytes_u16(struct evtx_bytes *bytes, uint32_t number);
void evtx_bytes_u32(struct evtx_bytes *bytes, uint32_t number);
void evtx_bytes_u64(struct evtx_bytes *bytes, uint64_t number);
void evtx_bytes_text(struct evtx_bytes *bytes, const char *ascii); // as UTF-16

void evtx_bytes_record(struct evtx_bytes *bytes, uint64_t id);
void evtx_bytes_end_record(struct evtx_bytes *bytes);

// A name reference. `at` 0: the name follows at once; else it is where a name lies already.
// Returns where the name lies.
uint32_t evtx_bytes_name(struct evtx_bytes *bytes, const char *name, uint32_t at);

// Element start. With attributes, write them, then the token 02; without, too.
void evtx_bytes_element(struct evtx_bytes *bytes, const char *name, bool has_attributes);
void evtx_bytes_attribute(struct evtx_bytes *bytes, const char *name);
void evtx_bytes_value(struct evtx_bytes *bytes, const char *ascii); // token 05
void evtx_bytes_substitution(struct evtx_bytes *bytes, uint32_t index, uint32_t kind);
void evtx_bytes_leaf(struct evtx_bytes *bytes, const char *name, const char *value);

// A template instance whose definition, with the GUID's first byte `guid`, begins here;
// end_definition says its size. Returns the definition's offset.
uint32_t evtx_bytes_define(struct evtx_bytes *bytes, uint8_t guid);
void evtx_bytes_end_definition(struct evtx_bytes *bytes, uint32_t definition);

// A template instance of a definition that is already there.
void evtx_bytes_instance(struct evtx_bytes *bytes, uint32_t definition);

#endif
