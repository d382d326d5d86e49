// Indicators of a reconstruction as CSV
// SPDX-License-Identifier: Apache-2.0
#include "report/campaign_json.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/indicator_list.h"

enum {
    TAGS_MAX = 1 << 12
};

static void indicator_row(struct buffer *to, const struct report_input *input,
                          const struct campaign *campaign, const struct indicator_told *row) {
    char time[CLOCK_TEXT_SIZE];
    struct buffer tags;
    buffer_append_format(to, "%s,", indicator_type_name(row->type));
    text_append_csv(to, row->value);
    buffer_append_format(to, ",%s,%u,%.*s,", row->role, row->host_count,
                         (int)clock_format(row->first_ns, time), time);
    text_append_csv(to, campaign->id);
    buffer_append_text(to, campaign->is_incident ? ",incident," : ",campaign,");
    buffer_init(&tags, TAGS_MAX);
    for (uint32_t i = 0; i < row->reference_count; i++) {
        char tag[TAG_SIZE];
        cited_tag(input->cited, &row->references[i], tag);
        buffer_append_format(&tags, i ? " %s" : "%s", tag);
    }
    text_append_csv(to, buffer_slice(&tags));
    buffer_done(&tags);
    buffer_append_format(to, ",%s\r\n", marking_name(report_marking(input)));
}

void report_append_indicators(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    buffer_append_text(to, "type,value,role,hosts,first,campaign,kind,evidence,tlp\r\n");
    for (uint32_t i = 0; i < made->campaign_count + made->incident_count; i++) {
        const struct campaign *campaign = i < made->campaign_count
                                              ? &made->campaigns[i]
                                              : &made->incidents[i - made->campaign_count];
        uint32_t count;
        struct indicator_told *rows = indicators_of(campaign, &count);
        for (uint32_t k = 0; k < count; k++)
            indicator_row(to, input, campaign, &rows[k]);
        memory_free(rows);
    }
}
