// What a rule or detector found, and on which records it stands
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/slice.h"
#include "model/event.h"
#include "model/rule.h"

#include <stdint.h>

// How many records a finding cites at most: the 16 smallest by (time, source, offset), so that
// they do not depend on the order of reading.
enum {
    FINDING_REFERENCES_MAX = 16,
    FINDING_FIELDS_MAX = 64
};

// One cited record.
struct reference {
    struct position position;
    int64_t time_ns;
    uint8_t sha256[DIGEST_SHA256_SIZE]; // of the record's raw bytes; a line without its end
};

// A matched field: what the rule calls it, what ECS calls it (empty: nothing), its text.
struct finding_field {
    struct slice name;
    struct slice ecs;
    struct slice text;
};

// Findings that agree in rule, host, account, class and matched fields are one finding with a
// count. Views: valid until the next finding is asked for.
struct finding {
    const struct rule *rule;
    struct slice host;
    struct slice account;
    struct slice provider;
    struct slice channel;
    int64_t code; // event id; -1: none
    int64_t first_ns;
    int64_t last_ns;
    uint64_t count;
    struct finding_field fields[FINDING_FIELDS_MAX];
    uint32_t field_count;
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
};

// The SHA-256 of an event's record, for a reference to it.
void reference_digest(const struct event *event, uint8_t ret_sha256[DIGEST_SHA256_SIZE]);

// Order of references: time, source, offset.
int reference_compare(const struct reference *a, const struct reference *b);

// Put `reference` into its place among the smallest; what falls off the end is forgotten, an
// equal one is not added twice. Says whether it is kept.
bool reference_insert(struct reference *references, uint32_t *count,
                      const struct reference *reference);

// A copy that lives as long as the arena, also of none; NULL when there is no room.
const struct reference *references_keep(struct arena *arena, const struct reference *references,
                                        uint32_t count);

// Whether reference_insert would keep a record of that time and position, so that a digest is
// only made for records that are cited.
bool reference_would_keep(const struct reference *references, uint32_t count, int64_t time_ns,
                          const struct position *position);

#endif
