// Hosts of a reconstruction as CSV
// SPDX-License-Identifier: Apache-2.0
#include "report/campaign_json.h"

#include "base/clock.h"
#include "base/text.h"

enum {
    CELL_MAX = 1 << 20
};

static void csv_time(struct buffer *to, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, text);
    buffer_append_byte(to, ',');
    text_append_csv(to, slice_of(text, size));
}

static void csv_cell(struct buffer *to, struct slice text) {
    buffer_append_byte(to, ',');
    text_append_csv(to, text);
}

// Several values are one cell; what would pass its ceiling is left out.
static void csv_list(struct buffer *to, struct buffer *cell, const struct slice *texts,
                     uint32_t count) {
    buffer_reset(cell);
    for (uint32_t i = 0; i < count; i++) {
        buffer_append_text(cell, i ? "; " : "");
        buffer_append_slice(cell, texts[i]);
    }
    csv_cell(to, buffer_slice(cell));
}

// The last two cells and the line's end.
static void csv_tags(struct buffer *to, struct buffer *cell, const struct report_input *input,
                     const struct reference *references, uint32_t count) {
    buffer_reset(cell);
    for (uint32_t i = 0; i < count; i++) {
        char tag[TAG_SIZE];
        cited_tag(input->cited, &references[i], tag);
        buffer_append_format(cell, i ? " %s" : "%s", tag);
    }
    csv_cell(to, buffer_slice(cell));
    buffer_append_format(to, ",%s\r\n", marking_name(report_marking(input)));
}

static void csv_row(struct buffer *to, struct buffer *cell, const struct report_input *input,
                    const struct campaign *campaign, const struct campaign_host *host) {
    text_append_csv(to, campaign->id);
    csv_cell(to, campaign->is_incident ? SLICE("incident") : SLICE("campaign"));
    csv_cell(to, host->name);
    csv_list(to, cell, host->aliases, host->alias_count);
    csv_cell(to, slice_of_string(host_state_name(host->state)));
    csv_time(to, host->first_ns);
    csv_time(to, host->last_ns);
    csv_cell(to, host->best.parent < 0 ? (struct slice){NULL, 0}
                                       : campaign->hosts[host->best.parent].name);
    csv_cell(to, host->best.reason);
    csv_list(to, cell, host->artefacts, host->artefact_count);
    csv_list(to, cell, host->accounts, host->account_count);
    csv_tags(to, cell, input, host->references, host->reference_count);
}

// A bystander's row: it has nothing to remove, and nobody's account was used there.
static struct campaign_host host_of_bystander(const struct bystander *bystander) {
    return (struct campaign_host){
        .name = bystander->name,
        .aliases = bystander->aliases,
        .alias_count = bystander->alias_count,
        .state = bystander->state,
        .first_ns = bystander->first_ns,
        .last_ns = bystander->first_ns,
        .best = {.parent = (int32_t)bystander->source, .reason = bystander->reason},
        .references = bystander->references,
        .reference_count = bystander->reference_count};
}

void report_append_hosts(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    struct buffer cell;
    buffer_init(&cell, CELL_MAX);
    buffer_append_text(to, "campaign,kind,host,aliases,state,first,last,parent,reason,artefacts,"
                           "accounts,evidence,tlp\r\n");
    for (uint32_t i = 0; i < made->campaign_count + made->incident_count; i++) {
        const struct campaign *campaign = i < made->campaign_count
                                              ? &made->campaigns[i]
                                              : &made->incidents[i - made->campaign_count];
        for (uint32_t k = 0; k < campaign->host_count; k++)
            csv_row(to, &cell, input, campaign, &campaign->hosts[k]);
        for (uint32_t k = 0; k < campaign->bystander_count; k++) {
            struct campaign_host host = host_of_bystander(&campaign->bystanders[k]);
            csv_row(to, &cell, input, campaign, &host);
        }
    }
    buffer_done(&cell);
}
