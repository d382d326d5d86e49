// Who may see it: the Traffic Light Protocol
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_MARKING_H
#define MODEL_MARKING_H

#include "base/slice.h"

struct rule;

// FIRST, Traffic Light Protocol 2.0. What is not marked may not be shared: it is RED. Where several
// meet, the most restrictive wins.
enum marking {
#define MARKING(symbol, label, name, uuid) MARKING_##symbol,
#include "model/marking.def"
#undef MARKING
    MARKING_COUNT,
};

// "amber", "TLP:AMBER", "white" (TLP 1.0's clear), in any case; RED for everything else.
enum marking marking_of(struct slice label);

enum marking marking_strictest(enum marking a, enum marking b);

// What a rule's tags "tlp.amber" ask (Sigma tags appendix 1.2.0); CLEAR when they ask nothing: the
// rule is then no secret.
enum marking marking_of_rule(const struct rule *rule);

const char *marking_label(enum marking marking); // "amber"; static
const char *marking_name(enum marking marking);  // "TLP:AMBER"; static
const char *marking_uuid(enum marking marking);  // of its STIX marking-definition; static

#endif
