// A reconstruction as one offline page
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"
#include "report/verdict_list.h"

#include "base/memory.h"

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
    html_steps(html, campaign, number);
    html_matrix(html, campaign, number);
    html_indicators(html, campaign, number);
}

static void html_nothing(const struct html *html) {
    buffer_append_text(html->to, "<section class=\"box c\"><h2>No campaign and no incident was "
                                 "found in this evidence</h2>\n<p>That is no proof that nothing "
                                 "happened: see <a href=\"#logs\">which logs there are</a> and "
                                 "<a href=\"#gaps\">what could not be read</a>.</p></section>\n");
}

void report_append_html(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    struct html html = {to, input, memory_new((size_t)input->cited->count + 1, 1)};
    html_page_begin(&html);
    uint32_t campaigns = made->campaign_count;
    if (campaigns + made->incident_count == 0)
        html_nothing(&html);
    for (uint32_t i = 0; i < campaigns; i++)
        html_first_screen(&html, &made->campaigns[i], 1 + i);
    for (uint32_t i = 0; i < made->incident_count; i++)
        html_first_screen(&html, &made->incidents[i], 1 + campaigns + i);
    html_screen_coverage(&html);
    for (uint32_t i = 0; i < campaigns; i++)
        html_campaign(&html, &made->campaigns[i], 1 + i, true);
    for (uint32_t i = 0; i < made->incident_count; i++)
        html_campaign(&html, &made->incidents[i], 1 + campaigns + i, i < CHARTED_INCIDENTS_MAX);
    html_leads(&html);
    verdicts_append_html(to, input);
    html_coverage(&html);
    html_gaps(&html);
    html_rules(&html);
    html_evidence(&html);
    html_page_end(&html);
    memory_free(html.linked);
}
