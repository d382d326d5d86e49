// What every report of a reconstruction is made of
// SPDX-License-Identifier: Apache-2.0
#include "report/report_input.h"

#include "base/clock.h"
#include "report/tally.h"

enum marking report_marking(const struct report_input *input) {
    enum marking marking = input->tlp ? marking_of(slice_of_string(input->tlp)) : MARKING_RED;
    for (size_t i = 0; input->tally && i < input->tally->rule_count; i++)
        marking = marking_strictest(marking, marking_of_rule(input->tally->rules[i].rule));
    return marking;
}

uint64_t campaign_bytes_left(const struct campaign *campaign) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        bool largest = true;
        for (uint32_t k = 0; k < campaign->theft_count && largest; k++) {
            const struct campaign_theft *other = &campaign->thefts[k];
            largest = other->host != theft->host || k == i || other->bytes < theft->bytes ||
                      (other->bytes == theft->bytes && k > i);
        }
        bytes += largest ? theft->bytes : 0;
    }
    return bytes;
}

void campaign_span(const struct campaign *campaign, int64_t *ret_first_ns, int64_t *ret_last_ns) {
    int64_t first_ns = CLOCK_MAX, last_ns = CLOCK_NONE;
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        first_ns = stage->first_ns < first_ns ? stage->first_ns : first_ns;
        last_ns = stage->last_ns > last_ns ? stage->last_ns : last_ns;
    }
    *ret_first_ns = first_ns == CLOCK_MAX ? CLOCK_NONE : first_ns;
    *ret_last_ns = last_ns;
}
