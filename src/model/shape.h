// Where the fields of a kind of record lie
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_SHAPE_H
#define MODEL_SHAPE_H

#include "base/slice.h"

#include <stdint.h>

// A slot says where a field's value is found: which row of values (bank) of the event, and
// which place in it. EVTX: bank 0 = substitutions of the root template, bank 1 = literals of
// the root template, then a pair of banks for each nested template. Text formats: bank 0 =
// the fields of the line.
enum {
    EVENT_BANKS_MAX = 16,
    SHAPE_FIELDS_MAX = 4096,
    SHAPES_MAX = 65536
};

// Id of a shape that lives only until event_sink.event returns: the decoder's book of shapes
// is full (key sets come from attackers too). Nothing about it may be remembered.
#define SHAPE_ID_NONE UINT32_MAX

struct slot {
    uint16_t bank;
    uint16_t index;
};

// What a field is to the record's head. A shape has at most one field of each but NONE.
enum field_role {
    FIELD_ROLE_NONE,
    FIELD_ROLE_PROVIDER,
    FIELD_ROLE_CHANNEL,
    FIELD_ROLE_EVENT_ID,
    FIELD_ROLE_COMPUTER,
    FIELD_ROLE_TIME,
    FIELD_ROLE_RECORD_ID,
    FIELD_ROLE_COUNT,
};

// How EVTX wrote it, where the path does not say; text formats leave it 0.
enum field_form {
    FIELD_FORM_PLAIN,
    FIELD_FORM_NAMED_DATA,   // <Data Name="x"> in EventData or UserData
    FIELD_FORM_UNNAMED_DATA, // <Data> there, one of several perhaps
};

struct shape_field {
    // What rules call it: the EventData name ("Image", "CommandLine"), for unnamed Data
    // "Data", for the head of a Windows event "Provider_Name", "Provider_Guid", "EventID",
    // "Version", "Level", "Task", "Opcode", "Keywords", "EventRecordID", "Channel",
    // "Computer", "Execution_ProcessID", "Execution_ThreadID", "Security_UserID",
    // "Correlation_ActivityID", "TimeCreated_SystemTime"; for other formats the column.
    struct slice name;
    // Where it stands in the source, joined by '.': "Event.EventData.Image",
    // "Event.System.Provider.#attributes.Name". In EVTX a '.' or '\' inside a name has a '\'
    // before it.
    struct slice path;
    struct slot slot;
    enum field_role role;
    enum field_form form;
};

// Worked out once, when first seen; then every record of it pays only for what differs. Owned
// by the decoder state that made it and immutable from then on; `id` is dense within that
// state (and so is only meaningful within one worker).
struct shape {
    uint32_t id;
    uint32_t field_count;
    const struct shape_field *fields;      // in document order; the same name may come twice
    int32_t role_fields[FIELD_ROLE_COUNT]; // index into fields, or -1
    const char *format; // decoder's name, or the shipper's: "evtx", "winlogbeat", "nxlog"
};

#endif
