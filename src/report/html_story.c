// The HTML report's story, steps and unknowns
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/memory.h"
#include "report/indicator_list.h"
#include "report/stage_told.h"

enum {
    INDICATORS_MAX = 300,
    SILENT_MAX = 40,
    SILENT_LOOKED_MAX = 2000, // hosts x rows stays bounded
    INDICATOR_TAGS_MAX = 3
};

// `others`: so many hosts more than the theft's own.
static void story_theft(const struct html *html, const struct campaign *campaign, uint32_t number,
                        const struct campaign_theft *theft, uint32_t others) {
    html_value_cut(html, theft->what, 160);
    if (theft->bytes) {
        buffer_append_text(html->to, theft->at_least ? ", at least " : ", ");
        html_bytes(html, theft->bytes);
    }
    buffer_append_text(html->to, " from ");
    html_host_link(html, campaign, number, theft->host);
    if (others)
        buffer_append_format(html->to, " and %u more host%s", others, others == 1 ? "" : "s");
    if (theft->destination.size) {
        buffer_append_text(html->to, " to ");
        html_value_cut(html, theft->destination, 120);
    }
    if (theft->gathered_on.size)
        buffer_append_text(html->to, ", inside");
    buffer_append_text(html->to, ", ");
    html_time(html, theft->first_ns);
}

void html_theft(const struct html *html, const struct campaign *campaign, uint32_t number,
                const struct campaign_theft *theft, uint32_t tags) {
    story_theft(html, campaign, number, theft, 0);
    html_tags(html, theft->references, theft->reference_count, tags);
}

static bool theft_is_alike(const struct campaign_theft *a, const struct campaign_theft *b) {
    return slice_equal(a->what, b->what) && slice_equal(a->destination, b->destination);
}

// What went the same way, together; each by itself is folded below.
static void thefts_together(const struct html *html, const struct campaign *campaign,
                            uint32_t number, uint32_t first) {
    const struct campaign_theft *theft = &campaign->thefts[first];
    struct campaign_theft sum = *theft;
    bool *seen = memory_new(campaign->host_count, sizeof *seen);
    uint32_t count = 0, hosts = 0;
    sum.bytes = 0;
    for (uint32_t i = first; i < campaign->theft_count; i++) {
        const struct campaign_theft *one = &campaign->thefts[i];
        if (!theft_is_alike(theft, one))
            continue;
        count++;
        hosts += !seen[one->host];
        seen[one->host] = true;
        sum.bytes += one->bytes;
        sum.at_least |= one->at_least;
    }
    memory_free(seen);
    story_theft(html, campaign, number, count == 1 ? theft : &sum, hosts - 1);
    if (count > 1)
        buffer_append_format(html->to, ", %u times", count);
    html_tags(html, theft->references, theft->reference_count, 6);
    if (count == 1)
        return;
    buffer_append_text(html->to, "<details><summary>each</summary><ul>\n");
    for (uint32_t i = first; i < campaign->theft_count; i++) {
        if (!theft_is_alike(theft, &campaign->thefts[i]))
            continue;
        buffer_append_text(html->to, "<li>");
        html_theft(html, campaign, number, &campaign->thefts[i], 6);
        buffer_append_text(html->to, "</li>\n");
    }
    buffer_append_text(html->to, "</ul></details>");
}

static void story_thefts(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    buffer_append_format(html->to, "<h3 id=c%uleft>What left, and what was gathered inside</h3>\n",
                         number);
    if (campaign->theft_count == 0)
        buffer_append_text(html->to, "<p>No theft shows in these logs.</p>\n");
    else
        buffer_append_text(html->to, "<ul>\n");
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        uint32_t first = 0;
        while (!theft_is_alike(&campaign->thefts[first], &campaign->thefts[i]))
            first++;
        if (first < i)
            continue;
        buffer_append_text(html->to, "<li>");
        thefts_together(html, campaign, number, i);
        buffer_append_text(html->to, "</li>\n");
    }
    buffer_append_text(html->to, campaign->theft_count ? "</ul>\n" : "");
}

