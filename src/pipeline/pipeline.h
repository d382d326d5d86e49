// Door of the room: the order of the stages
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "base/slice.h"
#include "base/status.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/gap.h"
#include "model/rule.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evidence_coverage;
struct reconstruction;
struct relation_store;
struct verdict;
struct ruleset;
struct yara_rules;
struct indicators;

// Which events a run looks at.
struct event_filter {
    int64_t since_ns;         // CLOCK_NONE: no bound
    int64_t until_ns;         // exclusive; CLOCK_NONE: no bound
    const char *const *hosts; // ASCII case folded; empty: all
    size_t host_count;
    const char *const *channels;
    size_t channel_count;
    const char *const *codes; // event ids as text
    size_t code_count;
    const char *const *records; // record ids (or line numbers) as text
    size_t record_count;
};

struct pipeline_progress {
    uint64_t files;
    uint64_t bytes_done, bytes;
    uint64_t events;
    uint64_t hits;
    double seconds;
};

struct store;

// What a case already held of the evidence given.
struct pipeline_known {
    uint64_t files;   // given
    uint64_t whole;   // not read again
    uint64_t resumed; // read in part before
    uint64_t changed; // read before, and others now
    bool other_rules; // all of it was read by other rules or options: all is read again
};

// A case that what is read is put into.
struct pipeline_keep {
    struct store *store;
    const char *version;  // of the program
    struct slice read_by; // what findings and relations depend on besides the evidence
    bool custody;         // also the SHA-256 of whole files
    void *context;
    void (*known)(void *context, const struct pipeline_known *known); // before reading
};

struct pipeline_options {
    const char *const *paths;
    size_t path_count;
    const struct ruleset *ruleset; // NULL: none (events or relations only)
    bool relations;                // also learn who did what to whom
    bool detectors;                // also judge over many records; needs relations and a ruleset
    struct event_filter filter;
    const char *host; // for records and paths that name none; may be NULL
    bool recover;
    const struct yara_rules *yara;       // for files and the text of logs; NULL: none
    const struct indicators *indicators; // of compromise; NULL: none
    bool sha256_only;                    // of files: neither SHA-1 nor MD5
    bool files;                          // also files that no format claims: hashed and looked into
    int64_t collected_ns; // when the evidence was taken: no record is later; 0: not known
    unsigned threads;     // at least 1
    const char *spill_directory;
    const struct pipeline_keep *keep; // NULL: nothing is kept
    // Set from a signal handler: no further units are read, what is there is told.
    const atomic_bool *stop;
    // Watching, all optional and called with `context`. `watch` runs on the caller's thread a
    // few times a second; `critical` under a lock, once for each (rule, host).
    void *context;
    void (*watch)(void *context, const struct pipeline_progress *progress);
    void (*critical)(void *context, const struct rule *rule, struct slice host);
};

// What a run learned besides findings.
struct pipeline_counts {
    uint64_t files;
    uint64_t bytes;
    uint64_t events;
    uint64_t damaged;
    uint64_t recovered;
    uint64_t known_events;   // records of a known shape, whether the filter lets them pass or not
    uint64_t unknown_events; // records of no known shape
    uint64_t hits;
    uint64_t regex_limits;
    uint64_t correlation_overflow; // events that a correlation's window had no room for
    int64_t first_ns, last_ns;     // of all events looked at
    bool interrupted;
};

struct pipeline_run;

// Find, cut, decode, classify, match, relate, collect, merge, settle. The same findings and
// relations in the same order for any number of threads and any order of paths. Either a ruleset or
// `relations` must be asked for; without rules there are no findings.
enum status pipeline_scan(const struct pipeline_options *options, struct pipeline_run **ret_run,
                          struct problem *problem);
void pipeline_free(struct pipeline_run *run);

const struct pipeline_counts *pipeline_counts(const struct pipeline_run *run);
const struct gap_sum *pipeline_gaps(const struct pipeline_run *run, size_t *ret_count);

// Paths of sources, and of the first few that no decoder knew.
struct slice pipeline_source_path(const struct pipeline_run *run, uint32_t source);
uint64_t pipeline_unknown_count(const struct pipeline_run *run);
// Files that hold nothing; *ret_first: the path of one.
uint64_t pipeline_empty_count(const struct pipeline_run *run, struct slice *ret_first);
// Names in archives that were in GB18030 and are shown as UTF-8.
uint64_t pipeline_gb18030_count(const struct pipeline_run *run);
const struct slice *pipeline_unknown_paths(const struct pipeline_run *run, size_t *ret_count);

// Findings by (first time, rule); as often as wanted after pipeline_rewind.
enum status pipeline_next(struct pipeline_run *run, struct finding *ret_finding, bool *ret_more,
                          struct problem *problem);
enum status pipeline_rewind(struct pipeline_run *run, struct problem *problem);

// Who did what to whom, hosts and clocks settled; NULL unless options.relations. It belongs to the
// run.
struct relation_store *pipeline_relations(const struct pipeline_run *run);

// Findings and relations to campaigns; needs options.relations and a ruleset. Leaves the findings
// at their start. Free with reconstruction_free before the run.
enum status pipeline_reconstruct(struct pipeline_run *run, const struct verdict *verdicts,
                                 size_t verdict_count, struct reconstruction **ret_reconstruction,
                                 struct problem *problem);

// Which logs there are and which are missing, and by that, once, which hosts of `made` are exposed
// and which are cleared; needs options.relations. evidence_coverage_free it.
enum status pipeline_coverage(const struct pipeline_run *run, struct reconstruction *made,
                              struct evidence_coverage **ret_coverage, struct problem *problem);

// With options.keep: the results into the store, in place of what was there, in a transaction that
// pipeline_scan has begun (its last act may still be writing into it; until this returns, nobody
// else may use the store) and the caller commits. Leaves the findings at their start.
enum status pipeline_keep_results(struct pipeline_run *run, struct store *store,
                                  struct problem *problem);

// A case's results as a run again, without reading evidence: findings, relations, gaps and counts
// as pipeline_scan gave them. STATUS_NOT_FOUND when the case was not finished since something was
// added to it.
enum status pipeline_reopen(struct store *store, const char *spill_directory, unsigned threads,
                            struct pipeline_run **ret_run, struct problem *problem);

// Sources by their numbers in references; the store's own number of one (0: without a store); of a
// case, the directory in which relative paths start (else empty).
size_t pipeline_source_count(const struct pipeline_run *run);
int64_t pipeline_source_id(const struct pipeline_run *run, uint32_t source);
struct slice pipeline_source_directory(const struct pipeline_run *run, uint32_t source);
// Of a case: found files that were read in part only.
uint64_t pipeline_partial_count(const struct pipeline_run *run);

// Events one by one in the order of the sources, on the caller's thread; false from `event`
// stops. Events are classified. Gaps and counts land in the run; no findings.
enum status pipeline_events(const struct pipeline_options *options,
                            bool (*event)(void *context, const struct event *event,
                                          struct slice host, struct slice path),
                            void *context, struct pipeline_run **ret_run, struct problem *problem);

#endif
