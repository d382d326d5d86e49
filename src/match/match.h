// Door of the room: rules on one event
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_MATCH_H
#define MATCH_MATCH_H

#include "base/slice.h"
#include "base/status.h"
#include "model/correlation.h"
#include "model/event.h"
#include "model/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Compiled rules: immutable, shared by all workers.
struct ruleset;

struct ruleset_options {
    const char *const *paths; // files, directories, archives of Sigma YAML
    size_t path_count;
    const char *const *placeholder_paths; // YAML: name -> list of values, for |expand
    size_t placeholder_count;
    const char *cache_directory; // for the compiled image; NULL: neither read nor written
    unsigned threads;            // for reading cold; 0 or 1: none but the caller's
    // What to leave out
    enum rule_level min_level;
    const char *const *tags; // keep only rules with one of these ("attack.t1059"); empty: all
    size_t tag_count;
    const char *const *statuses; // keep only these; empty: all
    size_t status_count;
    const char *const *excluded; // rule ids or titles
    size_t excluded_count;
};

// A rule file or document that was refused, or that lint has something to say about.
struct rule_complaint {
    struct slice file;
    uint32_t line; // from 1; 0 when the file could not be read at all
    struct slice rule_id;
    bool refused; // false: only lint
    struct slice text;
};

// Read, compile and (when a cache directory is given) load or store the image. Refused rules
// are no failure: see ruleset_complaints. Fails when a path cannot be read at all.
enum status ruleset_new(const struct ruleset_options *options, struct ruleset **ret_ruleset,
                        struct problem *problem);
void ruleset_free(struct ruleset *ruleset);

// Rules in the order of (id, file, line): the same for any order of paths.
size_t ruleset_count(const struct ruleset *ruleset);
const struct rule *ruleset_rule(const struct ruleset *ruleset, size_t index);
size_t ruleset_correlation_count(const struct ruleset *ruleset);
const struct correlation *ruleset_correlation(const struct ruleset *ruleset, size_t index);
size_t ruleset_complaint_count(const struct ruleset *ruleset);
const struct rule_complaint *ruleset_complaint(const struct ruleset *ruleset, size_t index);

// Mix into `digest` (base/digest.h) what the rules say: the same rules under the same paths give
// the same, whether they came from an image or not.
void ruleset_digest(const struct ruleset *ruleset, uint8_t digest[32]);

// True when the rules came from the image rather than from YAML.
bool ruleset_is_from_image(const struct ruleset *ruleset);

// One worker's scratch: class plans, memo, PCRE2 match data. Not thread-safe. The ruleset
// must outlive it.
struct matcher;
struct matcher *matcher_new(const struct ruleset *ruleset);
void matcher_free(struct matcher *matcher);

// Rules that hold for a classified event, as ascending rule indexes (silent ones too). The
// row lives until the next call. Cost: nothing for a class without rules, else the class's
// trigger probes and about four candidates.
size_t matcher_match(struct matcher *matcher, const struct event *event,
                     const uint32_t **ret_rules);

// Whether any rule can match events of this class; what has none need not be looked at.
bool matcher_wants(struct matcher *matcher, const struct event *event);

// Evaluations given up at PCRE2's match or depth limit since matcher_new: counted gaps.
uint64_t matcher_regex_limit_count(const struct matcher *matcher);

// `vedette rules lint` beyond what reading refuses: unknown fields, conditions that can never
// hold, duplicate ids. Appends to the ruleset's complaints.
void ruleset_lint(struct ruleset *ruleset);

#endif
