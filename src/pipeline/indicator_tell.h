// Findings of indicators
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_INDICATOR_TELL_H
#define PIPELINE_INDICATOR_TELL_H

#include "base/buffer.h"
#include "match/indicators.h"
#include "pipeline/collector.h"

// Where the hits of one record go. `status` is not OK once the collector failed.
struct indicator_tell {
    struct collector *collector;
    uint32_t rule_first; // number of the indicators' first rule among all
    struct slice host;   // when the record names none
    const struct event *event;
    struct buffer *scratch;
    uint64_t hits;
    enum status status;
    struct problem *problem;
};

// struct indicator_sink.hit. The finding shows the indicator, the field with its text, the list
// and line it is from, and what the list says of it.
void indicator_tell(void *context, const struct indicator_hit *hit);

#endif
