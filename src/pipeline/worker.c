// One thread's share of a run: decode, classify, match, collect
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/worker.h"

#include "base/digest.h"
#include "base/memory.h"
#include "decode/decode.h"
#include "match/indicators.h"
#include "match/yara_scan.h"
#include "pipeline/event_filter.h"
#include "pipeline/indicator_tell.h"
#include "pipeline/yara_tell.h"

#include <assert.h>

enum {
    WORKER_SCRATCH_BYTES = 1 << 20,
    WORKER_CRITICALS_MAX = 10000,
    WORKER_RELATION_BYTES = 256 << 20, // all workers' tables of relations together
    WORKER_RELATION_BYTES_MIN = 16 << 20
};

static size_t worker_relation_bytes(unsigned threads) {
    size_t bytes = WORKER_RELATION_BYTES / (threads ? threads : 1);
    return bytes > WORKER_RELATION_BYTES_MIN ? bytes : WORKER_RELATION_BYTES_MIN;
}

void worker_init(struct worker *worker, struct worker_shared *shared) {
    size_t decoder_count;
    decode_list(&decoder_count);
    *worker = (struct worker){.shared = shared};
    worker->decoder_states = memory_new(decoder_count, sizeof *worker->decoder_states);
    worker->normaliser = normaliser_new();
    if (shared->options->ruleset) {
        worker->matcher = matcher_new(shared->options->ruleset);
        worker->collector = collector_new(shared->rules, shared->options->spill_directory);
        worker->correlator = correlator_new(shared->correlations, shared->correlation_count,
                                            shared->options->spill_directory);
    }
    if (shared->options->relations)
        worker->relater = relater_new(worker_relation_bytes(shared->options->threads),
                                      shared->options->spill_directory);
    if (shared->options->yara && worker->collector)
        worker->yara = yara_scanner_new(shared->options->yara);
    if (shared->options->indicators && worker->collector)
        worker->indicators = indicator_scanner_new(shared->options->indicators);
    gap_table_init(&worker->gaps);
    unit_buffer_init(&worker->buffer);
    buffer_init(&worker->scratch, WORKER_SCRATCH_BYTES);
    worker->counts.first_ns = CLOCK_NONE;
    worker->counts.last_ns = CLOCK_NONE;
    worker->keep = (struct worker_keep){.keeper = shared->keeper,
                                        .intake = shared->intake,
                                        .matcher = worker->matcher,
                                        .collector = worker->collector,
                                        .correlator = worker->correlator,
                                        .relater = worker->relater,
                                        .gaps = &worker->gaps,
                                        .counts = &worker->counts};
    gap_table_init(&worker->keep.intake_gaps);
}

void worker_done(struct worker *worker) {
    size_t decoder_count;
    const struct decoder *const *decoders = decode_list(&decoder_count);
    for (size_t i = 0; i < decoder_count; i++)
        if (worker->decoder_states[i])
            decoders[i]->free_state(worker->decoder_states[i]);
    memory_free(worker->decoder_states);
    matcher_free(worker->matcher);
    normaliser_free(worker->normaliser);
    collector_free(worker->collector);
    correlator_free(worker->correlator);
    relater_free(worker->relater);
    yara_scanner_free(worker->yara);
    indicator_scanner_free(worker->indicators);
    gap_table_done(&worker->gaps);
    worker_keep_done(&worker->keep);
    unit_buffer_done(&worker->buffer);
    buffer_done(&worker->scratch);
}

static void worker_fail(struct worker *worker, enum status status) {
    worker->status = status;
    atomic_store(&worker->shared->failed, true);
}

static void worker_take_source(struct worker *worker, const struct source *source) {
    const struct pipeline_options *options = worker->shared->options;
    worker->source = source;
    worker->host = source->host.size ? source->host : slice_of_string(options->host);
    worker->is_filtered = event_filter_is_set(&options->filter);
    worker->has_host = event_filter_has_host(&options->filter, worker->host);
}

static void worker_tell_critical(struct worker *worker, uint32_t rule, const struct event *event) {
    struct worker_shared *shared = worker->shared;
    if (!shared->options->critical || shared->rules[rule]->level != RULE_LEVEL_CRITICAL)
        return;
    buffer_reset(&worker->scratch);
    value_append_text(event_role_value(event, FIELD_ROLE_COMPUTER), &worker->scratch);
    struct slice host = worker->scratch.size ? buffer_slice(&worker->scratch) : worker->host;
    uint64_t hash = digest_mix64(digest_hash64(host), rule);
    pthread_mutex_lock(&shared->critical_lock);
    if (shared->criticals.count < WORKER_CRITICALS_MAX &&
        table_find(&shared->criticals, hash, NULL, NULL, NULL) == TABLE_NONE) {
        table_add(&shared->criticals, hash, 0);
        shared->options->critical(shared->options->context, shared->rules[rule], host);
    }
    pthread_mutex_unlock(&shared->critical_lock);
}

