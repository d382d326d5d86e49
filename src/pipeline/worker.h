// One thread's share of a run: decode, classify, match, collect
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_WORKER_H
#define PIPELINE_WORKER_H

#include "base/buffer.h"
#include "detect/detect.h"
#include "intake/intake.h"
#include "match/match.h"
#include "normalise/normalise.h"
#include "pipeline/collector.h"
#include "pipeline/gap_table.h"
#include "pipeline/pipeline.h"
#include "pipeline/worker_keep.h"
#include "relate/relate.h"

#include <pthread.h>
#include <stdatomic.h>

// What workers have in common. Everything in it is immutable during a run but `intake` (under
// `lock`), `criticals` (under `critical_lock`) and the atomics.
struct worker_shared {
    const struct pipeline_options *options;
    const struct rule *const *rules; // plain ones, correlations, judgements, YARA's, indicators'
    uint32_t yara_first;             // of YARA's
    uint32_t indicator_first;        // of indicators'
    const struct correlation *correlations;
    size_t correlation_count;
    struct intake *intake;
    struct keeper *keeper; // NULL: nothing is kept
    pthread_mutex_t lock;
    pthread_mutex_t critical_lock;
    struct table criticals; // hashes of (rule, host) already told
    atomic_uint_fast64_t bytes_done;
    atomic_uint_fast64_t events;
    atomic_uint_fast64_t hits;
    atomic_bool failed;
};

struct worker {
    struct worker_shared *shared;
    void **decoder_states; // one place a decoder, made when first needed
    struct normaliser *normaliser;
    struct matcher *matcher;              // NULL without rules
    struct collector *collector;          // NULL without rules
    struct correlator *correlator;        // NULL without rules
    struct relater *relater;              // NULL unless relations are wanted
    struct yara_scanner *yara;            // NULL without YARA rules
    struct indicator_scanner *indicators; // NULL without
    struct gap_table gaps;
    struct pipeline_counts counts;
    struct unit_buffer buffer;
    struct buffer scratch;
    const struct source *source; // of the unit in work
    struct slice host;           // of events of this source that name no computer
    bool is_filtered;            // some events may not be wanted
    bool has_host;               // the source's host is one that is wanted
    const struct unit *unit;     // in work
    struct worker_keep keep;
    enum status status;
    struct problem problem;
    // pipeline_events: every event goes here instead
    bool (*each)(void *context, const struct event *event, struct slice host, struct slice path);
    void *each_context;
    bool ended; // `each` said enough
};

void worker_init(struct worker *worker, struct worker_shared *shared);
void worker_done(struct worker *worker);

// Take units until there are none, the user stops, or something fails. Thread entry point.
void worker_run(struct worker *worker);

#endif
