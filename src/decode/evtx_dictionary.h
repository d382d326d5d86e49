// Names of a chunk as small numbers
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EVTX_DICTIONARY_H
#define DECODE_EVTX_DICTIONARY_H

#include "base/intern.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    EVTX_NAME_SLOTS = 1024 // 2^10: see evtx_name_slot_place
};

// Numbers of the names that the format itself gives a meaning.
enum evtx_known_name {
    EVTX_NAME_EMPTY,
    EVTX_NAME_EVENT_DATA,
    EVTX_NAME_USER_DATA,
    EVTX_NAME_DATA,
    EVTX_NAME_NAME,
    EVTX_NAME_KNOWN_COUNT,
};

// Texts (names, data names, paths) live as long as the state; which offset holds which name
// is forgotten with the chunk, by counting `generation` up.
struct evtx_dictionary {
    struct interner interner;
    uint32_t generation;
    struct evtx_name_slot {
        uint32_t generation;
        uint32_t offset;
        uint32_t name;
    } slots[EVTX_NAME_SLOTS];
};

void evtx_dictionary_init(struct evtx_dictionary *names);
void evtx_dictionary_done(struct evtx_dictionary *names);

// The next chunk begins.
void evtx_dictionary_forget(struct evtx_dictionary *names);

// The UTF-16 text of the name at `offset` of the chunk; false when it is not wholly inside.
bool evtx_name_bytes(struct slice chunk, uint32_t offset, struct slice *ret_utf16);

// The number of the name at `offset`; INTERN_FULL when it is not inside the chunk, or no
// number is left.
uint32_t evtx_dictionary_at(struct evtx_dictionary *names, struct slice chunk, uint32_t offset);

// The number of a UTF-16 text; INTERN_FULL when it is too long or no number is left.
uint32_t evtx_dictionary_add_utf16(struct evtx_dictionary *names, struct slice utf16);

static inline uint32_t evtx_name_slot_place(uint32_t offset) {
    return offset * 2654435761u >> 22;
}

// Whether the name at `offset` has this number: one look when it was asked in this chunk before.
static inline bool evtx_dictionary_is(struct evtx_dictionary *names, struct slice chunk,
                                      uint32_t offset, uint32_t name) {
    const struct evtx_name_slot *slot = &names->slots[evtx_name_slot_place(offset)];
    if (slot->generation == names->generation && slot->offset == offset)
        return slot->name == name;
    return evtx_dictionary_at(names, chunk, offset) == name;
}

static inline struct slice evtx_dictionary_text(const struct evtx_dictionary *names,
                                                uint32_t name) {
    return intern_text(&names->interner, name);
}

static inline bool evtx_name_is_container(uint32_t name) {
    return name == EVTX_NAME_EVENT_DATA || name == EVTX_NAME_USER_DATA;
}

#endif