static enum status worker_hit(struct worker *worker, uint32_t rule, const struct event *event,
                              struct slice host) {
    const struct rule *about = worker->shared->rules[rule];
    enum status status = STATUS_OK;
    if (correlator_wants(worker->correlator, rule))
        status = correlator_observe(worker->correlator, rule, about, event, host, &worker->problem);
    if (status != STATUS_OK || about->silent)
        return status;
    if (worker->relater)
        status = relater_hit(worker->relater, about, event, host, &worker->problem);
    if (status != STATUS_OK)
        return status;
    bool is_new;
    status = collector_add(worker->collector, rule, event, host, &is_new, &worker->problem);
    worker->counts.hits++;
    if (status == STATUS_OK && is_new)
        worker_tell_critical(worker, rule, event);
    return status;
}

static void worker_match(struct worker *worker, const struct event *event, struct slice host) {
    const uint32_t *rules;
    size_t count = matcher_match(worker->matcher, event, &rules);
    for (size_t i = 0; i < count; i++) {
        enum status status = worker_hit(worker, rules[i], event, host);
        if (status != STATUS_OK) {
            worker_fail(worker, status);
            return;
        }
    }
}

static void worker_relate(struct worker *worker, const struct event *event, struct slice host) {
    enum status status = relater_count(worker->relater, event, host, &worker->problem);
    if (status == STATUS_OK)
        status = relater_observe(worker->relater, event, host, &worker->problem);
    if (status != STATUS_OK)
        worker_fail(worker, status);
}

static void worker_note_time(struct pipeline_counts *counts, int64_t time_ns) {
    if (time_ns == CLOCK_NONE)
        return;
    if (counts->first_ns == CLOCK_NONE || time_ns < counts->first_ns)
        counts->first_ns = time_ns;
    if (time_ns > counts->last_ns)
        counts->last_ns = time_ns;
}

// The findings of a YARA scan, whichever way it goes.
static void worker_yara_end(struct worker *worker, struct yara_tell *tell, const char *reason) {
    worker->counts.hits += tell->hits;
    if (tell->status != STATUS_OK)
        worker_fail(worker, tell->status);
    if (!reason)
        return;
    struct gap gap = {
        .source = worker->unit->source, .offset = worker->unit->offset, .reason = reason};
    gap_table_add(&worker->gaps, &gap);
}

static void worker_yara_file(struct worker *worker, const struct event *event) {
    struct yara_tell tell = {.collector = worker->collector,
                             .rule_first = worker->shared->yara_first,
                             .host = worker->host,
                             .event = event,
                             .problem = &worker->problem};
    struct yara_sink sink = {&tell, yara_tell_file};
    worker_yara_end(worker, &tell, yara_scan_file(worker->yara, worker->unit, &sink));
}

static void worker_yara_log(struct worker *worker) {
    struct yara_tell tell = {.collector = worker->collector,
                             .rule_first = worker->shared->yara_first,
                             .host = worker->host,
                             .unit = worker->unit,
                             .problem = &worker->problem};
    struct yara_sink sink = {&tell, yara_tell_log};
    worker_yara_end(worker, &tell, yara_scan_log(worker->yara, worker->unit->bytes, &sink));
}

static void worker_indicators(struct worker *worker, const struct event *event) {
    struct indicator_tell tell = {.collector = worker->collector,
                                  .rule_first = worker->shared->indicator_first,
                                  .host = worker->host,
                                  .event = event,
                                  .scratch = &worker->scratch,
                                  .problem = &worker->problem};
    struct indicator_sink sink = {&tell, indicator_tell};
    indicator_scan(worker->indicators, event, &sink);
    worker->counts.hits += tell.hits;
    if (tell.status != STATUS_OK)
        worker_fail(worker, tell.status);
}

static void worker_event(void *context, struct event *event) {
    struct worker *worker = context;
    if (worker->status != STATUS_OK || worker->ended)
        return;
    worker->counts.damaged += event->damaged;
    worker->counts.recovered += event->recovered;
    event->time_ns = clock_plausible(event->time_ns);
    bool known = event->shape->format != NULL;
    worker->counts.known_events += known;
    worker->counts.unknown_events += !known;
    normaliser_classify(worker->normaliser, event);
    if (worker->is_filtered && !event_filter_passes(&worker->shared->options->filter, event,
                                                    worker->has_host, &worker->scratch))
        return;
    worker->counts.events++;
    worker_note_time(&worker->counts, event->time_ns);
    if (worker->relater && known)
        worker_relate(worker, event, worker->host);
    if (worker->each)
        worker->ended =
            !worker->each(worker->each_context, event, worker->host, worker->source->path);
    else if (worker->matcher && known)
        worker_match(worker, event, worker->host);
    if (worker->indicators && known && worker->status == STATUS_OK)
        worker_indicators(worker, event);
    if (worker->yara && worker->source->decoder->division == DIVISION_FILE)
        worker_yara_file(worker, event);
}

