// Who may see an indicator: TLP as lists write it
// SPDX-License-Identifier: Apache-2.0
#include "match/indicator_marking.h"

#include "base/text.h"

#include <string.h>

void marking_book_add(struct marking_book *book, struct slice id, unsigned marked) {
    if (book->count < MARKING_DEFINITIONS_MAX && id.size && marked)
        book->rows[book->count++] = (struct marking_definition){id, marked};
}

unsigned marking_book_find(const struct marking_book *book, struct slice id) {
    static const struct {
        const char *uuid;
        enum marking marking;
    } FIRST_EDITION[] = {
        {"613f2e26-407d-48c7-9eca-b8e91df99dc9", MARKING_CLEAR},
        {"34098fce-860f-48ae-8e50-ebd3cc5e41da", MARKING_GREEN},
        {"f88d31f6-486f-44da-b317-01333bde0b82", MARKING_AMBER},
        {"5e57c739-391a-4eb3-b6be-7d15ca92d5ed", MARKING_RED},
    };
    const struct slice start = SLICE("marking-definition--");
    if (!slice_starts(id, start))
        return 0;
    struct slice uuid = slice_part(id, start.size, SIZE_MAX);
    for (int i = 0; i < MARKING_COUNT; i++)
        if (text_equal_fold_ascii(uuid, slice_of_string(marking_uuid((enum marking)i))))
            return 1 + (unsigned)i;
    for (size_t i = 0; i < ARRAY_SIZE(FIRST_EDITION); i++)
        if (text_equal_fold_ascii(uuid, slice_of_string(FIRST_EDITION[i].uuid)))
            return 1 + FIRST_EDITION[i].marking;
    unsigned found = 0;
    for (unsigned i = 0; i < book->count; i++)
        if (slice_equal(book->rows[i].id, id))
            found = marked_strictest(found, book->rows[i].marked);
    return found;
}

unsigned marked_of(struct slice text) {
    if (text.size == 0)
        return 0;
    enum marking marking = marking_of(text);
    bool names = marking != MARKING_RED || text_equal_fold_ascii(text, SLICE("red")) ||
                 text_starts_fold_ascii(text, SLICE("tlp:"));
    return names ? (1 + marking) : 0;
}

unsigned marked_strictest(unsigned a, unsigned b) {
    return a > b ? a : b;
}
