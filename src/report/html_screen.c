// The HTML report's first screen
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"
#include "report/stage_told.h"

enum {
    SCREEN_STEPS_MAX = 4,
    SCREEN_TAGS_MAX = 3,
    SCREEN_SERVERS_MAX = 5,
    SCREEN_ASKS_MAX = 5
};

static void fact_begin(const struct html *html, const char *word) {
    buffer_append_format(html->to, "<li><b class=k>%s</b><span>", word);
}

static void screen_entry(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    const struct campaign_host *entry = &campaign->hosts[0];
    fact_begin(html, "Began");
    html_host_link(html, campaign, number, 0);
    buffer_append_text(html->to, ", ");
    html_value_cut(html, entry->best.reason, 120);
    buffer_append_text(html->to, ", ");
    html_time(html, entry->first_ns);
    html_tags(html, entry->best.references, entry->best.reference_count, SCREEN_TAGS_MAX);
    buffer_append_text(html->to, "</span></li>\n");
}

static void screen_servers(const struct html *html, const struct campaign *campaign,
                           uint32_t number) {
    fact_begin(html, "Turned");
    if (campaign->server_count == 0)
        buffer_append_text(html->to, "No server was used against others in these logs.");
    for (uint32_t i = 0; i < campaign->server_count && i < SCREEN_SERVERS_MAX; i++) {
        const struct campaign_server *server = &campaign->servers[i];
        buffer_append_text(html->to, i ? "; " : "");
        html_host_link(html, campaign, number, server->host);
        buffer_append_text(html->to, ", ");
        html_value_cut(html, server->role, 80);
        html_tags(html, server->references, server->reference_count, 2);
    }
    if (campaign->server_count > SCREEN_SERVERS_MAX)
        buffer_append_format(html->to, " and %u more", campaign->server_count - SCREEN_SERVERS_MAX);
    buffer_append_text(html->to, "</span></li>\n");
}

static void screen_wave(const struct html *html, const struct campaign *campaign, uint32_t number,
                        const struct campaign_wave *wave) {
    buffer_append_format(html->to, "; a wave from ");
    if (wave->source < campaign->host_count)
        html_host_link(html, campaign, number, wave->source);
    else
        buffer_append_text(html->to, "a source unknown");
    buffer_append_format(html->to, " reached %u, ", wave->host_count);
    html_time(html, wave->first_ns);
    buffer_append_text(html->to, " to ");
    html_time(html, wave->last_ns);
    html_tags(html, wave->references, wave->reference_count, SCREEN_TAGS_MAX);
}

static void screen_hosts(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    uint32_t states[HOST_STATE_CONFIRMED + 1] = {0};
    for (uint32_t i = 0; i < campaign->host_count; i++)
        states[campaign->hosts[i].state]++;
    states[HOST_STATE_EXPOSED] = campaign->exposed_count;
    states[HOST_STATE_CLEARED] = campaign->cleared_count;
    fact_begin(html, "Reached");
    buffer_append_format(html->to, "<b>%u host%s confirmed</b>", states[HOST_STATE_CONFIRMED],
                         states[HOST_STATE_CONFIRMED] == 1 ? "" : "s");
    for (int state = HOST_STATE_PROBABLE; state >= 0; state--)
        if (states[state])
            buffer_append_format(html->to, ", %u %s", states[state],
                                 host_state_name((enum host_state)state));
    for (uint32_t i = 0; i < campaign->wave_count && i < 2; i++)
        screen_wave(html, campaign, number, &campaign->waves[i]);
    if (campaign->wave_count > 2)
        buffer_append_format(html->to, "; %u more waves", campaign->wave_count - 2);
    buffer_append_text(html->to, "</span></li>\n");
}

static void screen_loss(const struct html *html, const struct campaign *campaign, uint32_t number,
                        const struct campaign_loss *loss) {
    if (loss->bytes) {
        buffer_append_text(html->to, "<b>at least ");
        html_bytes(html, loss->bytes);
        buffer_append_text(html->to, "</b>");
    }
    if (loss->place.size) {
        buffer_append_text(html->to, loss->bytes ? " on " : "on ");
        html_value_cut(html, loss->place, 80);
        buffer_append_text(html->to,
                           loss->is_elsewhere_too ? " and others inside" : ", a host inside");
    }
    buffer_append_text(html->to, loss->bytes || loss->place.size ? "; most: " : "");
    html_theft(html, campaign, number, loss->most, SCREEN_TAGS_MAX);
    if (loss->rows > 1)
        buffer_append_format(html->to, "; <a href=\"#c%uleft\">%u more</a>", number,
                             loss->rows - 1);
    buffer_append_text(html->to, "</span></li>\n");
}

