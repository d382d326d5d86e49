// What happened, on one screen
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/clock.h"
#include "base/text.h"
#include "report/campaign_json.h"

enum {
    SCREEN_WIDTH = 150,
    SCREEN_TAGS_MAX = 3,
    SCREEN_STEPS_MAX = 4,
    SCREEN_INCIDENTS_MAX = 5
};

static void screen_time(struct buffer *to, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    if (clock_format(time_ns, text) < 16)
        return;
    text[10] = ' ';
    buffer_append(to, text, 16);
}

static void screen_tags(struct buffer *to, const struct report_input *input,
                        const struct reference *references, uint32_t count) {
    for (uint32_t i = 0; i < count && i < SCREEN_TAGS_MAX; i++) {
        char tag[TAG_SIZE];
        cited_tag(input->cited, &references[i], tag);
        buffer_append_format(to, " [%s]", tag);
    }
}

static void screen_cut(struct buffer *to, struct slice text, size_t width) {
    text_append_terminal(to, text_cut(text, width));
    if (text.size > width)
        buffer_append_text(to, "...");
}

static void screen_stage(struct buffer *to, const struct report_input *input,
                         const struct campaign_stage *stage) {
    buffer_append_format(to, "    %-26s ", stage_heading(stage->stage));
    screen_time(to, stage->first_ns);
    buffer_append_text(to, " to ");
    screen_time(to, stage->last_ns);
    buffer_append_format(to, "  %4u host%s", stage->host_count, stage->host_count == 1 ? " " : "s");
    screen_tags(to, input, stage->references, stage->reference_count);
    buffer_append_byte(to, '\n');
}

static void screen_servers(struct buffer *to, const struct campaign *campaign) {
    uint32_t confirmed = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        confirmed += campaign->hosts[i].state == HOST_STATE_CONFIRMED;
    buffer_append_format(to, "    Hosts: %u confirmed, %u probable", confirmed,
                         campaign->host_count - confirmed);
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        buffer_append_text(to, i ? ", " : "; turned: ");
        screen_cut(to, campaign->hosts[campaign->servers[i].host].name, 40);
        buffer_append_text(to, " (");
        screen_cut(to, campaign->servers[i].role, 40);
        buffer_append_byte(to, ')');
        if (i == 5 && campaign->server_count > 6) {
            buffer_append_format(to, " and %u more", campaign->server_count - 6);
            break;
        }
    }
    buffer_append_byte(to, '\n');
}

static void screen_steps(struct buffer *to, const struct report_input *input,
                         const struct campaign *campaign) {
    for (uint32_t i = 0; i < campaign->remediation_count && i < SCREEN_STEPS_MAX; i++) {
        const struct sentence *step = &campaign->remediation[i];
        buffer_append_format(to, "    %u. ", i + 1);
        screen_cut(to, step->text, SCREEN_WIDTH);
        screen_tags(to, input, step->references, step->reference_count);
        buffer_append_byte(to, '\n');
    }
}

static void screen_campaign(struct buffer *to, const struct report_input *input,
                            const struct campaign *campaign) {
    buffer_append_text(to, campaign->is_incident ? "\nIncident: " : "\nCAMPAIGN: ");
    screen_cut(to, campaign->title, 2 * SCREEN_WIDTH);
    buffer_append_text(to, "\n    Confidence ");
    screen_cut(to, campaign->confidence, SCREEN_WIDTH);
    buffer_append_byte(to, '\n');
    screen_servers(to, campaign);
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        screen_stage(to, input, &campaign->stages[i]);
    screen_steps(to, input, campaign);
}

void report_append_screen(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
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
    report_append_missing(to, input->coverage);
}
