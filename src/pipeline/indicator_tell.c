// Findings of indicators
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/indicator_tell.h"

#include "base/memory.h"
#include "base/text.h"
#include "model/event_class.h"

enum {
    TELL_VALUE_MAX = 4096
};

static void finding_add(struct finding *finding, struct slice name, struct slice text) {
    if (text.size)
        finding->fields[finding->field_count++] = (struct finding_field){
            .name = name, .ecs = SLICE(""), .text = text_cut(text, TELL_VALUE_MAX)};
}

void indicator_tell(void *context, const struct indicator_hit *hit) {
    struct indicator_tell *tell = context;
    const struct event *event = tell->event;
    if (tell->status != STATUS_OK)
        return;
    struct finding *finding = memory_new(1, sizeof *finding);
    struct buffer *scratch = tell->scratch;
    buffer_reset(scratch);
    value_append_text(event_role_value(event, FIELD_ROLE_COMPUTER), scratch);
    size_t host = scratch->size;
    buffer_append_slice(scratch, hit->file);
    if (hit->line)
        buffer_append_format(scratch, ":%u", hit->line);
    struct slice text = buffer_slice(scratch);
    finding->host = host ? slice_part(text, 0, host) : tell->host;
    finding->provider = event->event_class->provider;
    finding->channel = event->event_class->channel;
    finding->code = event->event_class->code;
    finding->first_ns = finding->last_ns = event->time_ns;
    finding->count = 1;
    finding_add(finding, SLICE("Indicator"), hit->indicator);
    finding_add(finding, hit->field, hit->value);
    finding_add(finding, SLICE("IndicatorSource"), slice_part(text, host, SIZE_MAX));
    finding_add(finding, SLICE("IndicatorDescription"), hit->description);
    finding->references[0].position = event->position;
    finding->references[0].time_ns = event->time_ns;
    reference_digest(event, finding->references[0].sha256);
    finding->reference_count = 1;
    tell->status = collector_add_finding(tell->collector, tell->rule_first + hit->rule, finding,
                                         tell->problem);
    tell->hits++;
    memory_free(finding);
}