static void screen_thefts(const struct html *html, const struct campaign *campaign,
                          uint32_t number) {
    struct campaign_loss left, gathered;
    campaign_losses(campaign, &left, &gathered);
    fact_begin(html, "Left");
    if (left.most)
        screen_loss(html, campaign, number, &left);
    else
        buffer_append_text(html->to, gathered.most ? "Nothing that shows in these logs."
                                                     "</span></li>\n"
                                                   : "No theft shows in these logs.</span></li>\n");
    if (!gathered.most)
        return;
    fact_begin(html, "Gathered");
    screen_loss(html, campaign, number, &gathered);
}

static void screen_span(const struct html *html, const struct campaign *campaign) {
    int64_t first_ns, last_ns;
    const struct campaign_stage *cover = NULL;
    campaign_span(campaign, &first_ns, &last_ns);
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        if (campaign->stages[i].stage == STAGE_COVER)
            cover = &campaign->stages[i];
    fact_begin(html, "When");
    html_time(html, first_ns);
    buffer_append_text(html->to, " to ");
    html_time(html, last_ns);
    if (cover) {
        buffer_append_format(html->to, "; tracks were covered on %u host%s, from ",
                             cover->host_count, cover->host_count == 1 ? "" : "s");
        html_time(html, cover->first_ns);
        html_tags(html, cover->references, cover->reference_count, SCREEN_TAGS_MAX);
    }
    buffer_append_text(html->to, "</span></li>\n");
}

// All stages in a row; those without evidence stay grey and say so.
static void screen_strip(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    buffer_append_text(html->to, "<ol class=strip>\n");
    for (int stage = STAGE_NONE + 1; stage < STAGE_COUNT; stage++) {
        const struct campaign_stage *told = NULL;
        for (uint32_t i = 0; i < campaign->stage_count; i++)
            if (campaign->stages[i].stage == (enum stage)stage)
                told = &campaign->stages[i];
        if (!told) {
            buffer_append_format(html->to, "<li class=none><b>%s</b>no evidence</li>\n",
                                 stage_heading((enum stage)stage));
            continue;
        }
        buffer_append_format(html->to, "<li class=s%d><a href=\"#c%us%d\"><b>%s</b>", stage, number,
                             stage, stage_told_heading(told));
        html_time(html, told->first_ns);
        buffer_append_format(html->to, "<br>%u host%s</a></li>\n", told->host_count,
                             told->host_count == 1 ? "" : "s");
    }
    buffer_append_text(html->to, "</ol>\n");
}

// "high: 7 of 7 stages, ..." as a badge and its reason.
static void screen_confidence(const struct html *html, const struct campaign *campaign) {
    struct slice text = campaign->confidence;
    static const char *const LEVELS[] = {"high", "medium", "low"};
    buffer_append_text(html->to, "<h3>How sure</h3>\n<p>");
    for (size_t i = 0; i < ARRAY_SIZE(LEVELS); i++) {
        size_t size = strlen(LEVELS[i]);
        if (!slice_starts(text, slice_of_string(LEVELS[i])))
            continue;
        buffer_append_format(html->to, "<span class=\"badge %s\">%s</span>", LEVELS[i], LEVELS[i]);
        text = slice_part(text, size, SIZE_MAX);
        while (text.size && (text.data[0] == ':' || text.data[0] == ' '))
            text = slice_part(text, 1, SIZE_MAX);
        break;
    }
    html_value(html, text);
    buffer_append_text(html->to, "<br><small>Chance: what the same findings reach in 99 of 100 "
                                 "tries, dealt out over hosts at random.</small></p>\n");
}

static void screen_steps(const struct html *html, const struct campaign *campaign,
                         uint32_t number) {
    uint32_t steps = campaign->remediation_count;
    buffer_append_text(html->to, "<h3>Do first</h3>\n");
    html_sentences(html, campaign->remediation, steps < SCREEN_STEPS_MAX ? steps : SCREEN_STEPS_MAX,
                   "ol", 2);
    if (steps > SCREEN_STEPS_MAX)
        buffer_append_format(html->to, "<p><a href=\"#c%udo\">%u more step%s</a></p>\n", number,
                             steps - SCREEN_STEPS_MAX, steps == SCREEN_STEPS_MAX + 1 ? "" : "s");
}

