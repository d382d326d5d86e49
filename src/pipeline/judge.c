// Detectors after the merge
// SPDX-License-Identifier: Apache-2.0
//
// Each detector reads settled relations, which nobody changes any more, and keeps what it learns to
// itself: threads take one after the other. What they tell is sorted by the collector, so that it
// does not matter who was first.
#include "pipeline/judge.h"

#include "base/memory.h"
#include "base/workers.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

size_t judge_rule_count(void) {
    size_t count, rules = 0;
    const struct detector *const *detectors = detector_list(&count);
    for (size_t i = 0; i < count; i++)
        rules += detectors[i]->rule_count;
    return rules;
}

void judge_list_rules(const struct rule **ret_rules) {
    size_t count, at = 0;
    const struct detector *const *detectors = detector_list(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < detectors[i]->rule_count; k++)
            ret_rules[at++] = &detectors[i]->rules[k];
}

// All detectors, and who is next.
struct judge_hall {
    const struct detect_context *context;
    struct collector *collector; // under the lock
    pthread_mutex_t lock;
    const uint32_t *first_rules; // by detector
    atomic_size_t next;
};

// Where one detector's findings go.
struct judge {
    struct judge_hall *hall;
    const struct detector *detector;
    uint32_t first_rule;
    struct finding *finding; // reused: it is large
};

static enum status judge_found(void *context, const struct detection *detection,
                               struct problem *problem) {
    struct judge *judge = context;
    struct finding *finding = judge->finding;
    assert(detection->rule < judge->detector->rule_count);
    assert(detection->reference_count > 0);
    finding->rule = &judge->detector->rules[detection->rule];
    finding->host = detection->host;
    finding->account = detection->account;
    finding->provider = SLICE("vedette");
    finding->channel = slice_of_string(judge->detector->name);
    finding->code = -1;
    finding->first_ns = detection->first_ns;
    finding->last_ns = detection->last_ns;
    finding->count = detection->count;
    finding->field_count = detection->field_count;
    memcpy(finding->fields, detection->fields,
           detection->field_count * sizeof detection->fields[0]);
    finding->reference_count = detection->reference_count;
    memcpy(finding->references, detection->references,
           detection->reference_count * sizeof detection->references[0]);
    pthread_mutex_lock(&judge->hall->lock);
    enum status status = collector_add_finding(
        judge->hall->collector, judge->first_rule + detection->rule, finding, problem);
    pthread_mutex_unlock(&judge->hall->lock);
    return status;
}

// Take detectors until none is left.
static enum status judge_work(void *context, unsigned worker, struct problem *problem) {
    struct judge_hall *hall = context;
    size_t count;
    const struct detector *const *detectors = detector_list(&count);
    struct judge judge = {.hall = hall, .finding = memory_new(1, sizeof *judge.finding)};
    struct detection_sink sink = {&judge, judge_found};
    enum status status = STATUS_OK;
    (void)worker;
    for (size_t i; status == STATUS_OK && (i = atomic_fetch_add(&hall->next, 1)) < count;) {
        judge.detector = detectors[i];
        judge.first_rule = hall->first_rules[i];
        status = detectors[i]->judge(hall->context, &sink, problem);
    }
    memory_free(judge.finding);
    return status;
}

enum status judge_run(const struct detect_context *context, const struct judge_run *run,
                      struct problem *problem) {
    size_t count;
    const struct detector *const *detectors = detector_list(&count);
    uint32_t *first_rules = memory_new(count, sizeof *first_rules);
    uint32_t rule = run->first_rule;
    for (size_t i = 0; i < count; i++) {
        first_rules[i] = rule;
        rule += (uint32_t)detectors[i]->rule_count;
    }
    struct judge_hall hall = {
        .context = context, .collector = run->collector, .first_rules = first_rules};
    pthread_mutex_init(&hall.lock, NULL);
    size_t threads = run->threads < JUDGE_THREADS_MAX ? run->threads : JUDGE_THREADS_MAX;
    enum status status = workers_run(threads ? (unsigned)threads : 1, judge_work, &hall, problem);
    pthread_mutex_destroy(&hall.lock);
    memory_free(first_rules);
    return status;
}
