// From when to when the evidence tells
// SPDX-License-Identifier: Apache-2.0
#include "base/time_span.h"
#include "pipeline/run.h"
#include "relate/relate.h"

#define DAY_NS (86400 * 1000000000ll)

// What one log of one host counts by day; its ends to the record.
static void span_take(struct time_span *span, const struct relation *relation) {
    uint64_t rest = relation->count;
    for (uint32_t i = 0; i < relation->day_count; i++) {
        int64_t begin_ns = relation->days[i].day * DAY_NS;
        uint64_t count = relation->days[i].count < rest ? relation->days[i].count : rest;
        time_span_take(span, begin_ns > relation->first_ns ? begin_ns : relation->first_ns, count);
        rest -= count;
    }
    time_span_take(span, relation->last_ns, rest + 1);
}

enum status run_read_span(struct pipeline_run *run, struct problem *problem) {
    run->first_ns = run->counts.first_ns;
    run->last_ns = run->counts.last_ns;
    const struct relation_source *source = relation_store_source(run->relations);
    struct time_span *span = time_span_new();
    void *reader = NULL;
    bool more = true;
    enum status status = source->open(source->context, RELATION_MASK(COVERAGE), RELATION_ORDER_TIME,
                                      &reader, problem);
    while (status == STATUS_OK) {
        struct relation relation;
        status = source->next(reader, &relation, &more, problem);
        if (status != STATUS_OK || !more)
            break;
        span_take(span, &relation);
    }
    source->close(reader);
    time_span_tell(span, &run->first_ns, &run->last_ns);
    time_span_free(span);
    return status;
}
