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

static void loss_take(struct campaign_loss *loss, const struct campaign_theft *theft) {
    loss->bytes += theft->bytes;
    loss->rows++;
    if (!loss->most || theft->bytes > loss->most->bytes)
        loss->most = theft;
}

void campaign_losses(const struct campaign *campaign, struct campaign_loss *ret_left,
                     struct campaign_loss *ret_gathered) {
    *ret_left = *ret_gathered = (struct campaign_loss){.most = NULL};
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        loss_take(theft->gathered_on.size ? ret_gathered : ret_left, theft);
    }
    if (!ret_gathered->most)
        return;
    ret_gathered->place = ret_gathered->most->gathered_on;
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        struct slice place = campaign->thefts[i].gathered_on;
        ret_gathered->is_elsewhere_too |= place.size && !slice_equal(place, ret_gathered->place);
    }
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
