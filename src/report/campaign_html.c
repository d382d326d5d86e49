// A reconstruction as one offline page
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

enum {
    CHARTED_INCIDENTS_MAX = 20
};

static void html_campaign(const struct html *html, const struct campaign *campaign, uint32_t number,
                          bool charts) {
    buffer_append_format(html->to, "<h2 id=c%ufull>%s in full: ", number,
                         campaign->is_incident ? "Incident" : "Campaign");
    html_value(html, campaign->title);
    buffer_append_text(html->to, "</h2>\n");
    html_story(html, campaign, number);
    if (charts) {
        html_lanes(html, campaign, number);
        html_graph(html, campaign, number);
    }
    html_hosts(html, campaign, number);
}

static void html_overview(const struct html *html) {
    const struct reconstruction *made = html->input->reconstruction;
    buffer_append_format(html->to,
                         "<p>%u campaign%s, %u incident%s, %u lead%s. <a href=\"#evidence\">%u "
                         "records</a> are cited.</p>\n",
                         made->campaign_count, made->campaign_count == 1 ? "" : "s",
                         made->incident_count, made->incident_count == 1 ? "" : "s",
                         made->lead_count, made->lead_count == 1 ? "" : "s",
                         html->input->cited->count);
    if (made->campaign_count + made->incident_count == 0)
        buffer_append_text(html->to, "<p>No campaign and no incident was found in this evidence. "
                                     "That is no proof that nothing happened: see <a "
                                     "href=\"#gaps\">what could not be read</a>.</p>\n");
}

void report_append_html(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    const struct html html = {to, input};
    html_page_begin(&html);
    html_overview(&html);
    uint32_t campaigns = made->campaign_count;
    for (uint32_t i = 0; i < campaigns; i++)
        html_first_screen(&html, &made->campaigns[i], 1 + i);
    for (uint32_t i = 0; i < made->incident_count; i++)
        html_first_screen(&html, &made->incidents[i], 1 + campaigns + i);
    for (uint32_t i = 0; i < campaigns; i++)
        html_campaign(&html, &made->campaigns[i], 1 + i, true);
    for (uint32_t i = 0; i < made->incident_count; i++)
        html_campaign(&html, &made->incidents[i], 1 + campaigns + i, i < CHARTED_INCIDENTS_MAX);
    html_leads(&html);
    html_coverage(&html);
    html_gaps(&html);
    html_evidence(&html);
    html_page_end(&html);
}
