// From trees to campaigns that can be told
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_ASSEMBLY_H
#define CORRELATE_ASSEMBLY_H

#include "base/buffer.h"
#include "correlate/gate.h"
#include "correlate/logon_book.h"

enum {
    CITATIONS_LEAD_MAX = 4
};

// A growing union of references: the smallest ones, behind those that lead.
struct citations {
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t count;
    struct reference lead[CITATIONS_LEAD_MAX];
    uint32_t lead_count;
};

enum {
    CAMPAIGN_LIST_MAX = 12, // artefacts of a host; names in a sentence
    CAMPAIGN_ACCOUNTS_MAX = 1024
};

// An account that the campaign in work used.
struct used_account {
    struct slice name;                  // as it is spelled best
    uint32_t places[CAMPAIGN_LIST_MAX]; // hosts where it was, the first
    uint32_t place_count, last_place;
    struct reference references[2]; // one, at least, names it
    uint32_t cited;
    bool cites_logon; // the first of them
};

// What the parts of the assembly have in common. All results live in `arena`.
struct assembly {
    const struct correlate_input *input;
    const struct clue_book *book;
    const struct edge_list *edges;
    const struct forest *forest;
    const struct hidden_list *hidden;
    struct arena arena;
    struct buffer text; // of the sentence in work
    uint32_t *places;   // by host of the cast: its place in the campaign in work, or FOREST_NONE
    uint32_t *members;  // hosts of the campaign in work, in its order
    uint32_t member_count;
    uint8_t *told; // by number of the clue, of members of the campaign in work: enum stage, in
                   // which it is told, or STAGE_NONE
    struct citations left_out; // of high clues, by others' accounts, that no stage tells
    uint32_t left_out_count;
    const struct clue *left_out_first;
    const struct logon_book *logons;
    struct used_account *accounts; // CAMPAIGN_ACCOUNTS_MAX
    uint32_t account_count;
    bool failed; // the arena is full
};

// The clues of a member that belong to its campaign: from shortly before it was reached on.
bool assembly_clue_counts(const struct assembly *assembly, const struct clue *clue);

// Texts and references that live as long as the result. assembly_text keeps what `text` holds.
struct slice assembly_text(struct assembly *assembly);
struct slice assembly_keep(struct assembly *assembly, struct slice text);
void *assembly_new(struct assembly *assembly, size_t count, size_t size);

void citations_add(struct citations *citations, const struct reference *references, uint32_t count);
// Adds them, too, and lets them lead: first the record nearest to `time_ns`, which shows what a
// sentence says of that time, then those that follow it. A later call changes nothing.
void citations_lead(struct citations *citations, const struct reference *references, uint32_t count,
                    int64_t time_ns);
// citations->count of them.
const struct reference *citations_keep(struct assembly *assembly,
                                       const struct citations *citations);

// A growing row of sentences.
struct sentence_row {
    struct sentence *sentences;
    uint32_t count, capacity;
};
// The text in assembly->text, citing; nothing is added when nothing is cited.
void sentence_row_add(struct assembly *assembly, struct sentence_row *row,
                      const struct citations *citations);
const struct sentence *sentence_row_keep(struct assembly *assembly, struct sentence_row *row,
                                         uint32_t *ret_count);

// Whether there is anything to reset.
bool account_has_password(struct slice account);

struct slice host_name(const struct assembly *assembly, uint32_t host);
// What a host's place in the tree stands on.
struct citations host_citations(const struct campaign_host *host);

// The parts, in order: hosts first, since the others name their places.
// States of hosts stand on those of the ones before them.
void assembly_hosts(struct assembly *assembly, struct campaign *campaign);
void assembly_servers(struct assembly *assembly, struct campaign *campaign);
void assembly_waves(struct assembly *assembly, struct campaign *campaign);
void assembly_thefts(struct assembly *assembly, struct campaign *campaign);
void assembly_outsiders(struct assembly *assembly, struct campaign *campaign);
// Sets assembly->told, which the parts after it read.
void assembly_stages(struct assembly *assembly, struct campaign *campaign);
void remedy_accounts(struct assembly *assembly, const struct campaign *campaign,
                     struct sentence_row *row);
void assembly_remediation(struct assembly *assembly, struct campaign *campaign);
void assembly_unknowns(struct assembly *assembly, struct campaign *campaign);

// Of all campaigns and incidents together, at last: the digests of what they name on confirmed
// hosts, and whole paths where detectors told them without a drive.
enum status assembly_digests(struct assembly *assembly, struct reconstruction *result,
                             struct problem *problem);

#endif
