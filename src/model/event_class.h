// What a class of events means: log source, names, message
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_EVENT_CLASS_H
#define MODEL_EVENT_CLASS_H

#include "base/buffer.h"
#include "base/slice.h"
#include "model/event.h"
#include "model/field_transform.h"
#include "model/log_source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Two events are of one class when shape, provider, channel and event id agree. Everything
// that follows from these four is worked out once, by normalise, and kept here.

// One name of the rules' vocabulary that the evidence spells differently: rules of a category
// say Image, Security 4688 says NewProcessName (Sigma appendix "Taxonomy"). The same name may
// have several rows; each that the shape can serve gives a source.
struct field_alias {
    struct slice name; // what a rule of a category says
    struct slice raw;  // what the evidence says
    struct slice raw2; // second part for the transforms that take two, else empty
    enum field_transform transform;
};

// Where a rule's field is found in events of the class.
struct field_source {
    uint16_t field;  // index into shape->fields
    uint16_t field2; // for the transforms that take two
    enum field_transform transform;
};

struct event_class {
    uint32_t id; // dense within the worker
    const struct shape *shape;
    struct slice provider;
    struct slice channel;
    int64_t code;    // event id; -1 when the record has none
    bool is_windows; // a record of the Windows event log, or of Sysmon for Linux
    struct log_source log_source;
    const struct field_alias *aliases; // static tables of normalise
    size_t alias_count;
    // A text that the product would show for the event beyond its fields, for keyword search
    // (Sigma "keywords"): "Cmdlet suceeded. Cmdlet X, parameters Y."
    enum event_message {
        EVENT_MESSAGE_NONE,
        EVENT_MESSAGE_EXCHANGE_CMDLET, // out of the event log's unnamed Data
        EVENT_MESSAGE_EXCHANGE_ROW,    // the same out of columns Cmdlet, Parameters
    } message;
};

// Where the field `name` lies in events of this class; writes at most `ceiling` sources and
// returns how many there are. A rule with a category sees the category's names first and the
// evidence's own when these give nothing; a rule without sees only the evidence's own. Names
// are compared exactly, without ASCII case when no field fits exactly, and at last without
// blanks and underscores too (Defender writes "Threat Name"). The same name several times
// (unnamed Data) gives several sources; a rule holds when one of them fits. The name of a field
// of the head (EventID, Channel, Computer) means that one alone.
size_t event_class_resolve(const struct event_class *event_class, struct slice name,
                           bool by_category, struct field_source *ret_sources, size_t ceiling);

// Append the text of a source (value_append_text, then the transform). False when the value
// is null or absent: nothing appended.
bool field_source_append_text(const struct event *event, const struct field_source *source,
                              struct buffer *buffer);

// The i-th unnamed Data, over repeated fields and arrays alike; absent when there are fewer.
struct value event_data(const struct event *event, size_t i);

// Append the class's message for this event; nothing when it has none.
void event_append_message(const struct event *event, struct buffer *buffer);

#endif
