// The order of the stages on one screen
// SPDX-License-Identifier: Apache-2.0
//
// intake cuts sources into units -> a worker decodes a unit into events -> normalise gives each
// its class -> match says which rules hold -> the collector makes repeats one -> all workers'
// findings are merged by key and sorted by time; correlations are folded after the merge. Where
// relations are wanted, relate says who did what to whom, and settles hosts and clocks after the
// merge.
//
// 1. Workers share nothing but the intake (under a lock) and counters: no result depends on
//    who read what.
// 2. Whatever is merged is commutative: counts, spans, smallest references, gap rows.
#include "pipeline/pipeline.h"

#include "base/memory.h"
#include "correlate/correlate.h"
#include "decode/decode.h"
#include "inventory/inventory.h"
#include "match/indicators.h"
#include "match/yara_scan.h"
#include "pipeline/judge.h"
#include "pipeline/run.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

enum {
    PIPELINE_WATCH_NS = 200000000,
    PIPELINE_KEPT_BYTES = 1 << 30 // names of a case's sources
};

static void pipeline_list_rules(struct pipeline_run *run) {
    const struct ruleset *ruleset = run->options.ruleset;
    size_t plain = ruleset ? ruleset_count(ruleset) : 0;
    run->plain_count = plain;
    size_t correlations = ruleset ? ruleset_correlation_count(ruleset) : 0;
    run->judged_from = plain + correlations;
    size_t judged = judge_rule_count();
    size_t yara = run->options.yara ? yara_rules_count(run->options.yara) : 0;
    size_t listed = run->options.indicators ? indicators_rule_count() : 0;
    run->rule_count = plain + correlations + judged + yara + listed;
    run->rules = memory_new(run->rule_count, sizeof *run->rules);
    for (size_t i = 0; i < plain; i++)
        run->rules[i] = ruleset_rule(ruleset, i);
    for (size_t i = 0; i < correlations; i++)
        run->rules[plain + i] = &ruleset_correlation(ruleset, i)->rule;
    judge_list_rules(run->rules + run->judged_from);
    run->shared.yara_first = (uint32_t)(run->judged_from + judged);
    for (size_t i = 0; i < yara; i++)
        run->rules[run->shared.yara_first + i] = yara_rules_rule(run->options.yara, i);
    run->shared.indicator_first = (uint32_t)(run->shared.yara_first + yara);
    for (size_t i = 0; i < listed; i++)
        run->rules[run->shared.indicator_first + i] = indicators_rule(i);
    run->shared.rules = run->rules;
    run->shared.correlation_count = correlations;
    run->shared.correlations = correlations ? ruleset_correlation(ruleset, 0) : NULL;
}

static bool pipeline_skips(void *context, const struct source *source) {
    const struct worker_shared *shared = context;
    return keeper_skips(shared->keeper, source);
}

static enum status pipeline_new(const struct pipeline_options *options,
                                struct pipeline_run **ret_run, struct problem *problem) {
    struct pipeline_run *run = memory_new(1, sizeof *run);
    run->options = *options;
    run->shared.options = &run->options;
    gap_table_init(&run->gaps);
    table_init(&run->shared.criticals);
    pthread_mutex_init(&run->shared.lock, NULL);
    pthread_mutex_init(&run->shared.critical_lock, NULL);
    run->counts.first_ns = CLOCK_NONE;
    run->counts.last_ns = CLOCK_NONE;
    arena_init(&run->kept_arena, PIPELINE_KEPT_BYTES);
    pipeline_list_rules(run);
    struct intake_options intake = {.paths = options->paths,
                                    .path_count = options->path_count,
                                    .recognise = decode_recognise,
                                    .fallback = options->files ? decode_find("file") : NULL,
                                    .spool_directory = options->spill_directory,
                                    .stop = options->stop,
                                    .skip = options->keep ? pipeline_skips : NULL,
                                    .skip_context = &run->shared};
    enum status status = intake_new(&intake, &run->shared.intake, problem);
    if (status == STATUS_OK && options->keep)
        status = keeper_new(options->keep, run->shared.intake, &run->shared.keeper, problem);
    if (status != STATUS_OK) {
        pipeline_free(run);
        return status;
    }
    *ret_run = run;
    return STATUS_OK;
}

