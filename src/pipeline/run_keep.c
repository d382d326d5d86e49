// Results into a case, and a case as a run again
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run.h"

#include "base/memory.h"
#include "relate/relate.h"

#include <assert.h>
#include <string.h>

enum {
    KEEP_ROWS_BYTES = 4 << 20, // of packed findings in a row of the store
    KEEP_TEXT_BYTES = 512 << 20,
    KEEP_SOURCES_BYTES = 1 << 30
};

static int64_t keep_first_source(const struct pipeline_run *run, const struct finding *finding) {
    return finding->reference_count
               ? pipeline_source_id(run, finding->references[0].position.source)
               : 0;
}

static enum status keep_findings(struct pipeline_run *run, struct store *store,
                                 struct problem *problem) {
    struct buffer rows;
    buffer_init(&rows, KEEP_TEXT_BYTES);
    struct finding *finding = memory_new(1, sizeof *finding);
    enum status status = collector_rewind(run->collector, problem);
    bool more = status == STATUS_OK;
    while (more && status == STATUS_OK) {
        status = collector_next_packed(run->collector, &rows, finding, &more, problem);
        if (status == STATUS_OK && more)
            status = store_put_finding(store, finding, keep_first_source(run, finding), problem);
        if (status == STATUS_OK && rows.failed)
            status = problem_set(problem, STATUS_LIMIT, "a finding is too large to be kept");
        if (status == STATUS_OK && rows.size && (!more || rows.size >= KEEP_ROWS_BYTES)) {
            status = store_put_findings(store, buffer_slice(&rows), problem);
            buffer_reset(&rows);
        }
    }
    memory_free(finding);
    buffer_done(&rows);
    return status == STATUS_OK ? collector_rewind(run->collector, problem) : status;
}

static enum status keep_relation(void *context, struct relation *relation,
                                 struct problem *problem) {
    struct store *store = context;
    return store_put_relation(store, relation, problem);
}

static enum status keep_relations(struct pipeline_run *run, struct store *store,
                                  struct problem *problem) {
    // Which days a log has is the report's; as rows they would outnumber all others.
    const uint64_t kinds = ~RELATION_MASK(COVERAGE);
    return relation_source_each(relation_store_source(run->relations), kinds, RELATION_ORDER_TIME,
                                keep_relation, store, problem);
}

static enum status keep_lists(struct pipeline_run *run, struct store *store,
                              struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < run->rule_count && status == STATUS_OK; i++)
        status = store_put_rule(store, (uint32_t)i, run->rules[i], problem);
    const struct fleet *fleet = relation_store_fleet(run->relations);
    for (uint32_t i = 0; i < fleet->count && status == STATUS_OK; i++)
        status = store_put_host(store, i, &fleet->hosts[i], problem);
    return status;
}

static void *tidy_thread(void *argument) {
    struct pipeline_run *run = argument;
    struct store *store = run->options.keep->store;
    enum status status = run->writer.open ? store_commit(store, &run->writer.problem) : STATUS_OK;
    run->writer.open = false;
    run->writer.status = status == STATUS_OK ? store_tidy(store, &run->writer.problem) : status;
    return NULL;
}

static void *write_thread(void *argument) {
    struct pipeline_run *run = argument;
    struct store *store = run->options.keep->store;
    struct problem *problem = &run->writer.problem;
    enum status status = store_begin(store, problem);
    if (status == STATUS_OK)
        status = store_clear_results(store, problem);
    if (status == STATUS_OK)
        status = keep_lists(run, store, problem);
    run->writer.status = status == STATUS_OK ? keep_relations(run, store, problem) : status;
    return NULL;
}

// Without a thread it is done here.
static void run_writer_start(struct pipeline_run *run, void *(*function)(void *)) {
    assert(!run->writer.running);
    run->writer.running = pthread_create(&run->writer.thread, NULL, function, run) == 0;
    if (!run->writer.running)
        function(run);
}

void run_tidy_begin(struct pipeline_run *run) {
    if (run->options.keep)
        run_writer_start(run, tidy_thread);
}

void run_write_begin(struct pipeline_run *run) {
    if (!run->options.keep)
        return;
    run->writer.wrote = true;
    run_writer_start(run, write_thread);
}

