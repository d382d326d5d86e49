// The contract of judgement over many records
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include "base/status.h"
#include "model/facts.h"
#include "model/finding.h"
#include "model/hosts.h"
#include "model/relation_source.h"
#include "model/rule.h"

#include <stddef.h>
#include <stdint.h>

// A detector is one file with one const struct detector and one line in detectors.def. It reads
// settled relations, in the orders it needs, as often as it needs, and tells findings. What single
// records show is a Sigma rule's (rules/sigma): a detector judges over many. It runs after the
// merge, beside other detectors but each on one thread, over input that does not depend on threads
// or order: so must its output not.
struct detect_context {
    const struct relation_source *relations;
    const struct fleet *fleet;
    const struct facts *facts;
    int64_t first_ns, last_ns; // of the evidence
    const char *spill_directory;
};

// What a detector tells. Texts and references are copied before `found` returns.
struct detection {
    uint32_t rule;     // index into the detector's rules
    struct slice host; // where it happened
    struct slice account;
    int64_t first_ns, last_ns;
    uint64_t count;
    // In this order: "what", one sentence; "why", the figures that decided; "confidence", in words;
    // "benign", the explanation that was weighed and why it lost or won. Then values that others
    // rely on, each as often as there are some:
    //   source       host or address that did it to `host` (the edge of a campaign's tree)
    //   destination  where something went: host, address, domain
    //   source_quiet_days  days of evidence, when the source moved to nobody in the first of
    //                them and to nobody again and again; "0" when it did
    //   series       pattern of programs that have another name on each host
    //   artefact     file, hash, service, task, pipe, package path
    //   path         path of a URL
    //   mailbox, rule, tool   names
    //   volume       bytes, decimal; volume_is: "measured" or "at least"
    struct finding_field fields[FINDING_FIELDS_MAX];
    uint32_t field_count;
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
};

struct detection_sink {
    void *context;
    enum status (*found)(void *context, const struct detection *detection, struct problem *problem);
};

struct detector {
    const char *name;         // "wave"
    const char *summary;      // one line for --help
    const struct rule *rules; // its judgements: id "vedette-wave-...", title, level, tags
    size_t rule_count;
    enum status (*judge)(const struct detect_context *context, const struct detection_sink *sink,
                         struct problem *problem);
};

// All of them, in the order of detectors.def; static.
const struct detector *const *detector_list(size_t *ret_count);

#endif
