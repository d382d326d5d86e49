// Which events a run looks at
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/event_filter.h"

#include "base/text.h"

static bool event_filter_has(const char *const *texts, size_t count, struct slice text) {
    for (size_t i = 0; i < count; i++)
        if (text_equal_fold_ascii(slice_of_string(texts[i]), text))
            return true;
    return false;
}

bool event_filter_is_set(const struct event_filter *filter) {
    return filter->since_ns != CLOCK_NONE || filter->until_ns != CLOCK_NONE || filter->host_count ||
           filter->channel_count || filter->code_count || filter->record_count;
}

// A host given short ("DC01") also means "DC01.example.com".
bool event_filter_has_host(const struct event_filter *filter, struct slice host) {
    if (filter->host_count == 0 || event_filter_has(filter->hosts, filter->host_count, host))
        return true;
    const uint8_t *dot = host.size ? memchr(host.data, '.', host.size) : NULL;
    return dot && event_filter_has(filter->hosts, filter->host_count,
                                   slice_of(host.data, (size_t)(dot - host.data)));
}

static bool event_filter_has_record(const struct event_filter *filter, const struct event *event,
                                    struct buffer *scratch) {
    buffer_reset(scratch);
    buffer_append_u64(scratch,
                      event->position.line ? event->position.line : event->position.record_id);
    return event_filter_has(filter->records, filter->record_count, buffer_slice(scratch));
}

static bool event_filter_has_code(const struct event_filter *filter, int64_t code,
                                  struct buffer *scratch) {
    buffer_reset(scratch);
    buffer_append_i64(scratch, code);
    return event_filter_has(filter->codes, filter->code_count, buffer_slice(scratch));
}

bool event_filter_passes(const struct event_filter *filter, const struct event *event,
                         bool has_host, struct buffer *scratch) {
    if (filter->since_ns != CLOCK_NONE && event->time_ns < filter->since_ns)
        return false;
    if (filter->until_ns != CLOCK_NONE &&
        (event->time_ns >= filter->until_ns || event->time_ns == CLOCK_NONE))
        return false;
    if (filter->record_count && !event_filter_has_record(filter, event, scratch))
        return false;
    if (filter->code_count && !event_filter_has_code(filter, event->event_class->code, scratch))
        return false;
    if (filter->channel_count &&
        !event_filter_has(filter->channels, filter->channel_count, event->event_class->channel))
        return false;
    if (filter->host_count == 0)
        return true;
    const struct value *computer = event_role_value(event, FIELD_ROLE_COMPUTER);
    if (value_is_null(computer))
        return has_host;
    buffer_reset(scratch);
    value_append_text(computer, scratch);
    return scratch->size ? event_filter_has_host(filter, buffer_slice(scratch)) : has_host;
}