enum status run_write_join(struct pipeline_run *run, struct problem *problem) {
    if (run->writer.running)
        pthread_join(run->writer.thread, NULL);
    run->writer.running = false;
    if (run->writer.status != STATUS_OK)
        *problem = run->writer.problem;
    return run->writer.status;
}

enum status pipeline_keep_results(struct pipeline_run *run, struct store *store,
                                  struct problem *problem) {
    assert(run->kept && run->relations && run->collector && run->writer.wrote);
    struct slice counts = slice_of(&run->counts, sizeof run->counts);
    enum status status = run_write_join(run, problem);
    if (status == STATUS_OK)
        status = store_put_fact(store, STORE_FACT_COUNTS, counts, problem);
    for (size_t i = 0; i < run->gaps.count && status == STATUS_OK; i++)
        status = store_put_gap(store, pipeline_source_id(run, run->gaps.rows[i].source),
                               &run->gaps.rows[i], problem);
    return status == STATUS_OK ? keep_findings(run, store, problem) : status;
}

// --- a case as a run again

static enum status reopen_rows(void *context, struct slice rows, struct problem *problem) {
    struct pipeline_run *run = context;
    return collector_put_finished(run->collector, rows, (uint32_t)run->rule_count,
                                  (uint32_t)run->kept_count, problem);
}

static enum status reopen_findings(struct pipeline_run *run, struct store *store,
                                   struct problem *problem) {
    enum status status =
        store_rules(store, &run->kept_arena, &run->kept_rules, &run->rule_count, problem);
    if (status != STATUS_OK)
        return status;
    run->rules = memory_new(run->rule_count ? run->rule_count : 1, sizeof *run->rules);
    for (size_t i = 0; i < run->rule_count; i++)
        run->rules[i] = &run->kept_rules[i];
    run->collector = collector_new(run->rules, run->options.spill_directory);
    struct store_rows_sink sink = {run, reopen_rows};
    status = store_findings(store, &sink, problem);
    return status == STATUS_OK ? collector_open_finished(run->collector, problem) : status;
}

static enum status reopen_counts(struct pipeline_run *run, struct store *store,
                                 struct problem *problem) {
    struct slice finished, packed;
    struct pipeline_counts counts;
    enum status status =
        store_fact(store, STORE_FACT_FINISHED, &run->kept_arena, &finished, problem);
    if (status == STATUS_OK)
        status = store_fact(store, STORE_FACT_COUNTS, &run->kept_arena, &packed, problem);
    if (status != STATUS_OK)
        return status;
    if (!slice_equal(finished, SLICE("1")))
        return problem_set(problem, STATUS_NOT_FOUND,
                           "the case is not finished: its last scan ended early; scan the "
                           "evidence into it again");
    if (packed.size != sizeof counts)
        return problem_set(problem, STATUS_FORMAT, "the case's counts are damaged");
    memcpy(&counts, packed.data, sizeof counts);
    run->counts.correlation_overflow = counts.correlation_overflow;
    run->counts.interrupted = counts.interrupted;
    return STATUS_OK;
}

static enum status reopen_all(struct pipeline_run *run, struct store *store,
                              struct problem *problem) {
    enum status status = reopen_counts(run, store, problem);
    if (status == STATUS_OK)
        status = run_load(run, store, problem);
    if (status == STATUS_OK)
        status = run_settle(run, problem);
    if (status == STATUS_OK)
        status = reopen_findings(run, store, problem);
    return status;
}

enum status pipeline_reopen(struct store *store, const char *spill_directory, unsigned threads,
                            struct pipeline_run **ret_run, struct problem *problem) {
    struct pipeline_run *run = memory_new(1, sizeof *run);
    run->options = (struct pipeline_options){
        .relations = true, .threads = threads, .spill_directory = spill_directory};
    gap_table_init(&run->gaps);
    table_init(&run->shared.criticals);
    pthread_mutex_init(&run->shared.lock, NULL);
    pthread_mutex_init(&run->shared.critical_lock, NULL);
    arena_init(&run->kept_arena, KEEP_SOURCES_BYTES);
    run->counts.first_ns = CLOCK_NONE;
    run->counts.last_ns = CLOCK_NONE;
    enum status status = reopen_all(run, store, problem);
    if (status != STATUS_OK) {
        pipeline_free(run);
        return status;
    }
    run_close(run, run->counts.interrupted);
    *ret_run = run;
    return STATUS_OK;
}