void html_first_screen(const struct html *html, const struct campaign *campaign, uint32_t number) {
    struct buffer *to = html->to;
    static const struct {
        const char *part, *word;
    } PARTS[] = {{"story", "Story"},       {"time", "Time"},      {"graph", "From host to host"},
                 {"hosts", "Hosts"},       {"do", "What to do"},  {"open", "Unknowns"},
                 {"attack", "ATT&amp;CK"}, {"look", "Indicators"}};
    buffer_append_format(to, "<section class=\"box%s\">\n<p class=kind>%s</p><h2 id=c%u>",
                         campaign->is_incident ? " i" : "",
                         campaign->is_incident ? "Incident" : "Campaign", number);
    html_value(html, campaign->title);
    buffer_append_text(to, "</h2>\n");
    screen_strip(html, campaign, number);
    buffer_append_text(to, "<div class=cols><div>\n<h3>What happened</h3>\n<ul class=facts>\n");
    screen_entry(html, campaign, number);
    screen_servers(html, campaign, number);
    screen_hosts(html, campaign, number);
    screen_thefts(html, campaign, number);
    screen_span(html, campaign);
    buffer_append_text(to, "</ul>\n</div><div>\n");
    screen_confidence(html, campaign);
    screen_steps(html, campaign, number);
    buffer_append_text(to, "</div></div>\n<nav>");
    for (size_t i = 0; i < ARRAY_SIZE(PARTS); i++)
        buffer_append_format(to, "<a href=\"#c%u%s\">%s</a> ", number, PARTS[i].part,
                             PARTS[i].word);
    buffer_append_text(to, "</nav>\n</section>\n");
}

static bool asked_before(const struct evidence_coverage *coverage, uint32_t number) {
    for (uint32_t i = 0; i < number; i++)
        if (slice_equal(coverage->asks[i].log, coverage->asks[number].log) &&
            slice_equal(coverage->asks[i].path, coverage->asks[number].path))
            return true;
    return false;
}

// The same log of several hosts is one line.
static void screen_ask(const struct html *html, const struct evidence_coverage *coverage,
                       uint32_t number) {
    const struct coverage_ask *ask = &coverage->asks[number];
    uint32_t others = 0;
    for (uint32_t i = number + 1; i < coverage->ask_count; i++)
        others += slice_equal(coverage->asks[i].log, ask->log) &&
                  slice_equal(coverage->asks[i].path, ask->path);
    buffer_append_text(html->to, "<li><b>");
    html_value_cut(html, ask->log, 80);
    buffer_append_text(html->to, "</b>");
    if (ask->host.size) {
        buffer_append_text(html->to, " of ");
        html_value_cut(html, ask->host, 80);
    }
    if (others)
        buffer_append_format(html->to, " and %u more host%s", others, others == 1 ? "" : "s");
    buffer_append_text(html->to, ": ");
    html_value(html, ask->why);
    buffer_append_text(html->to, " <small>(");
    html_value(html, ask->path);
    buffer_append_text(html->to, ")</small></li>\n");
}

void html_screen_coverage(const struct html *html) {
    const struct evidence_coverage *coverage = html->input->coverage;
    struct buffer *to = html->to;
    if (!coverage || coverage->row_count == 0)
        return;
    const uint32_t *states = coverage->states;
    buffer_append_format(to,
                         "<section class=\"box c\">\n<p class=kind>Coverage</p><h2>What these logs "
                         "can tell</h2>\n<div class=cols><div>\n<p><b>%u logs whole</b>, %u with "
                         "holes, %u begin too late, <b>%u cleared</b>, %u missing. Where there is "
                         "no log, nothing can be said.</p>\n",
                         states[COVERAGE_PRESENT], states[COVERAGE_HOLES], states[COVERAGE_SHORT],
                         states[COVERAGE_CLEARED], states[COVERAGE_MISSING]);
    html_coverage_bar(html);
    if (html->input->gap_count)
        buffer_append_format(to, "<p><a href=\"#gaps\">%zu place%s</a> could not be read.</p>\n",
                             html->input->gap_count, html->input->gap_count == 1 ? "" : "s");
    buffer_append_text(to, "<p><a href=\"#logs\">All logs that are not whole</a></p>\n</div><div>\n"
                           "<h3 id=ask>Ask for next</h3>\n<ol>\n");
    uint32_t shown = 0;
    for (uint32_t i = 0; i < coverage->ask_count && shown < SCREEN_ASKS_MAX; i++)
        if (!asked_before(coverage, i)) {
            screen_ask(html, coverage, i);
            shown++;
        }
    buffer_append_text(to,
                       shown ? "</ol>\n" : "</ol>\n<p>Nothing: no log would decide more.</p>\n");
    buffer_append_text(to, "</div></div>\n</section>\n");
}