static void run_free_relaters(struct pipeline_run *run) {
    for (unsigned i = 0; i < run->relater_count; i++)
        relater_free(run->relaters[i]);
    memory_free(run->relaters);
    run->relaters = NULL;
    run->relater_count = 0;
}

void pipeline_free(struct pipeline_run *run) {
    if (!run)
        return;
    run_write_join(run, &(struct problem){.status = STATUS_OK});
    collector_free(run->collector);
    correlator_free(run->correlator);
    run_free_relaters(run);
    relation_store_free(run->relations);
    keeper_free(run->shared.keeper);
    memory_free(run->kept);
    memory_free(run->kept_rules);
    arena_done(&run->kept_arena);
    gap_table_done(&run->gaps);
    table_done(&run->shared.criticals);
    pthread_mutex_destroy(&run->shared.lock);
    pthread_mutex_destroy(&run->shared.critical_lock);
    intake_free(run->shared.intake);
    memory_free(run->rules);
    memory_free(run);
}

void run_add_counts(struct pipeline_counts *sum, const struct pipeline_counts *part) {
    sum->bytes += part->bytes;
    sum->events += part->events;
    sum->damaged += part->damaged;
    sum->recovered += part->recovered;
    sum->known_events += part->known_events;
    sum->unknown_events += part->unknown_events;
    sum->hits += part->hits;
    sum->regex_limits += part->regex_limits;
    if (part->first_ns != CLOCK_NONE &&
        (sum->first_ns == CLOCK_NONE || part->first_ns < sum->first_ns))
        sum->first_ns = part->first_ns;
    if (part->last_ns > sum->last_ns)
        sum->last_ns = part->last_ns;
}

// All relaters are settled as one.
static void pipeline_merge_relations(struct pipeline_run *run, struct worker *worker) {
    if (!worker->relater)
        return;
    run->relaters = memory_resize(run->relaters, run->relater_count + 1, sizeof(struct relater *));
    run->relaters[run->relater_count++] = worker->relater;
    worker->relater = NULL;
}

static enum status pipeline_merge(struct pipeline_run *run, struct worker *worker,
                                  struct problem *problem) {
    if (run->shared.keeper) { // all of it was put away
        if (worker->status != STATUS_OK)
            *problem = worker->problem;
        return worker->status;
    }
    run_add_counts(&run->counts, &worker->counts);
    gap_table_merge(&run->gaps, &worker->gaps);
    if (worker->status != STATUS_OK) {
        *problem = worker->problem;
        return worker->status;
    }
    pipeline_merge_relations(run, worker);
    if (!worker->collector)
        return STATUS_OK;
    if (!run->collector) {
        run->collector = worker->collector;
        run->correlator = worker->correlator;
        worker->collector = NULL;
        worker->correlator = NULL;
        return STATUS_OK;
    }
    enum status status = collector_absorb(run->collector, worker->collector, problem);
    return status == STATUS_OK ? correlator_absorb(run->correlator, worker->correlator, problem)
                               : status;
}

static void pipeline_count_source(struct pipeline_run *run, struct slice path, bool understood,
                                  bool whole) {
    run->counts.files += understood;
    // An interrupted run has not looked at all, and cannot say which it would understand.
    if (understood || !whole || run->counts.interrupted || run->ended_early)
        return;
    if (run->unknown_count < PIPELINE_UNKNOWN_PATHS_MAX)
        run->unknown_paths[run->unknown_count] = path;
    run->unknown_count++;
}

static void pipeline_count_empty(struct pipeline_run *run, struct slice path) {
    if (run->empty_count++ == 0)
        run->empty_path = path;
}

