// From when to when the evidence tells
// SPDX-License-Identifier: Apache-2.0
#include "base/time_span.h"
#include "pipeline/run.h"
#include "relate/relate.h"

#define DAY_NS (86400 * 1000000000ll)

// What one log of one host counts by day (of its first 512); its ends to the record, where a stray
// end is cut off to the day.
static enum status span_take(void *context, struct relation *relation, struct problem *problem) {
    (void)problem;
    struct time_span *span = context;
    for (uint32_t i = 0; i < relation->day_count; i++) {
        const struct relation_day *day = &relation->days[i];
        int64_t begin_ns = day->day * DAY_NS, end_ns = begin_ns + DAY_NS - 1;
        time_span_take(span, begin_ns < relation->first_ns ? relation->first_ns : begin_ns,
                       day->count);
        time_span_take(span, end_ns > relation->last_ns ? relation->last_ns : end_ns, 1);
    }
    time_span_take(span, relation->first_ns, 1);
    time_span_take(span, relation->last_ns, 1);
    return STATUS_OK;
}

enum status run_read_span(struct pipeline_run *run, struct problem *problem) {
    struct time_span *span = time_span_new();
    enum status status =
        relation_source_each(relation_store_source(run->relations), RELATION_MASK(COVERAGE),
                             RELATION_ORDER_TIME, span_take, span, problem);
    run->first_ns = run->counts.first_ns;
    run->last_ns = run->counts.last_ns;
    time_span_tell(span, &run->first_ns, &run->last_ns);
    time_span_free(span);
    return status;
}
