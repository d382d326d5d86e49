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

// Run all detectors; what they tell becomes findings whose rule numbers start at `first_rule`.
enum status judge_run(const struct detect_context *context, struct collector *collector,
                      uint32_t first_rule, struct problem *problem);

#endif