static void worker_gap(void *context, const struct gap *gap) {
    struct worker *worker = context;
    gap_table_add(&worker->gaps, gap);
}

static void *worker_decoder_state(struct worker *worker, const struct decoder *decoder) {
    size_t count;
    const struct decoder *const *decoders = decode_list(&count);
    size_t i = 0;
    while (decoders[i] != decoder)
        i++;
    assert(i < count);
    if (!worker->decoder_states[i]) {
        struct decode_options options = {.recover = worker->shared->options->recover,
                                         .latest_ns = worker->shared->options->collected_ns,
                                         .sha256_only = worker->shared->options->sha256_only};
        worker->decoder_states[i] = decoder->new_state(&options);
    }
    return worker->decoder_states[i];
}

static void worker_unit(struct worker *worker, const struct unit *unit) {
    struct worker_shared *shared = worker->shared;
    worker_take_source(worker, intake_source(shared->intake, unit->source));
    worker->unit = unit;
    const struct decoder *decoder = worker->source->decoder;
    struct event_sink sink = {worker, worker_event, worker_gap};
    uint64_t events = worker->counts.events;
    uint64_t hits = worker->counts.hits;
    enum status status =
        decoder->decode(worker_decoder_state(worker, decoder), unit, &sink, &worker->problem);
    if (status == STATUS_OK && worker->relater)
        status = relater_end_unit(worker->relater, &worker->problem);
    if (status != STATUS_OK)
        worker_fail(worker, status);
    // Text has neither a time nor a channel that a filter could look at.
    else if (worker->yara && decoder->division == DIVISION_LINES && unit->fd < 0 &&
             yara_rules_have_logs(shared->options->yara) && !worker->is_filtered)
        worker_yara_log(worker);
    worker->counts.bytes += unit->size;
    atomic_fetch_add(&shared->bytes_done, unit->size);
    atomic_fetch_add(&shared->events, worker->counts.events - events);
    atomic_fetch_add(&shared->hits, worker->counts.hits - hits);
}

static bool worker_should_stop(const struct worker *worker) {
    const atomic_bool *stop = worker->shared->options->stop;
    return worker->ended || worker->status != STATUS_OK || atomic_load(&worker->shared->failed) ||
           (stop && atomic_load(stop)) ||
           (worker->shared->keeper && keeper_has_failed(worker->shared->keeper));
}

// The next unit; *ret_known: it lies in the store, there is nothing to do.
static enum status worker_next(struct worker *worker, struct unit *ret_unit, bool *ret_more,
                               bool *ret_known) {
    struct worker_shared *shared = worker->shared;
    *ret_known = false;
    pthread_mutex_lock(&shared->lock);
    enum status status =
        intake_next(shared->intake, &worker->buffer, ret_unit, ret_more,
                    shared->keeper ? worker_keep_intake_gap : worker_gap,
                    shared->keeper ? (void *)&worker->keep : worker, &worker->problem);
    if (shared->keeper && status == STATUS_OK) {
        worker_keep_intake_gaps(&worker->keep);
        if (*ret_more)
            keeper_hand_out(shared->keeper, ret_unit, ret_known);
        else
            keeper_hand_out_end(shared->keeper);
    }
    pthread_mutex_unlock(&shared->lock);
    return status;
}

void worker_run(struct worker *worker) {
    while (!worker_should_stop(worker)) {
        struct unit unit;
        bool more = false, known;
        enum status status = worker_next(worker, &unit, &more, &known);
        if (status != STATUS_OK) {
            worker_fail(worker, status);
            break;
        }
        if (!more)
            break;
        if (known) {
            atomic_fetch_add(&worker->shared->bytes_done, unit.size);
            continue;
        }
        if (worker->shared->keeper)
            status = worker_keep_begin(&worker->keep, &unit, &worker->problem);
        if (status != STATUS_OK) {
            worker_fail(worker, status);
            break;
        }
        worker_unit(worker, &unit);
    }
    if (worker->shared->keeper && worker->status == STATUS_OK) {
        enum status status = worker_keep_end(&worker->keep, &worker->problem);
        if (status != STATUS_OK)
            worker_fail(worker, status);
    } else if (worker->matcher) {
        worker->counts.regex_limits = matcher_regex_limit_count(worker->matcher);
    }
}
