// What goes into a Windows event log
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVTX_EVENT_H
#define DRILL_EVTX_EVENT_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Format: libyal/libevtx, "Windows XML Event Log (EVTX) format"; MS-EVEN6 2.2.12 (BinXml).
//
//     catalogue (event types, names; one a program)
//         └─ host (its root templates: computer, provider and channel are literals)
//                └─ writer (one file): chunks of 64 KiB, records, templates at first use
//
// Nothing here is thread-safe.

// How the bytes of a value are to be read (MS-EVEN6 2.2.12, value types).
enum evtx_value_type {
    EVTX_NULL = 0x00,
    EVTX_TEXT = 0x01, // UTF-8 here, UTF-16 with a closing NUL in the file
    EVTX_ANSI = 0x02, // bytes as they are
    EVTX_INT8 = 0x03,
    EVTX_UINT8 = 0x04,
    EVTX_INT16 = 0x05,
    EVTX_UINT16 = 0x06,
    EVTX_INT32 = 0x07,
    EVTX_UINT32 = 0x08,
    EVTX_INT64 = 0x09,
    EVTX_UINT64 = 0x0A,
    EVTX_REAL32 = 0x0B,
    EVTX_REAL64 = 0x0C,
    EVTX_BOOL = 0x0D,
    EVTX_BINARY = 0x0E,
    EVTX_GUID = 0x0F,
    EVTX_SIZE = 0x10, // written as HexInt64, as a 64-bit Windows does
    EVTX_FILETIME = 0x11,
    EVTX_SYSTEMTIME = 0x12,
    EVTX_SID = 0x13,
    EVTX_HEX32 = 0x14,
    EVTX_HEX64 = 0x15,
    EVTX_BINXML = 0x21,
    EVTX_TEXT_LIST = 0x81, // UTF-8, every text closed by a NUL byte
    EVTX_ARRAY = 0x80,     // or-ed to a type of fixed size: its items, little-endian
    EVTX_OPTIONAL = 0x100, // or-ed to a field's type: values may be EVTX_NULL, and the element
                           // is then left out
};

enum {
    EVTX_FIELDS_MAX = 64,
    EVTX_SID_SIZE_MAX = 68,
    EVTX_GUID_SIZE = 16
};

struct evtx_value {
    enum evtx_value_type type;
    uint64_t number;    // integers, hexadecimals, bool, FILETIME; the bit pattern of a real
    struct slice bytes; // everything else
};

// One <Data Name="name"> of EventData, or one element of UserData. `name` NULL: <Data>
// (or <Binary>) without a name, as classic events have it.
struct evtx_field {
    const char *name;
    enum evtx_value_type type;
};

// What stays the same in every record of one event. Static storage of the caller.
struct evtx_event_type {
    const char *provider;
    const char *guid;         // "{54849625-...}", or NULL for classic sources
    const char *event_source; // EventSourceName attribute, or NULL
    const char *channel;
    uint16_t id;
    uint16_t qualifiers; // written when `classic` or `event_source`
    uint8_t version;
    uint8_t level;
    uint8_t opcode;
    uint16_t task;
    uint64_t keywords;
    bool classic;              // no Version, Opcode, Correlation, Execution in System
    const char *user_data;     // UserData/<this>, or NULL for EventData
    const char *user_data_uri; // its xmlns
    const char *data_name;     // <EventData Name="this">, or NULL
    const struct evtx_field *fields;
    size_t field_count; // at most EVTX_FIELDS_MAX
};

struct evtx_catalogue;
struct evtx_host;

// Compiles the templates of `count` event types (which must outlive the catalogue).
struct evtx_catalogue *evtx_catalogue_new(const struct evtx_event_type *types, size_t count);
void evtx_catalogue_free(struct evtx_catalogue *catalogue);
const struct evtx_event_type *evtx_catalogue_type(const struct evtx_catalogue *catalogue,
                                                  size_t type);

// A computer (its name at most 512 bytes) and its root templates. `number` (from 0) tells hosts of
// one writer apart.
struct evtx_host *evtx_host_new(const struct evtx_catalogue *catalogue, const char *computer,
                                size_t number);
void evtx_host_free(struct evtx_host *host);
const char *evtx_host_computer(const struct evtx_host *host);
size_t evtx_host_number(const struct evtx_host *host);

struct evtx_record {
    const struct evtx_host *host;
    size_t type;       // index into the catalogue's event types
    uint64_t time;     // FILETIME
    uint64_t event_id; // System/EventRecordID; 0: the file's own record number
    uint32_t process_id;
    uint32_t thread_id;
    struct slice user;     // binary SID of Security/UserID, or empty
    struct slice activity; // 16 bytes of Correlation/ActivityID, or empty
    // One a field of the type, in order. A value's type may differ from its field's, as Windows
    // allows (a size that comes as HexInt32); EVTX_NULL only where the field is optional.
    const struct evtx_value *values;
};

// "{54849625-5478-4994-A5BA-3E3B0328C30D}" (braces may be missing) into its 16 bytes in file
// order; false when it is none.
bool evtx_guid_parse(const char *text, uint8_t ret_guid[EVTX_GUID_SIZE]);

// "S-1-5-18" into its bytes; 0 when it is none, else their count.
size_t evtx_sid_parse(const char *text, uint8_t ret_sid[EVTX_SID_SIZE_MAX]);

static inline struct evtx_value evtx_text(const char *text) {
    return (struct evtx_value){.type = EVTX_TEXT, .bytes = slice_of_string(text)};
}

static inline struct evtx_value evtx_number(enum evtx_value_type type, uint64_t number) {
    return (struct evtx_value){.type = type, .number = number};
}

static inline struct evtx_value evtx_bytes(enum evtx_value_type type, struct slice bytes) {
    return (struct evtx_value){.type = type, .bytes = bytes};
}

#endif
