// Indicators of compromise: what is known to be bad
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_INDICATORS_H
#define MATCH_INDICATORS_H

#include "base/slice.h"
#include "base/status.h"
#include "model/event.h"
#include "model/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rule_complaint;

// Hashes, addresses, networks, domains, URLs, mutexes, pipes, paths and mail addresses out of plain
// lists, CSV with a header, STIX 2.1 bundles and MISP events. Immutable, shared by all workers.
struct indicators;

struct indicator_options {
    const char *const *paths; // files and directories of them
    size_t path_count;
    const char *const *ignored; // lists of what is never matched (warninglists)
    size_t ignored_count;
    bool anywhere; // look into every text field, not only those made for the kind
};

// A file that cannot be read is a problem that names file and line; lines that are no indicator and
// patterns that say more than simple comparisons are told by indicators_complaint.
enum status indicators_new(const struct indicator_options *options,
                           struct indicators **ret_indicators, struct problem *problem);
void indicators_free(struct indicators *indicators); // NULL is fine

// Mix into `digest` (base/digest.h) all files that were read.
void indicators_digest(const struct indicators *indicators, uint8_t digest[32]);
size_t indicators_count(const struct indicators *indicators);
size_t indicators_complaint_count(const struct indicators *indicators);
const struct rule_complaint *indicators_complaint(const struct indicators *indicators,
                                                  size_t index);

// A rule for each kind, level and marking, id "vedette-ioc-<kind>": level by confidence (STIX 2.1
// appendix A: below 30 low, from 70 on high; none said: medium), the tag "tlp.<label>" by the
// indicator's own marking in its list; "tlp.red" where the list says nothing.
size_t indicators_rule_count(void);
const struct rule *indicators_rule(size_t index);

struct indicator_hit {
    uint32_t rule;
    struct slice indicator;   // as the list has it
    struct slice field;       // in which it was found
    struct slice value;       // the field's text
    struct slice file;        // of the list
    uint32_t line;            // 0: of a JSON document
    struct slice description; // or empty
};

struct indicator_sink {
    void *context;
    void (*hit)(void *context, const struct indicator_hit *hit); // views, valid during the call
};

// One worker's scratch: which fields of a class can hold which kind, values seen lately without a
// hit. Not thread-safe; the indicators must outlive it.
struct indicator_scanner;
struct indicator_scanner *indicator_scanner_new(const struct indicators *indicators);
void indicator_scanner_free(struct indicator_scanner *scanner); // NULL is fine

// Look up what a classified event holds. An indicator that had expired when the event happened is
// no hit.
void indicator_scan(struct indicator_scanner *scanner, const struct event *event,
                    const struct indicator_sink *sink);

#endif