// Files that were read, those that nobody understood, those that hold nothing, in the order of the
// sources.
static void pipeline_count_sources(struct pipeline_run *run) {
    for (size_t i = 0; i < run->kept_count; i++) {
        const struct store_source *source = &run->kept[i];
        pipeline_count_source(run, source->path, source->format.size > 0,
                              source->evidence && source->complete && source->size);
        if (source->evidence && source->complete && !source->size)
            pipeline_count_empty(run, source->path);
        run->gb18030_count += source->path_gb18030;
    }
    size_t count = run->kept ? 0 : intake_count(run->shared.intake);
    for (uint32_t i = 0; i < count; i++) {
        const struct source *source = intake_source(run->shared.intake, i);
        pipeline_count_source(run, source->path, source->decoder,
                              source->kind == SOURCE_EVIDENCE && source->size);
        if (source->kind == SOURCE_EVIDENCE && !source->size && !source->skipped)
            pipeline_count_empty(run, source->path);
        run->gb18030_count += source->path_gb18030;
    }
}

static void pipeline_watch(const struct pipeline_run *run, int64_t started_ns) {
    const struct worker_shared *shared = &run->shared;
    struct pipeline_progress progress = {
        .files = intake_count(shared->intake),
        .bytes_done = atomic_load(&shared->bytes_done),
        .bytes = intake_total_bytes(shared->intake),
        .events = atomic_load(&shared->events),
        .hits = atomic_load(&shared->hits),
        .seconds = (double)(clock_now_monotonic() - started_ns) / 1e9,
    };
    run->options.watch(run->options.context, &progress);
}

static void *pipeline_thread(void *argument) {
    worker_run(argument);
    return NULL;
}

// Wait for the threads, telling the watcher now and then.
static void pipeline_join(struct pipeline_run *run, const pthread_t *threads, size_t count) {
    int64_t started_ns = clock_now_monotonic();
    for (size_t i = 0; i < count; i++) {
        for (;;) {
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            int64_t nanoseconds = until.tv_nsec + PIPELINE_WATCH_NS;
            until.tv_sec += nanoseconds / 1000000000;
            until.tv_nsec = nanoseconds % 1000000000;
            int error = run->options.watch ? pthread_timedjoin_np(threads[i], NULL, &until)
                                           : pthread_join(threads[i], NULL);
            if (error != ETIMEDOUT)
                break;
            pipeline_watch(run, started_ns);
        }
    }
}

static enum status pipeline_work_threads(struct pipeline_run *run, struct problem *problem) {
    size_t count = run->options.threads ? run->options.threads : 1;
    struct worker *workers = memory_new(count, sizeof *workers);
    pthread_t *threads = memory_new(count, sizeof *threads);
    for (size_t i = 0; i < count; i++)
        worker_init(&workers[i], &run->shared);
    size_t started = 0;
    while (started < count &&
           pthread_create(&threads[started], NULL, pipeline_thread, &workers[started]) == 0)
        started++;
    if (started == 0)
        worker_run(&workers[0]);
    pipeline_join(run, threads, started);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        enum status one = pipeline_merge(run, &workers[i], problem);
        status = status == STATUS_OK ? one : status;
    }
    for (size_t i = 0; i < count; i++)
        worker_done(&workers[i]);
    memory_free(threads);
    memory_free(workers);
    return status;
}

// What workers read lies in the store then, and comes from there.
static enum status pipeline_work_kept(struct pipeline_run *run, struct problem *problem) {
    struct keeper *keeper = run->shared.keeper;
    struct problem kept;
    enum status status = keeper_start(keeper, run->options.stop, problem);
    if (status == STATUS_OK)
        status = pipeline_work_threads(run, problem);
    if (status != STATUS_OK)
        keeper_give_up(keeper);
    enum status written = keeper_finish(keeper, &run->writer.open, &kept);
    if (status == STATUS_OK && written != STATUS_OK)
        *problem = kept;
    status = status == STATUS_OK ? written : status;
    run->writer.run = keeper_run(keeper);
    keeper_free(keeper);
    run->shared.keeper = NULL;
    memory_give_back(); // the workers'
    struct store *store = run->options.keep->store;
    if (status == STATUS_OK)
        status = run_load(run, store, problem);
    // Whatever failed, what was read stays; else run_tidy_begin commits it.
    if (status != STATUS_OK && run->writer.open)
        store_commit(store, &kept);
    return status;
}

static enum status pipeline_work(struct pipeline_run *run, struct problem *problem) {
    return run->shared.keeper ? pipeline_work_kept(run, problem)
                              : pipeline_work_threads(run, problem);
}

