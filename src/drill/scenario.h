// A scenario file: organisation, life, attacks
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_SCENARIO_H
#define DRILL_SCENARIO_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"
#include "drill/dice.h"
#include "drill/address.h"
#include "drill/host_role.h"

#include <stdbool.h>
#include <stdint.h>

// YAML; the vocabulary is docs/drill_play.md's and stable: files written for one version of it play
// on later ones. Unknown keys and words, missing ones, numbers out of range are refused with
// "file:line: reason". Texts are NUL-terminated and live as long as the scenario.

enum {
    SCENARIO_CAMPAIGNS_MAX = 8,
    SCENARIO_STEPS_MAX = 256, // of a campaign
    SCENARIO_TECHNIQUES_MAX = 6,
    SCENARIO_WORDS_MAX = 16,
    SCENARIO_VARIANTS_MAX = 16,
    SCENARIO_DAYS_MAX = 366
};

enum step_verb {
#define STEP_VERB(name, ...) STEP_##name,
#include "drill/step_verb.def"
#undef STEP_VERB
    STEP_VERB_COUNT
};

// campaign.md's seven stages, in order, and the eighth that hides the others.
enum attack_stage {
    STAGE_ENTRY,
    STAGE_FOOTHOLD,
    STAGE_ESCALATION,
    STAGE_DELIVERY,
    STAGE_CONTROL,
    STAGE_COLLECTION,
    STAGE_THEFT,
    STAGE_COVER,
    STAGE_COUNT
};

enum life_round_kind {
#define LIFE_ROUND(name, ...) ROUND_##name,
#include "drill/life_round.def"
#undef LIFE_ROUND
    ROUND_COUNT
};

struct scenario_words {
    const char *items[SCENARIO_WORDS_MAX];
    size_t count;
};

// Minutes of a day, [from, to); to < from runs over midnight.
struct scenario_hours {
    uint16_t from, to;
};

struct scenario_server {
    enum host_role role;
    const char *name; // without number; NULL: the role's default
    uint32_t count;
    uint32_t site;
};

struct scenario_site {
    const char *name;
    struct network workstations, servers;
    int32_t zone_seconds;
    uint32_t share; // of the workstations, relative to the other sites'
    uint32_t company;
};

struct scenario_company {
    const char *name, *domain, *netbios;
};

struct scenario_round {
    enum life_round_kind kind;
    uint32_t every_days, first_day;
    uint32_t share_percent; // of the hosts
    uint32_t hosts;         // or so many; 0: by share
    struct scenario_hours hours;
};

struct scenario_life {
    struct scenario_hours hours; // of the people, local time
    uint8_t working_days;        // bit 0 Monday
    struct scenario_round *rounds;
    size_t round_count;
};

// One of these words is drawn by the seed (or given on the command line).
struct scenario_choice {
    struct scenario_words words;
};

struct scenario_step {
    const char *id, *text;
    enum step_verb verb;
    enum attack_stage stage;
    const char *techniques[SCENARIO_TECHNIQUES_MAX]; // "T1190", "T1505.003"
    size_t technique_count;
    uint32_t line;
    struct scenario_words when, unless; // variants: all of `when` drawn, none of `unless`
    uint32_t day;                       // after the campaign's first one
    bool has_time;                      // else drawn within the intruder's hours
    uint16_t minute;                    // of the intruder's day
    uint32_t spread_minutes;            // over which repeated things are spread
    bool from_outside;                  // else from hosts of `from`
    enum host_role from, to;            // HOST_ROLE_COUNT: what the verb makes of it
    bool to_reached, from_reached;      // only hosts the campaign controls by then
    uint32_t company;                   // of `to`; UINT32_MAX: any
    uint32_t count;                     // 0: what the verb makes of it
    uint32_t percent;                   // of those that it could be; 0: count decides
    uint64_t bytes;
    uint32_t days, items, victims; // items: also how many of exploit-web seem to work
    const char *path, *name, *account, *chain, *through;
    struct scenario_words methods, words, what, ports;
};

struct scenario_campaign {
    const char *id, *title, *text;
    int32_t zone_seconds; // of the intruder
    struct scenario_hours hours;
    uint8_t working_days;
    struct scenario_words holidays; // "07-04"
    struct network addresses;       // that the intruder comes from
    uint32_t address_count;
    uint32_t first_day; // within the play
    struct scenario_choice choices[SCENARIO_VARIANTS_MAX];
    size_t choice_count;
    struct scenario_step *steps; // in the file's order, which is that of time
    size_t step_count;
};

struct scenario {
    const char *name, *title, *text;
    int64_t start_ns;     // midnight of the first day, in the first site's zone
    uint32_t days, hosts; // when the command line says nothing
    struct scenario_company *companies;
    size_t company_count;
    struct scenario_site *sites;
    size_t site_count;
    struct scenario_server *servers;
    size_t server_count;
    const char *workstation_name;
    const char *document_system; // of document_systems.def, or NULL: drawn by the seed
    struct scenario_life life;
    struct scenario_campaign *campaigns;
    size_t campaign_count;
    struct arena arena;
};

// STATUS_FORMAT with "PATH:LINE: reason", STATUS_SYSTEM when it cannot be read. Free with
// scenario_free.
enum status scenario_read_file(const char *path, struct scenario **ret_scenario,
                               struct problem *problem);

// The same from bytes; `name` stands for the path in problems.
enum status scenario_read(struct slice text, const char *name, struct scenario **ret_scenario,
                          struct problem *problem);
void scenario_free(struct scenario *scenario);

// The variant words of a campaign: one of each choice. `wanted` words (may be empty) are taken
// where they are a choice's. Same seed, same draw.
void scenario_draw(const struct scenario_campaign *campaign, uint64_t seed,
                   const struct scenario_words *wanted, struct scenario_words *ret_drawn);
bool scenario_step_plays(const struct scenario_step *step, const struct scenario_words *drawn);

// Days that the play must have for these variants: one more than the last step's.
uint32_t scenario_days_needed(const struct scenario_campaign *campaign,
                              const struct scenario_words *drawn);

const char *step_verb_word(enum step_verb verb);
const char *attack_stage_word(enum attack_stage stage);

#endif
