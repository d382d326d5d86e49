// BinXML templates and the names in them
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVTX_TEMPLATE_H
#define DRILL_EVTX_TEMPLATE_H

#include "base/buffer.h"
#include "base/intern.h"
#include "drill/evtx_event.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    EVTX_NAMES_MAX = 16384,
    EVTX_DEPTH_MAX = 8,
    EVTX_SUBSTITUTIONS_ROOT = 20,
    EVTX_NO_DEPENDENCY = 0xFFFF
};

// Names of elements and attributes, shared by all templates of a catalogue.
struct evtx_names {
    struct interner interner;
};

void evtx_names_init(struct evtx_names *names);
void evtx_names_done(struct evtx_names *names);

// The name's hash as the chunk's string table counts it (libevtx, "Name").
uint16_t evtx_name_hash(struct slice name);

// A definition as a row of steps, because a chunk decides where a name lies: the first use of
// a name in a chunk carries the name itself, later uses only its offset, and the sizes of the
// elements around it follow from that.
struct evtx_template {
    uint8_t guid[EVTX_GUID_SIZE]; // from the content, but for the computer
    struct evtx_template_step {
        enum evtx_template_step_kind {
            STEP_BYTES,          // `size` bytes at `from`
            STEP_OPEN,           // start of element `name`
            STEP_ATTRIBUTE,      // attribute `name`
            STEP_ATTRIBUTES_END, // settles the size of the attribute list
            STEP_END,            // settles the size of the element
            STEP_COMPUTER,       // the host's name as a literal
        } kind;
        bool more; // an element with attributes; an attribute that is not the last one
        uint16_t dependency;
        uint32_t name;
        uint32_t from;
        uint32_t size;
    } * steps;
    size_t step_count;
    struct buffer bytes;
};

// A template as one host writes it: equal definitions have equal GUIDs.
struct evtx_definition {
    const struct evtx_template *template;
    const uint8_t *guid;
    struct slice computer; // UTF-16; empty where the template names none
    size_t number;         // the writer's number of it
};

// System, with computer, provider and channel as literals; 20 substitutions, the last of
// which is the event's own data.
void evtx_template_init_root(struct evtx_template *template, struct evtx_names *names,
                             const struct evtx_event_type *type);

// EventData or UserData of one event type: a substitution a field.
void evtx_template_init_data(struct evtx_template *template, struct evtx_names *names,
                             const struct evtx_event_type *type);
void evtx_template_done(struct evtx_template *template);

// UTF-8 to UTF-16LE; `to` must hold 2 bytes for every one of `text`. Returns bytes written.
// What is not UTF-8 becomes U+FFFD.
size_t evtx_utf16(struct slice text, uint8_t *to);

#endif
