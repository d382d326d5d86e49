// Who may see an indicator: TLP as lists write it
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_INDICATOR_MARKING_H
#define MATCH_INDICATOR_MARKING_H

#include "base/slice.h"
#include "model/marking.h"

enum {
    MARKING_DEFINITIONS_MAX = 256, // of one bundle; indicators with others are taken as not marked
};

// What is said of an indicator is 1 + enum marking; 0: nothing, and then it may not be shared.

// The marking-definition objects that a STIX bundle brings along.
struct marking_book {
    struct marking_definition {
        struct slice id; // view into the document
        unsigned marked;
    } rows[MARKING_DEFINITIONS_MAX];
    unsigned count;
};

void marking_book_add(struct marking_book *book, struct slice id, unsigned marked);

// What a marking's id says: of TLP 2.0 and 1.0 (STIX 2.1, 7.2.1.4), or of the book; 0 for one that
// is no TLP.
unsigned marking_book_find(const struct marking_book *book, struct slice id);

// "TLP:AMBER", "tlp:amber+strict", "amber"; 0 for what names no label. Other words behind "tlp:"
// are taken for red: nobody may share what he does not understand.
unsigned marked_of(struct slice text);

// The most restrictive of what is said.
unsigned marked_strictest(unsigned a, unsigned b);

#endif
