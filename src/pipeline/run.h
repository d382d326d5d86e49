// What the files of a run share
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_RUN_H
#define PIPELINE_RUN_H

#include "pipeline/pipeline.h"
#include "pipeline/worker.h"
#include "store/store.h"

#include <pthread.h>

enum {
    PIPELINE_UNKNOWN_PATHS_MAX = 20
};

// Puts into the store what is settled while the run goes on.
struct run_writer {
    pthread_t thread;
    bool running;
    bool wrote;  // in a transaction that is still open
    bool open;   // the last pieces wait for their commit
    int64_t run; // of this process, in the store; 0: none
    enum status status;
    struct problem problem;
};

struct pipeline_run {
    struct pipeline_options options;
    struct worker_shared shared;
    struct collector *collector;
    struct correlator *correlator;
    struct relater **relaters; // one a thread
    unsigned relater_count;
    struct relation_store *relations;
    struct gap_table gaps;
    struct pipeline_counts counts;
    int64_t first_ns, last_ns; // of the evidence, without stray times
    const struct rule **rules;
    size_t rule_count;
    size_t plain_count; // the first rules; correlations follow
    size_t judged_from; // then the detectors' judgements
    struct slice unknown_paths[PIPELINE_UNKNOWN_PATHS_MAX];
    uint64_t unknown_count, gb18030_count, empty_count;
    struct slice empty_path; // the first of them
    bool ended_early;        // nobody wanted more: what was not read is not unknown
    // With a store: sources are those of the case, not of this run's intake.
    struct store_source *kept; // NULL: without a store
    size_t kept_count;
    struct arena kept_arena; // their texts, reasons of gaps, rules
    struct rule *kept_rules; // of a case that is opened again
    struct run_writer writer;
};

// Pieces and sources of the store into the run: sorted into collector, correlator, relater, gaps
// and counts, which are made here.
enum status run_load(struct pipeline_run *run, struct store *store, struct problem *problem);

void run_add_counts(struct pipeline_counts *sum, const struct pipeline_counts *part);

// With a store, on a thread of its own, so that nobody else may use the store until run_write_join:
// the last pieces are committed and what lies in the log goes to the database (hosts are settled
// meanwhile); settled relations, hosts
// and rules go into a transaction (detectors judge meanwhile).
void run_tidy_begin(struct pipeline_run *run);
void run_write_begin(struct pipeline_run *run);
// Wait for either. Fine when none was begun.
enum status run_write_join(struct pipeline_run *run, struct problem *problem);

// Hosts and clocks of what was loaded.
enum status run_settle(struct pipeline_run *run, struct problem *problem);
// From when to when their logs tell: what detectors and campaigns take for the evidence's span.
enum status run_read_span(struct pipeline_run *run, struct problem *problem);
// Gaps in their order, files counted.
void run_close(struct pipeline_run *run, bool interrupted);

#endif