void html_story(const struct html *html, const struct campaign *campaign, uint32_t number) {
    struct buffer *to = html->to;
    buffer_append_format(to, "<h3 id=c%ustory>Story</h3>\n", number);
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        buffer_append_format(to, "<h4 id=c%us%d>%s <small>", number, (int)stage->stage,
                             stage_told_heading(stage));
        html_time(html, stage->first_ns);
        buffer_append_text(to, " to ");
        html_time(html, stage->last_ns);
        buffer_append_text(to, "</small></h4>\n");
        const char *note = stage_told_note(stage);
        if (note)
            buffer_append_format(to, "<p>%s</p>\n", note);
        html_sentences(html, stage->sentences, stage->sentence_count, "ul class=story", 0);
    }
    story_thefts(html, campaign, number);
}

static bool host_has_log(const struct evidence_coverage *coverage, uint32_t host) {
    for (uint32_t i = 0; i < coverage->row_count; i++)
        if (coverage->rows[i].host == host && coverage->rows[i].state != COVERAGE_MISSING)
            return true;
    return false;
}

// Hosts of which nothing but what others saw of them is known.
static void story_silent(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    const struct evidence_coverage *coverage = html->input->coverage;
    uint32_t silent = 0;
    for (uint32_t i = 0; coverage && i < campaign->host_count && i < SILENT_LOOKED_MAX; i++) {
        if (host_has_log(coverage, campaign->hosts[i].host))
            continue;
        silent++;
        if (silent > SILENT_MAX)
            continue;
        buffer_append_text(html->to,
                           silent == 1 ? "<p>Hosts without any log of their own: " : ", ");
        html_host_link(html, campaign, number, i);
    }
    if (silent > SILENT_MAX)
        buffer_append_format(html->to, " and %u more", silent - SILENT_MAX);
    buffer_append_text(html->to, silent ? ".</p>\n" : "");
}

void html_steps(const struct html *html, const struct campaign *campaign, uint32_t number) {
    struct buffer *to = html->to;
    buffer_append_format(to, "<h3 id=c%udo>What to do, in this order</h3>\n", number);
    html_sentences(html, campaign->remediation, campaign->remediation_count, "ol", 0);
    buffer_append_format(to, "<h3 id=c%uopen>Unknowns</h3>\n", number);
    if (campaign->unknown_count == 0)
        buffer_append_text(to, "<p>None is told.</p>\n");
    html_sentences(html, campaign->unknowns, campaign->unknown_count, "ul", 0);
    story_silent(html, campaign, number);
}

void html_indicators(const struct html *html, const struct campaign *campaign, uint32_t number) {
    struct buffer *to = html->to;
    uint32_t count;
    struct indicator_told *rows = indicators_of(campaign, &count);
    buffer_append_format(to, "<h3 id=c%ulook>Indicators: what to look for elsewhere</h3>\n",
                         number);
    if (count == 0)
        buffer_append_text(to, "<p>None is told.</p>\n");
    else
        buffer_append_text(to, "<div class=w tabindex=0><table class=sort><thead><tr><th "
                               "scope=col>Type<th scope=col>Value<th scope=col>What it was<th "
                               "scope=col class=n>Hosts<th scope=col>Evidence</tr></thead>\n"
                               "<tbody>\n");
    for (uint32_t i = 0; i < count && i < INDICATORS_MAX; i++) {
        buffer_append_format(to, "<tr><td>%s<td class=m>", indicator_type_name(rows[i].type));
        html_value_cut(html, rows[i].value, 300);
        buffer_append_format(to, "<td>%s<td class=n>%u<td>", rows[i].role, rows[i].host_count);
        html_tags(html, rows[i].references, rows[i].reference_count, INDICATOR_TAGS_MAX);
        buffer_append_text(to, "</tr>\n");
    }
    buffer_append_text(to, count ? "</tbody></table></div>\n" : "");
    if (count > INDICATORS_MAX)
        buffer_append_format(to, "<p>%u more stand in indicators.csv.</p>\n",
                             count - INDICATORS_MAX);
    memory_free(rows);
}
