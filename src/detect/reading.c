// Reading relations in a detector
// SPDX-License-Identifier: Apache-2.0
#include "detect/reading.h"

#include "base/clock.h"

#include <assert.h>

enum status reading_open(struct reading *reading, const struct detect_context *context,
                         uint64_t kinds, enum relation_order order, struct problem *problem) {
    *reading = (struct reading){.source = context->relations};
    return context->relations->open(context->relations->context, kinds, order, &reading->reader,
                                    problem);
}

enum status reading_next(struct reading *reading, struct problem *problem) {
    return reading->source->next(reading->reader, &reading->relation, &reading->more, problem);
}

void reading_close(struct reading *reading) {
    if (reading->source)
        reading->source->close(reading->reader);
    reading->reader = NULL;
}

static struct slice reading_host(const struct fleet *fleet, uint32_t host, struct slice part) {
    if (host == RELATION_NO_HOST)
        return part;
    assert(host < fleet->count);
    return fleet->hosts[host].name;
}

struct slice reading_from(const struct detect_context *context, const struct relation *relation) {
    return reading_host(context->fleet, relation->from_host, relation->from);
}

struct slice reading_to(const struct detect_context *context, const struct relation *relation) {
    return reading_host(context->fleet, relation->to_host, relation->to);
}

int64_t reading_time(const struct detect_context *context, const struct relation *relation,
                     const struct reference *reference) {
    (void)context;
    if (relation->first_ns == CLOCK_NONE || reference->time_ns == CLOCK_NONE)
        return reference->time_ns;
    // What was taken off the relation's first time, which is that of its smallest reference.
    uint32_t first = 0;
    while (first < relation->reference_count && relation->references[first].time_ns == CLOCK_NONE)
        first++;
    if (first == relation->reference_count)
        return reference->time_ns;
    return reference->time_ns - (relation->references[first].time_ns - relation->first_ns);
}
