// What happened, on one screen
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/clock.h"
#include "base/text.h"
#include "report/campaign_json.h"
#include "report/stage_told.h"
#include "report/verdict_list.h"

enum {
    SCREEN_WIDTH = 150,
    SCREEN_TAGS_MAX = 3,
    SCREEN_STEPS_MAX = 4,
    SCREEN_SERVERS_MAX = 4,
    SCREEN_STAGE_WIDTH = 68,
    SCREEN_INCIDENTS_MAX = 5
};

static void screen_tags(struct buffer *to, const struct report_input *input,
                        const struct reference *references, uint32_t count) {
    for (uint32_t i = 0; i < count && i < SCREEN_TAGS_MAX; i++) {
        char tag[TAG_SIZE];
        cited_tag(input->cited, &references[i], tag);
        buffer_append_format(to, " [%s]", tag);
    }
}

// Between words where it can: half an address would be blocked by someone.
static void screen_cut(struct buffer *to, struct slice text, size_t width) {
    struct slice shown = text_cut(text, width);
    size_t end = shown.size;
    while (text.size > width && end > shown.size / 2 && shown.data[end - 1] != ' ')
        end--;
    text_append_terminal(to, end > shown.size / 2 ? slice_part(shown, 0, end) : shown);
    if (text.size > width)
        buffer_append_text(to, "...");
}

static void screen_fact(struct buffer *to, const char *word) {
    buffer_append_format(to, "    %-9s", word);
}

static void screen_entry(struct buffer *to, const struct report_input *input,
                         const struct campaign *campaign) {
    const struct campaign_host *entry = &campaign->hosts[0];
    screen_fact(to, "Began");
    screen_cut(to, entry->name, 60);
    buffer_append_text(to, ", ");
    screen_cut(to, entry->best.reason, 60);
    buffer_append_text(to, ", ");
    text_append_minute(to, entry->first_ns, "");
    screen_tags(to, input, entry->best.references, entry->best.reference_count);
    buffer_append_byte(to, '\n');
}

static void screen_servers(struct buffer *to, const struct report_input *input,
                           const struct campaign *campaign) {
    if (campaign->server_count == 0)
        return;
    screen_fact(to, "Turned");
    for (uint32_t i = 0; i < campaign->server_count && i < SCREEN_SERVERS_MAX; i++) {
        const struct campaign_server *server = &campaign->servers[i];
        buffer_append_text(to, i ? "; " : "");
        screen_cut(to, campaign->hosts[server->host].name, 40);
        buffer_append_text(to, ", ");
        screen_cut(to, server->role, 40);
        screen_tags(to, input, server->references, server->reference_count ? 1 : 0);
    }
    if (campaign->server_count > SCREEN_SERVERS_MAX)
        buffer_append_format(to, "; %u more", campaign->server_count - SCREEN_SERVERS_MAX);
    buffer_append_byte(to, '\n');
}

static void screen_hosts(struct buffer *to, const struct report_input *input,
                         const struct campaign *campaign) {
    uint32_t states[HOST_STATE_CONFIRMED + 1] = {0};
    for (uint32_t i = 0; i < campaign->host_count; i++)
        states[campaign->hosts[i].state]++;
    states[HOST_STATE_EXPOSED] = campaign->exposed_count;
    states[HOST_STATE_CLEARED] = campaign->cleared_count;
    screen_fact(to, "Reached");
    buffer_append_format(to, "%u host%s confirmed", states[HOST_STATE_CONFIRMED],
                         states[HOST_STATE_CONFIRMED] == 1 ? "" : "s");
    for (int state = HOST_STATE_PROBABLE; state >= 0; state--)
        if (states[state])
            buffer_append_format(to, ", %u %s", states[state],
                                 host_state_name((enum host_state)state));
    if (campaign->wave_count) {
        const struct campaign_wave *wave = &campaign->waves[0];
        buffer_append_text(to, "; a wave from ");
        if (wave->source < campaign->host_count)
            screen_cut(to, campaign->hosts[wave->source].name, 40);
        else
            buffer_append_text(to, "a source unknown");
        buffer_append_format(to, " reached %u, ", wave->host_count);
        text_append_minute(to, wave->first_ns, "");
        buffer_append_text(to, " to ");
        text_append_minute(to, wave->last_ns, "");
        screen_tags(to, input, wave->references, wave->reference_count);
    }
    if (campaign->wave_count > 1)
        buffer_append_format(to, "; %u more wave%s", campaign->wave_count - 1,
                             campaign->wave_count == 2 ? "" : "s");
    buffer_append_byte(to, '\n');
}

static void screen_most(struct buffer *to, const struct report_input *input,
                        const struct campaign *campaign, const struct campaign_theft *most) {
    screen_cut(to, most->what, 80);
    buffer_append_text(to, ", ");
    screen_cut(to, campaign->hosts[most->host].name, 40);
    if (most->destination.size) {
        buffer_append_text(to, " to ");
        screen_cut(to, most->destination, 60);
    }
    buffer_append_text(to, ", ");
    text_append_minute(to, most->first_ns, "");
    screen_tags(to, input, most->references, most->reference_count);
    buffer_append_byte(to, '\n');
}