void run_close(struct pipeline_run *run, bool interrupted) {
    run->counts.interrupted = interrupted;
    gap_table_sort(&run->gaps);
    pipeline_count_sources(run);
}

static enum status pipeline_found(void *context, uint32_t correlation,
                                  const struct finding *finding, struct problem *problem) {
    struct pipeline_run *run = context;
    return collector_add_finding(run->collector, (uint32_t)run->plain_count + correlation, finding,
                                 problem);
}

// After the merge: correlations over all notes.
static enum status pipeline_fold(struct pipeline_run *run, struct problem *problem) {
    if (!run->correlator)
        return STATUS_OK;
    struct correlation_sink sink = {run, pipeline_found};
    enum status status = correlator_fold(run->correlator, &sink, problem);
    run->counts.correlation_overflow = correlator_overflow_count(run->correlator);
    return status;
}

enum status run_settle(struct pipeline_run *run, struct problem *problem) {
    if (!run->relaters)
        return STATUS_OK;
    enum status status =
        relaters_settle(run->relaters, run->relater_count, &run->relations, problem);
    run_free_relaters(run);
    return status == STATUS_OK ? run_read_span(run, problem) : status;
}

// Detectors over settled relations; then all findings stand in their order.
static enum status pipeline_judge(struct pipeline_run *run, struct problem *problem) {
    if (!run->collector)
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (run->options.detectors && run->relations) {
        struct detect_context context = {.relations = relation_store_source(run->relations),
                                         .fleet = relation_store_fleet(run->relations),
                                         .facts = inventory_facts(),
                                         .first_ns = run->first_ns,
                                         .last_ns = run->last_ns,
                                         .spill_directory = run->options.spill_directory};
        struct judge_run judge = {.collector = run->collector,
                                  .first_rule = (uint32_t)run->judged_from,
                                  .threads = run->options.threads};
        status = judge_run(&context, &judge, problem);
    }
    return status == STATUS_OK ? collector_finish(run->collector, problem) : status;
}

// The store writes what stands already while others think.
static enum status pipeline_conclude(struct pipeline_run *run, struct problem *problem) {
    struct problem written;
    run_tidy_begin(run);
    enum status status = run_settle(run, problem);
    enum status tidied = run_write_join(run, &written);
    if (status == STATUS_OK && tidied != STATUS_OK)
        *problem = written;
    status = status == STATUS_OK ? tidied : status;
    if (status == STATUS_OK && run->relations)
        run_write_begin(run);
    if (status == STATUS_OK)
        status = pipeline_fold(run, problem);
    return status == STATUS_OK ? pipeline_judge(run, problem) : status;
}

enum status pipeline_scan(const struct pipeline_options *options, struct pipeline_run **ret_run,
                          struct problem *problem) {
    assert(options->ruleset || options->relations);
    struct pipeline_run *run;
    enum status status = pipeline_new(options, &run, problem);
    if (status != STATUS_OK)
        return status;
    status = pipeline_work(run, problem);
    if (status == STATUS_OK)
        status = pipeline_conclude(run, problem);
    if (status != STATUS_OK) {
        pipeline_free(run);
        return status;
    }
    run_close(run, options->stop && atomic_load(options->stop));
    *ret_run = run;
    return STATUS_OK;
}

enum status pipeline_events(const struct pipeline_options *options,
                            bool (*event)(void *context, const struct event *event,
                                          struct slice host, struct slice path),
                            void *context, struct pipeline_run **ret_run, struct problem *problem) {
    struct pipeline_run *run;
    enum status status = pipeline_new(options, &run, problem);
    if (status != STATUS_OK)
        return status;
    struct worker worker;
    worker_init(&worker, &run->shared);
    worker.each = event;
    worker.each_context = context;
    worker_run(&worker);
    status = pipeline_merge(run, &worker, problem);
    run->ended_early = worker.ended;
    worker_done(&worker);
    if (status != STATUS_OK) {
        pipeline_free(run);
        return status;
    }
    run_close(run, options->stop && atomic_load(options->stop));
    *ret_run = run;
    return STATUS_OK;
}

static enum status campaign_next(void *context, struct finding *ret_finding, bool *ret_more,
                                 struct problem *problem) {
    return pipeline_next(context, ret_finding, ret_more, problem);
}

