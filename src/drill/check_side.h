// What truth and report say, in one form
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_CHECK_SIDE_H
#define DRILL_CHECK_SIDE_H

#include "drill/check_json.h"
#include "drill/check_names.h"

// The truth's stages and the report's have the same order and mostly other words.
enum check_stage {
    CHECK_ENTRY,
    CHECK_FOOTHOLD,
    CHECK_CREDENTIALS, // truth: escalation
    CHECK_SPREAD,      // truth: delivery
    CHECK_CONTROL,
    CHECK_COLLECTION,
    CHECK_THEFT,
    CHECK_COVER,
    CHECK_STAGES
};

enum {
    CHECK_UNITS_MAX = 4096,
    CHECK_CAMPAIGNS_MAX = 48, // of the report
    CHECK_TRUTHS_MAX = 16,    // campaigns of the truth; with those: bits of one word
    CHECK_CITATIONS_MAX = 1 << 18,
    CHECK_ACCOUNTS_MAX = 1024 // of a unit; more are not counted
};

struct check_host {
    uint32_t host;   // of the names
    uint32_t parent; // CHECK_NO_HOST: none
    bool certain;    // truth: compromised; report: confirmed
    bool provable;   // truth only
};

// A campaign of the truth; a campaign or an incident of the report.
struct check_unit {
    struct slice id;
    bool incident;
    uint32_t entry;
    uint32_t *servers;
    struct check_host *hosts; // in the document's order
    size_t server_count, host_count, server_capacity, host_capacity;
    uint32_t stages;                      // bits
    int64_t stage_first_ns[CHECK_STAGES]; // CLOCK_NONE: not said
    uint64_t volume;        // bytes: truth: of provable theft; report: of exfiltration
    struct slice *accounts; // of the truth as they are, of the report's hosts each once
    size_t account_count, account_capacity;
};

// A record as the report cites it.
struct check_citation {
    struct slice tag, file, sha256;
    uint64_t record, line, offset;
    bool has_record, has_line;
    bool used; // some campaign or incident rests on it
    enum check_verdict {
        CHECK_RIGHT,
        CHECK_NO_FILE,
        CHECK_UNREADABLE,
        CHECK_NO_RECORD,   // nothing begins there, or another record, or in another line
        CHECK_OTHER_BYTES, // it is there, and its digest is another
        CHECK_VERDICTS
    } verdict;
};

struct check_side {
    struct slice scenario;
    uint64_t seed;
    struct check_unit *units;
    size_t unit_count, unit_capacity, campaign_count; // campaigns come before incidents
    struct check_citation *citations;
    size_t citation_count, citation_capacity;
    struct interner tags;   // numbered as the citations are
    uint64_t tags_unlisted; // cited, and not among the report's evidence
    struct slice unlisted;  // the first of them
};

void check_side_done(struct check_side *side);

// Every member that is read must be there and be what docs/drill_play.md says. The documents must
// outlive what is read.
enum status check_read_truth(struct check_document *document, struct check_names *names,
                             struct check_side *truth);
enum status check_read_report(struct check_document *document, struct check_names *names,
                              struct check_side *report);

const char *check_stage_word(enum check_stage stage); // the report's

// Shared by the two readers.
struct check_unit *check_add_unit(struct check_side *side, const struct check_node *node);
void check_add_server(struct check_unit *unit, uint32_t host);
void check_add_host(struct check_unit *unit, const struct check_host *host);
void check_add_account(struct check_unit *unit, struct slice account); // unless it is there
// CORP\adm.01, adm.01@corp.example.com and ADM.01 are one.
bool check_account_is(struct slice account, struct slice other);
void check_add_stage(struct check_unit *unit, enum check_stage stage, int64_t first_ns);

#endif
