// The HTML report's first screen and story
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

enum {
    SCREEN_STEPS_MAX = 4,
    SCREEN_TAGS_MAX = 4,
    SCREEN_SERVERS_MAX = 6
};

static void screen_entry(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    const struct campaign_host *entry = &campaign->hosts[0];
    buffer_append_text(html->to, "<li>It began on ");
    html_host_link(html, campaign, number, 0);
    buffer_append_text(html->to, ", ");
    html_time(html, entry->first_ns);
    if (entry->best.reason.size) {
        buffer_append_text(html->to, " (");
        html_value_cut(html, entry->best.reason, 120);
        buffer_append_byte(html->to, ')');
    }
    html_tags(html, entry->best.references, entry->best.reference_count, SCREEN_TAGS_MAX);
    buffer_append_text(html->to, "</li>\n");
}

static void screen_stages(const struct html *html, const struct campaign *campaign) {
    buffer_append_text(html->to, "<li>Stages: ");
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        buffer_append_format(html->to, "%s%s (%u host%s, from ", i ? "; " : "",
                             stage_heading(stage->stage), stage->host_count,
                             stage->host_count == 1 ? "" : "s");
        html_time(html, stage->first_ns);
        buffer_append_byte(html->to, ')');
    }
    buffer_append_text(html->to, campaign->stage_count ? ".</li>\n" : "none is told.</li>\n");
}

static void screen_hosts(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    uint32_t states[HOST_STATE_CONFIRMED + 1] = {0};
    for (uint32_t i = 0; i < campaign->host_count; i++)
        states[campaign->hosts[i].state]++;
    buffer_append_format(html->to, "<li>Hosts: %u confirmed, %u probable, %u exposed, %u cleared",
                         states[HOST_STATE_CONFIRMED], states[HOST_STATE_PROBABLE],
                         states[HOST_STATE_EXPOSED], states[HOST_STATE_CLEARED]);
    for (uint32_t i = 0; i < campaign->server_count && i < SCREEN_SERVERS_MAX; i++) {
        const struct campaign_server *server = &campaign->servers[i];
        buffer_append_text(html->to, i ? ", " : "; turned against the others: ");
        html_host_link(html, campaign, number, server->host);
        buffer_append_text(html->to, " (");
        html_value_cut(html, server->role, 80);
        buffer_append_byte(html->to, ')');
        html_tags(html, server->references, server->reference_count, 2);
    }
    if (campaign->server_count > SCREEN_SERVERS_MAX)
        buffer_append_format(html->to, " and %u more", campaign->server_count - SCREEN_SERVERS_MAX);
    buffer_append_text(html->to, ".</li>\n");
}

static void theft_tell(const struct html *html, const struct campaign *campaign, uint32_t number,
                       const struct campaign_theft *theft) {
    html_value_cut(html, theft->what, 160);
    if (theft->bytes) {
        buffer_append_text(html->to, theft->at_least ? ", at least " : ", ");
        html_bytes(html, theft->bytes);
    }
    buffer_append_text(html->to, " from ");
    html_host_link(html, campaign, number, theft->host);
    if (theft->destination.size) {
        buffer_append_text(html->to, " to ");
        html_value_cut(html, theft->destination, 120);
    }
    buffer_append_text(html->to, ", ");
    html_time(html, theft->first_ns);
    html_tags(html, theft->references, theft->reference_count, SCREEN_TAGS_MAX);
}

static void screen_thefts(const struct html *html, const struct campaign *campaign,
                          uint32_t number) {
    if (campaign->theft_count == 0) {
        buffer_append_text(html->to, "<li>No theft shows in these logs.</li>\n");
        return;
    }
    uint64_t bytes = 0;
    const struct campaign_theft *most = &campaign->thefts[0];
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        bytes += campaign->thefts[i].bytes;
        if (campaign->thefts[i].bytes > most->bytes)
            most = &campaign->thefts[i];
    }
    buffer_append_format(html->to, "<li>Theft: %u time%s, ", campaign->theft_count,
                         campaign->theft_count == 1 ? "" : "s");
    html_bytes(html, bytes);
    buffer_append_text(html->to, " seen; the largest: ");
    theft_tell(html, campaign, number, most);
    buffer_append_text(html->to, "</li>\n");
}

