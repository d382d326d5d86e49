// Which events a run looks at
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_EVENT_FILTER_H
#define PIPELINE_EVENT_FILTER_H

#include "model/event_class.h"
#include "pipeline/pipeline.h"

// Whether the filter asks for anything at all.
bool event_filter_is_set(const struct event_filter *filter);

// Whether an event that names no computer passes by its source's host.
bool event_filter_has_host(const struct event_filter *filter, struct slice host);

// Whether a classified event passes. `has_host` is said of an event that names no computer: asked
// once a source. Nothing is rendered for bounds that were not given.
bool event_filter_passes(const struct event_filter *filter, const struct event *event,
                         bool has_host, struct buffer *scratch);

#endif