static const char *campaign_format(void *context, uint32_t source) {
    const struct pipeline_run *run = context;
    if (run->kept)
        return run->kept[source].format.size ? (const char *)run->kept[source].format.data : "";
    const struct decoder *decoder = intake_source(run->shared.intake, source)->decoder;
    return decoder ? decoder->name : "";
}

enum status pipeline_reconstruct(struct pipeline_run *run, const struct verdict *verdicts,
                                 size_t verdict_count, struct reconstruction **ret_reconstruction,
                                 struct problem *problem) {
    assert(run->relations && run->collector);
    enum status status = collector_rewind(run->collector, problem);
    if (status != STATUS_OK)
        return status;
    struct correlate_input input = {.fleet = relation_store_fleet(run->relations),
                                    .relations = relation_store_source(run->relations),
                                    .context = run,
                                    .next = campaign_next,
                                    .source_format = campaign_format,
                                    .first_ns = run->first_ns,
                                    .last_ns = run->last_ns,
                                    .verdicts = verdicts,
                                    .verdict_count = verdict_count};
    status = reconstruction_new(&input, ret_reconstruction, problem);
    return status == STATUS_OK ? collector_rewind(run->collector, problem) : status;
}

enum status pipeline_coverage(const struct pipeline_run *run, struct reconstruction *made,
                              struct evidence_coverage **ret_coverage, struct problem *problem) {
    assert(run->relations);
    struct correlate_input input = {.fleet = relation_store_fleet(run->relations),
                                    .relations = relation_store_source(run->relations)};
    enum status status = evidence_coverage_new(&input, made, ret_coverage, problem);
    if (status == STATUS_OK)
        status = reconstruction_add_bystanders(made, &input, *ret_coverage, problem);
    return status;
}

struct relation_store *pipeline_relations(const struct pipeline_run *run) {
    return run->relations;
}

const struct pipeline_counts *pipeline_counts(const struct pipeline_run *run) {
    return &run->counts;
}

const struct gap_sum *pipeline_gaps(const struct pipeline_run *run, size_t *ret_count) {
    *ret_count = run->gaps.count;
    return run->gaps.rows;
}

struct slice pipeline_source_path(const struct pipeline_run *run, uint32_t source) {
    if (run->kept)
        return run->kept[source].path;
    return intake_source(run->shared.intake, source)->path;
}

size_t pipeline_source_count(const struct pipeline_run *run) {
    return run->kept ? run->kept_count : intake_count(run->shared.intake);
}

int64_t pipeline_source_id(const struct pipeline_run *run, uint32_t source) {
    return run->kept ? run->kept[source].id : 0;
}

struct slice pipeline_source_directory(const struct pipeline_run *run, uint32_t source) {
    return run->kept ? run->kept[source].directory : (struct slice){NULL, 0};
}

uint64_t pipeline_partial_count(const struct pipeline_run *run) {
    uint64_t count = 0;
    for (size_t i = 0; i < run->kept_count; i++)
        count += run->kept[i].sequence == 0 && run->kept[i].evidence && !run->kept[i].complete;
    return count;
}

uint64_t pipeline_unknown_count(const struct pipeline_run *run) {
    return run->unknown_count;
}

uint64_t pipeline_empty_count(const struct pipeline_run *run, struct slice *ret_first) {
    *ret_first = run->empty_path;
    return run->empty_count;
}

uint64_t pipeline_gb18030_count(const struct pipeline_run *run) {
    return run->gb18030_count;
}

const struct slice *pipeline_unknown_paths(const struct pipeline_run *run, size_t *ret_count) {
    *ret_count = run->unknown_count < PIPELINE_UNKNOWN_PATHS_MAX ? run->unknown_count
                                                                 : PIPELINE_UNKNOWN_PATHS_MAX;
    return run->unknown_paths;
}

enum status pipeline_next(struct pipeline_run *run, struct finding *ret_finding, bool *ret_more,
                          struct problem *problem) {
    return collector_next(run->collector, ret_finding, ret_more, problem);
}

enum status pipeline_rewind(struct pipeline_run *run, struct problem *problem) {
    return collector_rewind(run->collector, problem);
}
