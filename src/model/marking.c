// Who may see it: the Traffic Light Protocol
// SPDX-License-Identifier: Apache-2.0
#include "model/marking.h"

#include "base/text.h"
#include "model/rule.h"

#include <assert.h>

static const struct {
    const char *label, *name, *uuid;
} MARKINGS[] = {
#define MARKING(symbol, label, name, uuid) {label, name, uuid},
#include "model/marking.def"
#undef MARKING
};

enum marking marking_of(struct slice label) {
    if (text_starts_fold_ascii(label, SLICE("tlp:")) ||
        text_starts_fold_ascii(label, SLICE("tlp.")))
        label = slice_part(label, 4, SIZE_MAX);
    for (int i = 0; i < MARKING_COUNT; i++)
        if (text_equal_fold_ascii(label, slice_of_string(MARKINGS[i].label)))
            return (enum marking)i;
    if (text_equal_fold_ascii(label, SLICE("amber-strict")))
        return MARKING_AMBER_STRICT;
    return text_equal_fold_ascii(label, SLICE("white")) ? MARKING_CLEAR : MARKING_RED;
}

enum marking marking_strictest(enum marking a, enum marking b) {
    return a > b ? a : b;
}

enum marking marking_of_rule(const struct rule *rule) {
    enum marking strictest = MARKING_CLEAR;
    for (uint32_t i = 0; i < rule->tag_count; i++)
        if (text_starts_fold_ascii(rule->tags[i], SLICE("tlp.")))
            strictest = marking_strictest(strictest, marking_of(rule->tags[i]));
    return strictest;
}

const char *marking_label(enum marking marking) {
    assert(marking < MARKING_COUNT);
    return MARKINGS[marking].label;
}

const char *marking_name(enum marking marking) {
    assert(marking < MARKING_COUNT);
    return MARKINGS[marking].name;
}

const char *marking_uuid(enum marking marking) {
    assert(marking < MARKING_COUNT);
    return MARKINGS[marking].uuid;
}
