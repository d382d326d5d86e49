// What happened: campaigns, incidents, their hosts
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_CAMPAIGN_H
#define MODEL_CAMPAIGN_H

#include "base/slice.h"
#include "model/finding.h"
#include "model/stage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The reconstruction is made once, by correlate, and read by every report. All of it lives in one
// arena and is immutable. Lists are in a fixed order: nothing depends on the order of reading.
// Costs and evidence are millibits, integers (docs/correlate.md has the table of constants).

enum {
    CAMPAIGN_RUNNERS_UP_MAX = 2,
    CAMPAIGN_CITATIONS_MAX = FINDING_REFERENCES_MAX
};

// A sentence never stands without the records that it stands on.
struct sentence {
    struct slice text;
    const struct reference *references; // at least one
    uint32_t reference_count;
};

enum host_state {
    HOST_STATE_CLEARED,   // could have been reached; its own logs cover the time and show nothing
    HOST_STATE_EXPOSED,   // could have been reached; its own logs cannot say
    HOST_STATE_PROBABLE,  // a feasible parent and one weak piece of evidence
    HOST_STATE_CONFIRMED, // own evidence, or exact membership of a wave
};
const char *host_state_name(enum host_state state); // "confirmed"; static

// How a host was reached, and at what cost.
struct explanation {
    int32_t parent;      // index into the campaign's hosts; -1: none of them
    struct slice reason; // "wave", "remote execution (service)", "stolen account", ...
    int32_t cost_millibits;
    int64_t time_ns;
    const struct reference *references;
    uint32_t reference_count;
    bool is_outside; // no parent, and a record shows that somebody came from outside
};

struct campaign_host {
    uint32_t host; // of the fleet; RELATION_NO_HOST for one that no evidence is of
    struct slice name;
    const struct slice *aliases;
    uint32_t alias_count;
    enum host_state state;
    int64_t first_ns, last_ns;
    int32_t evidence_millibits;
    struct explanation best;
    struct explanation runners_up[CAMPAIGN_RUNNERS_UP_MAX];
    uint32_t runner_up_count;
    const struct slice *artefacts; // what to look for and remove
    uint32_t artefact_count;
    const struct slice *accounts; // used there: to reset
    uint32_t account_count;
    unsigned stages; // bit 1 << enum stage
    const struct reference *references;
    uint32_t reference_count;
};

// A host that the intruders could have reached, and nothing shows that they did: exposed or
// cleared. It is none of the campaign's hosts and counts nowhere as one.
struct bystander {
    uint32_t host; // of the fleet; RELATION_NO_HOST: an address that no evidence names
    struct slice name;
    const struct slice *aliases;
    uint32_t alias_count;
    enum host_state state;
    int64_t first_ns;                   // when it could first have been reached
    uint32_t source;                    // from where: index into the campaign's hosts
    struct slice reason;                // a sentence: how, and what its logs say to that
    const struct reference *references; // at least one
    uint32_t reference_count;
};

struct campaign_server {
    uint32_t host;     // index into the campaign's hosts
    struct slice role; // "software-upgrade server", "mail server", ...
    const struct reference *references;
    uint32_t reference_count;
};

struct campaign_stage {
    enum stage stage;
    int64_t first_ns, last_ns;
    uint32_t host_count;
    const struct sentence *sentences; // the story of this stage
    uint32_t sentence_count;
    struct slice techniques; // "T1190, T1505.003"
    const struct reference *references;
    uint32_t reference_count;
};

// An ATT&CK technique, standing on the records of the findings that show it.
struct campaign_technique {
    struct slice id; // "T1003.001"
    unsigned stages; // bit 1 << enum stage: where it is told
    int64_t first_ns;
    const struct reference *references; // at least one
    uint32_t reference_count;
};

// The SHA-256 of a file or program that findings name on a confirmed host.
struct campaign_digest {
    uint32_t host; // index into the campaign's hosts
    struct slice path, sha256;
    const struct reference *references; // at least one
    uint32_t reference_count;
};

