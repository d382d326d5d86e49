// Which values of an event a finding of a rule shows
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_FINDING_PLAN_H
#define PIPELINE_FINDING_PLAN_H

#include "base/arena.h"
#include "base/buffer.h"
#include "model/event_class.h"
#include "model/finding.h"

#include <stdbool.h>
#include <stdint.h>

// Worked out once per (rule, class), then a hit only reads its slots.
struct finding_plan {
    struct finding_plan_field {
        struct slice name; // the rule's or the shape's; lives as long as they do
        const char *ecs;   // static, or NULL
        struct field_source source;
    } fields[FINDING_FIELDS_MAX];
    uint32_t field_count;
    struct field_source account;
    bool has_account;
    bool has_message; // the class's message is shown as a field "Message"
};

void finding_plan_init(struct finding_plan *plan, const struct rule *rule,
                       const struct event_class *event_class);

// A hash over the raw values that the plan shows: equal for repeats of one worker.
uint64_t finding_plan_hash(const struct finding_plan *plan, const struct event *event,
                           uint64_t seed);

// Fill host, account, provider, channel, code and fields of *ret_finding. The texts are
// rendered into `scratch`, whose ceiling must allow it, and live until it changes.
void finding_plan_render(const struct finding_plan *plan, const struct event *event,
                         struct slice host, struct buffer *scratch, struct finding *ret_finding);

#endif
