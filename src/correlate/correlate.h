// Door of the room: from findings to campaigns
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_CORRELATE_H
#define CORRELATE_CORRELATE_H

#include "base/status.h"
#include "model/campaign.h"
#include "model/evidence_coverage.h"
#include "model/hosts.h"
#include "model/relation_source.h"

#include <stdbool.h>
#include <stdint.h>

// What an analyst said of a cited record: findings that stand on it count for nothing (benign) or
// in full (malicious).
struct verdict {
    uint8_t sha256[DIGEST_SHA256_SIZE];
    bool is_benign;
};

// Everything a reconstruction is made of. Findings come in their order (first time, rule), and
// `next` gives views that live until the next call.
struct correlate_input {
    const struct fleet *fleet;
    const struct relation_source *relations;
    void *context;
    enum status (*next)(void *context, struct finding *ret_finding, bool *ret_more,
                        struct problem *problem);
    // What kind of evidence a source is: "evtx", "w3c", "zeek", ...; static.
    const char *(*source_format)(void *context, uint32_t source);
    int64_t first_ns, last_ns; // of the evidence
    const struct verdict *verdicts;
    size_t verdict_count;
};

// Episodes, edges, forest, gates, story (docs/correlate.md). The same input gives the same bytes.
// STATUS_LIMIT when there are more findings than memory for them (4 million).
enum status reconstruction_new(const struct correlate_input *input,
                               struct reconstruction **ret_reconstruction, struct problem *problem);
void reconstruction_free(struct reconstruction *reconstruction);

// Which logs there are by host and day, which are missing, and which of those would decide the
// most. Only the fleet and the relations of `input` are read. Stands on its own.
enum status evidence_coverage_new(const struct correlate_input *input,
                                  const struct reconstruction *made,
                                  struct evidence_coverage **ret_coverage, struct problem *problem);
// Adds the hosts that each campaign and incident could have reached, exposed or cleared by what
// `coverage` says of their logs. Only the fleet and the relations of `input` are read. Once, and
// before anybody else reads `made`.
enum status reconstruction_add_bystanders(struct reconstruction *made,
                                          const struct correlate_input *input,
                                          const struct evidence_coverage *coverage,
                                          struct problem *problem);
void evidence_coverage_free(struct evidence_coverage *coverage); // NULL is fine

#endif
