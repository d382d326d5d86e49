// Which events a run looks at
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_EVENT_FILTER_H
#define PIPELINE_EVENT_FILTER_H

#include "model/event_class.h"
#include "pipeline/pipeline.h"

// Whether a classified event passes. `host` is used when the event names no computer. Nothing
// is rendered for bounds that were not given.
bool event_filter_passes(const struct event_filter *filter, const struct event *event,
                         struct slice host, struct buffer *scratch);

#endif