static void screen_thefts(struct buffer *to, const struct report_input *input,
                          const struct campaign *campaign) {
    struct campaign_loss left, gathered;
    campaign_losses(campaign, &left, &gathered);
    screen_fact(to, "Left");
    if (left.most) {
        if (left.bytes)
            buffer_append_format(to, "at least %.1f MB; most: ", (double)left.bytes / 1e6);
        screen_most(to, input, campaign, left.most);
    } else {
        buffer_append_text(to, "nothing that shows in these logs\n");
    }
    if (!gathered.most)
        return;
    screen_fact(to, "Gathered");
    if (gathered.bytes)
        buffer_append_format(to, "at least %.1f MB ", (double)gathered.bytes / 1e6);
    buffer_append_text(to, "on ");
    screen_cut(to, gathered.place, 40);
    buffer_append_text(to, gathered.is_elsewhere_too ? " and others inside; most: "
                                                     : ", a host inside; most: ");
    screen_most(to, input, campaign, gathered.most);
}

// When, and the stages on as many lines as they need.
static void screen_stages(struct buffer *to, const struct report_input *input,
                          const struct campaign *campaign) {
    int64_t first_ns, last_ns;
    campaign_span(campaign, &first_ns, &last_ns);
    screen_fact(to, "When");
    text_append_minute(to, first_ns, "");
    buffer_append_text(to, " to ");
    text_append_minute(to, last_ns, "");
    buffer_append_text(to, " UTC\n");
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        if (i % 2 == 0)
            screen_fact(to, i ? "" : "Stages");
        size_t from = to->size;
        buffer_append_format(to, "%-26s ", stage_told_heading(stage));
        text_append_minute(to, stage->first_ns, "");
        buffer_append_format(to, "  %4u host%s", stage->host_count,
                             stage->host_count == 1 ? " " : "s");
        screen_tags(to, input, stage->references, stage->reference_count ? 1 : 0);
        bool last = i % 2 || i + 1 == campaign->stage_count;
        while (!last && !to->failed && to->size - from < SCREEN_STAGE_WIDTH)
            buffer_append_byte(to, ' ');
        if (last)
            buffer_append_byte(to, '\n');
    }
}

static void screen_steps(struct buffer *to, const struct report_input *input,
                         const struct campaign *campaign) {
    for (uint32_t i = 0; i < campaign->remediation_count && i < SCREEN_STEPS_MAX; i++) {
        const struct sentence *step = &campaign->remediation[i];
        screen_fact(to, i ? "" : "Do first");
        buffer_append_format(to, "%u. ", i + 1);
        screen_cut(to, step->text, SCREEN_WIDTH);
        screen_tags(to, input, step->references, step->reference_count ? 1 : 0);
        buffer_append_byte(to, '\n');
    }
    if (campaign->remediation_count > SCREEN_STEPS_MAX) {
        uint32_t more = campaign->remediation_count - SCREEN_STEPS_MAX;
        screen_fact(to, "");
        buffer_append_format(to, "%u more step%s: in the report, in that order\n", more,
                             more == 1 ? "" : "s");
    }
}

static void screen_campaign(struct buffer *to, const struct report_input *input,
                            const struct campaign *campaign) {
    buffer_append_text(to, campaign->is_incident ? "\nIncident: " : "\nCAMPAIGN: ");
    screen_cut(to, campaign->title, 2 * SCREEN_WIDTH);
    buffer_append_byte(to, '\n');
    screen_entry(to, input, campaign);
    screen_servers(to, input, campaign);
    screen_hosts(to, input, campaign);
    screen_thefts(to, input, campaign);
    screen_stages(to, input, campaign);
    screen_fact(to, "How sure");
    screen_cut(to, campaign->confidence, 2 * SCREEN_WIDTH);
    buffer_append_byte(to, '\n');
    screen_steps(to, input, campaign);
}

void report_append_screen(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    if (input->interrupted)
        buffer_append_text(to, "\nINTERRUPTED: not all evidence was read\n");
    for (uint32_t i = 0; i < made->campaign_count; i++)
        screen_campaign(to, input, &made->campaigns[i]);
    for (uint32_t i = 0; i < made->incident_count && i < SCREEN_INCIDENTS_MAX; i++)
        screen_campaign(to, input, &made->incidents[i]);
    if (made->incident_count > SCREEN_INCIDENTS_MAX)
        buffer_append_format(to, "\n%u more incidents are in the report\n",
                             made->incident_count - SCREEN_INCIDENTS_MAX);
    if (made->campaign_count + made->incident_count == 0)
        buffer_append_format(to,
                             "\nNo campaign and no incident was found in this evidence; %u lead%s "
                             "of high level or above\n",
                             made->lead_count, made->lead_count == 1 ? "" : "s");
}

void report_append_text(struct buffer *to, const struct report_input *input) {
    report_append_screen(to, input);
    verdicts_append_text(to, input);
    report_append_missing(to, input->coverage);
}
