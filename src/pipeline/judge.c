// Detectors after the merge
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/judge.h"

#include "base/memory.h"

#include <assert.h>

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

// Where one detector's findings go.
struct judge {
    const struct detector *detector;
    struct collector *collector;
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
    return collector_add_finding(judge->collector, judge->first_rule + detection->rule, finding,
                                 problem);
}

enum status judge_run(const struct detect_context *context, struct collector *collector,
                      uint32_t first_rule, struct problem *problem) {
    size_t count;
    const struct detector *const *detectors = detector_list(&count);
    struct judge judge = {.collector = collector,
                          .first_rule = first_rule,
                          .finding = memory_new(1, sizeof *judge.finding)};
    struct detection_sink sink = {&judge, judge_found};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        judge.detector = detectors[i];
        status = detectors[i]->judge(context, &sink, problem);
        judge.first_rule += (uint32_t)detectors[i]->rule_count;
    }
    memory_free(judge.finding);
    return status;
}