struct campaign_wave {
    uint32_t source; // index into the campaign's hosts: a wave is told by where it came from
    struct slice artefact;
    int64_t first_ns, last_ns;
    const uint32_t *hosts; // indices into the campaign's hosts
    uint32_t host_count;
    const struct reference *references;
    uint32_t reference_count;
};

// No two count the same bytes: where several logs show one transfer, one log's figures stand here.
struct campaign_theft {
    uint32_t host;     // index into the campaign's hosts
    struct slice what; // "mailbox export", "upload", "forwarding"
    struct slice destination;
    struct slice gathered_on; // the host inside that it went to; empty: it left
    uint64_t bytes;
    bool at_least; // logs are missing: a lower bound
    int64_t first_ns, last_ns;
    const struct reference *references;
    uint32_t reference_count;
};

// How a place outside dealt with hosts of the campaign.
enum outsider_way {
    OUTSIDER_CAME_IN, // requests and logons came from there
    OUTSIDER_CALLED,  // hosts called it
    OUTSIDER_TOOK,    // data went there
    OUTSIDER_WAY_COUNT
};
const char *outsider_way_name(enum outsider_way way); // "came in"; static

// An address, a name or a mail address that is nobody's of the fleet.
struct campaign_outsider {
    struct slice place;
    unsigned ways;       // bit 1 << enum outsider_way
    uint32_t host;       // index into the campaign's hosts: the first it dealt with
    uint32_t host_count; // how many it dealt with
    int64_t first_ns, last_ns;
    const struct reference *references;
    uint32_t reference_count;
};

struct campaign {
    struct slice id; // stable: of root host, root time, root evidence
    struct slice title;
    bool is_incident;                             // below the gate of a campaign
    int32_t score_millibits, threshold_millibits; // what the gate compared
    struct slice confidence;                      // "high", "medium", "low", with its reason
    struct campaign_host *hosts;                  // entry first, then by (first compromise, name)
    uint32_t host_count;
    struct campaign_server *servers;
    uint32_t server_count;
    struct campaign_stage *stages; // in the order of enum stage, those that have evidence
    uint32_t stage_count;
    const struct campaign_technique *techniques; // of all stages, each once, in their order
    uint32_t technique_count;
    const struct campaign_digest *digests; // of Windows' own programs none
    uint32_t digest_count;
    struct campaign_wave *waves;
    uint32_t wave_count;
    struct campaign_theft *thefts;
    uint32_t theft_count;
    struct campaign_outsider *outsiders; // those that took data first, then called, then came in
    uint32_t outsider_count;
    const struct sentence *remediation; // in the order to do it
    uint32_t remediation_count;
    const struct sentence *unknowns;
    uint32_t unknown_count;
    const struct bystander *bystanders; // exposed before cleared, then by (first, host)
    uint32_t bystander_count;
    uint32_t exposed_count, cleared_count; // those beyond the ceiling of the list as well
};

// A finding that belongs to no campaign and no incident, high or critical.
struct lead {
    const struct rule *rule;
    struct slice host;
    int64_t first_ns;
    uint64_t count;
    const struct reference *references;
    uint32_t reference_count;
};

struct reconstruction {
    struct campaign *campaigns; // by score, falling
    uint32_t campaign_count;
    struct campaign *incidents;
    uint32_t incident_count;
    struct lead *leads;
    uint32_t lead_count;
};

// "E" and base32 digits of the record's SHA-256: five, longer where two cited records would share
// them. NUL-terminated.
enum {
    TAG_SIZE = 12,
    TAG_DIGITS_MIN = 5,
    TAG_DIGITS_MAX = 10
};
void tag_of(const uint8_t sha256[DIGEST_SHA256_SIZE], unsigned digits, char ret_tag[TAG_SIZE]);

#endif
