// Names of a chunk as small numbers
// SPDX-License-Identifier: Apache-2.0
#include "decode/evtx_dictionary.h"

#include "decode/evtx_limits.h"

#include "base/bytes.h"
#include "base/text.h"

#include <assert.h>

enum {
    EVTX_NAME_UNITS_MAX = 1024 // longer ones are no names that a provider could have
};

void evtx_dictionary_init(struct evtx_dictionary *names) {
    *names = (struct evtx_dictionary){.generation = 1};
    intern_init(&names->interner, EVTX_NAMES_MAX, EVTX_NAME_BYTES_MAX);
    static const char *const known[EVTX_NAME_KNOWN_COUNT] = {
        [EVTX_NAME_EMPTY] = "",
        [EVTX_NAME_EVENT_DATA] = "EventData",
        [EVTX_NAME_USER_DATA] = "UserData",
        [EVTX_NAME_DATA] = "Data",
        [EVTX_NAME_NAME] = "Name",
    };
    for (uint32_t i = 0; i < EVTX_NAME_KNOWN_COUNT; i++) {
        uint32_t number = intern_add(&names->interner, slice_of_string(known[i]));
        assert(number == i);
        (void)number;
    }
}

void evtx_dictionary_done(struct evtx_dictionary *names) {
    intern_done(&names->interner);
}

void evtx_dictionary_forget(struct evtx_dictionary *names) {
    names->generation++;
    if (names->generation == 0) {
        memset(names->slots, 0, sizeof names->slots);
        names->generation = 1;
    }
}

bool evtx_name_bytes(struct slice chunk, uint32_t offset, struct slice *ret_utf16) {
    if (!bytes_inside(chunk, offset, EVTX_NAME_HEADER_SIZE))
        return false;
    size_t units = bytes_get_u16(chunk.data + offset + 6);
    if (!bytes_inside(chunk, offset + EVTX_NAME_HEADER_SIZE, 2 * units))
        return false;
    *ret_utf16 = slice_of(chunk.data + offset + EVTX_NAME_HEADER_SIZE, 2 * units);
    return true;
}

uint32_t evtx_dictionary_add_utf16(struct evtx_dictionary *names, struct slice utf16) {
    uint8_t text[3 * EVTX_NAME_UNITS_MAX];
    if (utf16.size > 2 * EVTX_NAME_UNITS_MAX)
        return INTERN_FULL;
    size_t size = text_from_utf16(utf16.data, utf16.size, text);
    return intern_add(&names->interner, slice_of(text, size));
}

uint32_t evtx_dictionary_at(struct evtx_dictionary *names, struct slice chunk, uint32_t offset) {
    struct evtx_name_slot *slot = &names->slots[evtx_name_slot_place(offset)];
    if (slot->generation == names->generation && slot->offset == offset)
        return slot->name;
    struct slice utf16;
    if (!evtx_name_bytes(chunk, offset, &utf16))
        return INTERN_FULL;
    uint32_t name = evtx_dictionary_add_utf16(names, utf16);
    if (name != INTERN_FULL)
        *slot = (struct evtx_name_slot){names->generation, offset, name};
    return name;
}