static void screen_waves(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    for (uint32_t i = 0; i < campaign->wave_count && i < 2; i++) {
        const struct campaign_wave *wave = &campaign->waves[i];
        buffer_append_format(html->to, "<li>A wave reached %u host%s from ", wave->host_count,
                             wave->host_count == 1 ? "" : "s");
        if (wave->source < campaign->host_count)
            html_host_link(html, campaign, number, wave->source);
        else
            buffer_append_text(html->to, "a source unknown");
        buffer_append_text(html->to, ", ");
        html_time(html, wave->first_ns);
        buffer_append_text(html->to, " to ");
        html_time(html, wave->last_ns);
        buffer_append_text(html->to, ": ");
        html_value_cut(html, wave->artefact, 120);
        html_tags(html, wave->references, wave->reference_count, SCREEN_TAGS_MAX);
        buffer_append_text(html->to, "</li>\n");
    }
}

void html_first_screen(const struct html *html, const struct campaign *campaign, uint32_t number) {
    struct buffer *to = html->to;
    buffer_append_format(to, "<h2 id=c%u>%s: ", number,
                         campaign->is_incident ? "Incident" : "Campaign");
    html_value(html, campaign->title);
    buffer_append_format(to, "</h2>\n<div class=\"box%s\">\n<ul>\n",
                         campaign->is_incident ? " i" : "");
    screen_entry(html, campaign, number);
    screen_stages(html, campaign);
    screen_hosts(html, campaign, number);
    screen_waves(html, campaign, number);
    screen_thefts(html, campaign, number);
    buffer_append_text(to, "</ul>\n<p><b>How sure:</b> ");
    html_value(html, campaign->confidence);
    buffer_append_text(to, "</p>\n<p><b>Do first:</b></p>\n");
    html_sentences(html, campaign->remediation,
                   campaign->remediation_count < SCREEN_STEPS_MAX ? campaign->remediation_count
                                                                  : SCREEN_STEPS_MAX,
                   "ol", 3);
    buffer_append_format(to,
                         "<p><a href=\"#c%ustory\">Story</a> · <a href=\"#c%utime\">Time</a> · <a "
                         "href=\"#c%ugraph\">Way from host to host</a> · <a "
                         "href=\"#c%uhosts\">Hosts</a> · <a href=\"#c%udo\">What to do</a> · <a "
                         "href=\"#c%uopen\">Unknowns</a></p>\n</div>\n",
                         number, number, number, number, number, number);
}

static void story_techniques(const struct html *html, const struct campaign *campaign) {
    buffer_append_text(html->to, "<h3>ATT&amp;CK techniques by stage</h3>\n<div class=w "
                                 "tabindex=0><table><thead><tr><th scope=col>Stage<th "
                                 "scope=col>Techniques<th scope=col>First<th "
                                 "scope=col>Last</tr></thead>\n<tbody>\n");
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        buffer_append_format(html->to, "<tr><th scope=row>%s<td>", stage_heading(stage->stage));
        html_value(html, stage->techniques);
        buffer_append_text(html->to, "<td>");
        html_time(html, stage->first_ns);
        buffer_append_text(html->to, "<td>");
        html_time(html, stage->last_ns);
        buffer_append_text(html->to, "</tr>\n");
    }
    buffer_append_text(html->to, "</tbody></table></div>\n");
}

static void story_thefts(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    if (campaign->theft_count == 0)
        return;
    buffer_append_text(html->to, "<h4>What left</h4>\n<ul>\n");
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        buffer_append_text(html->to, "<li>");
        theft_tell(html, campaign, number, &campaign->thefts[i]);
        buffer_append_text(html->to, "</li>\n");
    }
    buffer_append_text(html->to, "</ul>\n");
}

void html_story(const struct html *html, const struct campaign *campaign, uint32_t number) {
    struct buffer *to = html->to;
    buffer_append_format(to, "<h3 id=c%ustory>Story</h3>\n", number);
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        buffer_append_format(to, "<h4>%s</h4>\n", stage_heading(stage->stage));
        html_sentences(html, stage->sentences, stage->sentence_count, "ul", CAMPAIGN_CITATIONS_MAX);
    }
    story_thefts(html, campaign, number);
    buffer_append_format(to, "<h3 id=c%udo>What to do, in this order</h3>\n", number);
    html_sentences(html, campaign->remediation, campaign->remediation_count, "ol",
                   CAMPAIGN_CITATIONS_MAX);
    buffer_append_format(to, "<h3 id=c%uopen>Unknowns</h3>\n", number);
    if (campaign->unknown_count == 0)
        buffer_append_text(to, "<p>None is told.</p>\n");
    html_sentences(html, campaign->unknowns, campaign->unknown_count, "ul", CAMPAIGN_CITATIONS_MAX);
    story_techniques(html, campaign);
}
