// Detectors after the merge
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_JUDGE_H
#define PIPELINE_JUDGE_H

#include "base/status.h"
#include "detect/detector.h"
#include "pipeline/collector.h"

#include <stddef.h>

// How many rules all detectors have together, and their row (in the order of detectors.def) into
// `ret_rules`, which has room for them.
size_t judge_rule_count(void);
void judge_list_rules(const struct rule **ret_rules);

enum {
    JUDGE_THREADS_MAX = 4 // each may hold the sorts of a detector, 32 MiB at a time
};

struct judge_run {
    struct collector *collector; // takes what is found
    uint32_t first_rule;         // number of the first detector's first rule
    size_t threads;              // 0 is 1
};

// Run all detectors; what they tell becomes findings. Which thread ran which one is not seen in
// them.
enum status judge_run(const struct detect_context *context, const struct judge_run *run,
                      struct problem *problem);

#endif
