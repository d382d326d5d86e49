// Findings made by hand, for the tests of correlation
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_CORRELATE_PLAY_H
#define TESTS_CORRELATE_PLAY_H

#include "../detect/relation_table.h"

#include "correlate/correlate.h"

#include <stddef.h>

#define START_NS (1767571200ll * 1000000000)

enum {
    FINDINGS_MAX = 2048
};

// A fleet with findings; hosts are those of a relation table.
struct play {
    struct relation_table *table;
    struct finding *findings;
    size_t count, at;
    char names[300][24];
};

const struct rule *rule_of(const char *id, enum rule_level level, const char *tag);

void play_init(struct play *play, size_t hosts);
void play_done(struct play *play);

// A finding on a host, `seconds` after the start; `source`: NULL or a host's name.
void play_find(struct play *play, const struct rule *rule, const char *host, const char *source,
               int64_t seconds);
// The last finding sends to a place.
void play_send_last(struct play *play, const char *place);
// Adds a field to the last finding.
void play_tell(struct play *play, const char *name, const char *text);

// What a reconstruction is made of; it points into itself and the play.
struct play_source {
    struct relation_source relations;
    struct correlate_input input;
};
void play_input(struct play *play, struct play_source *ret_source);

struct reconstruction *play_reconstruct(struct play *play);

// Entry at H-000, spread to H-001 (an upgrade server), a wave from there to 30 hosts that send.
void play_campaign(struct play *play);
// H-000 is taken over within a quarter of an hour.
void play_takeover(struct play *play);

// NULL: it is not told there.
const struct campaign_host *host_named(const struct campaign *campaign, const char *name);
// Fails where it is not told.
const struct campaign_stage *stage_of(const struct campaign *campaign, enum stage stage);
// Of whatever campaign or incident; NULL: of none.
const struct campaign_host *host_told(const struct reconstruction *made, const char *name);

#endif
