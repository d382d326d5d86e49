// What a value is: its kind and its bytes
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_VALUE_KIND_H
#define MODEL_VALUE_KIND_H

#include <stdbool.h>
#include <stdint.h>

// What the bytes of a value are. The first 0x22 are the value types of BinXML (MS-EVEN6
// 2.2.12; libevtx, "Windows XML Event Log"), so that a decoder takes them over unchanged.
enum value_kind {
    VALUE_NULL = 0x00, // present, and null
    VALUE_UTF16 = 0x01,
    VALUE_ANSI = 0x02,
    VALUE_INT8 = 0x03,
    VALUE_UINT8 = 0x04,
    VALUE_INT16 = 0x05,
    VALUE_UINT16 = 0x06,
    VALUE_INT32 = 0x07,
    VALUE_UINT32 = 0x08,
    VALUE_INT64 = 0x09,
    VALUE_UINT64 = 0x0A,
    VALUE_REAL32 = 0x0B,
    VALUE_REAL64 = 0x0C,
    VALUE_BOOL = 0x0D,
    VALUE_BINARY = 0x0E,
    VALUE_GUID = 0x0F,
    VALUE_SIZE = 0x10, // pointer-sized, 4 or 8 bytes
    VALUE_FILETIME = 0x11,
    VALUE_SYSTEMTIME = 0x12,
    VALUE_SID = 0x13,
    VALUE_HEX32 = 0x14,
    VALUE_HEX64 = 0x15,
    VALUE_BINXML = 0x21,
    // Text formats
    VALUE_UTF8 = 0x40,        // plain UTF-8 (or whatever a text log holds)
    VALUE_JSON_STRING = 0x41, // inside of a JSON string, escapes not undone
    VALUE_JSON_NUMBER = 0x42, // as written
    VALUE_JSON_BOOL = 0x43,   // true or false, as written
    VALUE_JSON_RAW = 0x44,    // an array or object as written
    // Not there at all: an optional substitution without a value
    VALUE_ABSENT = 0x7F,
    VALUE_ARRAY = 0x80, // flag: several of the kind in the low seven bits
};

// A view: lives as long as the batch's bytes. 16 bytes, so that a record's values are one
// short row.
struct value {
    const uint8_t *data;
    uint32_t size;
    uint8_t kind;
    uint8_t reserved[3];
};

// The Sigma view of "is there anything": absent and null are null, "" is empty text.
static inline bool value_is_null(const struct value *value) {
    return value->kind == VALUE_ABSENT || value->kind == VALUE_NULL;
}

#endif
