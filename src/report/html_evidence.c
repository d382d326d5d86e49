// The HTML report's appendix: records, logs, gaps
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/clock.h"
#include "base/memory.h"
#include "report/tally.h"

#include <stdlib.h>

enum {
    LEADS_MAX = 300,
    GAPS_MAX = 1000,
    COVERAGE_ROWS_MAX = 1000,
    RULES_MAX = 500
};

static int evidence_compare(const void *left, const void *right) {
    const struct position *a = &((const struct reference *)left)->position;
    const struct position *b = &((const struct reference *)right)->position;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return reference_compare(left, right);
}

// `last`: paper ends before it.
static void evidence_row(const struct html *html, const struct reference *reference, bool last) {
    const struct position *position = &reference->position;
    char tag[TAG_SIZE], hex[DIGEST_SHA256_HEX_SIZE], time[CLOCK_TEXT_SIZE];
    cited_tag(html->input->cited, reference, tag);
    digest_hex(reference->sha256, hex);
    size_t size = clock_format(reference->time_ns, time);
    buffer_append_format(
        html->to, "<tr id=%s%s><th scope=row>%s<td class=n>%s %llu<td class=n>%llu", tag,
        last ? " class=p" : "", tag, position->line ? "line" : "record",
        (unsigned long long)(position->line ? position->line : position->record_id),
        (unsigned long long)position->offset);
    buffer_append_format(html->to, "<td>%.*s<td class=m>%s</tr>\n", (int)size, time, hex);
}

// Records that the page links to; the others stand in report.json.
static struct reference *evidence_linked(const struct html *html, uint32_t *ret_count) {
    const struct cited *cited = html->input->cited;
    struct reference *linked = memory_new((size_t)cited->count + 1, sizeof *linked);
    uint32_t count = 0;
    for (uint32_t i = 0; i < cited->count; i++)
        if (html->linked[i])
            linked[count++] = cited->references[i];
    if (count)
        qsort(linked, count, sizeof *linked, evidence_compare);
    *ret_count = count;
    return linked;
}

static uint32_t evidence_of_file(const struct reference *linked, uint32_t count, uint32_t from) {
    uint32_t end = from;
    while (end < count && linked[end].position.source == linked[from].position.source)
        end++;
    return end - from;
}

static void evidence_begin_file(const struct html *html, const struct reference *linked,
                                uint32_t count, uint32_t from) {
    const struct source_names *names = html->input->names;
    buffer_append_text(html->to, from ? "</tbody>\n" : "");
    buffer_append_text(html->to, from < HTML_PAPER_ROWS ? "<tbody>\n" : "<tbody class=p>\n");
    buffer_append_text(html->to, "<tr><th colspan=5 scope=rowgroup>");
    html_value(html, names->path(names->context, linked[from].position.source));
    buffer_append_format(html->to, " <small>%u cited</small></tr>\n",
                         evidence_of_file(linked, count, from));
}

void html_evidence(const struct html *html) {
    uint32_t count;
    struct reference *linked = evidence_linked(html, &count);
    buffer_append_format(html->to,
                         "<h2 id=evidence>Evidence: records by file</h2>\n<p>%u records are cited "
                         "here, each by the SHA-256 of its raw bytes (a line without its end)",
                         count);
    if (count < html->input->cited->count)
        buffer_append_format(html->to, "; %u more in report.json",
                             html->input->cited->count - count);
    buffer_append_text(html->to, ".</p>\n<div class=w tabindex=0><table><thead><tr><th "
                                 "scope=col>Tag<th scope=col>Line or record<th scope=col>Offset<th "
                                 "scope=col>Time (UTC)<th scope=col>SHA-256</tr></thead>\n");
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || linked[i].position.source != linked[i - 1].position.source)
            evidence_begin_file(html, linked, count, i);
        evidence_row(html, &linked[i], i == HTML_PAPER_ROWS);
    }
    buffer_append_text(html->to, count ? "</tbody></table></div>\n" : "</table></div>\n");
    html_paper(html, count);
    memory_free(linked);
}

void html_rules(const struct html *html) {
    const struct tally *tally = html->input->tally;
    if (!tally)
        return;
    buffer_append_format(html->to,
                         "<h2 id=rules>Rules that found something</h2>\n<p>%zu rules and "
                         "detectors, the highest level first.</p>\n<div class=w tabindex=0><table "
                         "class=sort><thead><tr><th scope=col>Level<th scope=col>Rule<th "
                         "scope=col class=n>Records<th scope=col class=n>Hosts<th "
                         "scope=col>First<th scope=col>Last<th scope=col>Id</tr></thead>\n"
                         "<tbody>\n",
                         tally->rule_count);
    for (size_t i = 0; i < tally->rule_count && i < RULES_MAX; i++) {
        const struct tally_rule *told = &tally->rules[i];
        buffer_append_format(html->to, "<tr><td>%s<th scope=row>",
                             rule_level_text(told->rule->level));
        html_value_cut(html, told->rule->title, 200);
        buffer_append_format(html->to, "<td class=n>%llu<td class=n>%u<td>",
                             (unsigned long long)told->count, told->hosts);
        html_time(html, told->first_ns);
        buffer_append_text(html->to, "<td>");
        html_time(html, told->last_ns);
        buffer_append_text(html->to, "<td class=m>");
        html_value_cut(html, told->rule->id, 80);
        buffer_append_text(html->to, "</tr>\n");
    }
    buffer_append_text(html->to, "</tbody></table></div>\n");
    html_paper(html, tally->rule_count < RULES_MAX ? tally->rule_count : RULES_MAX);
    if (tally->rule_count > RULES_MAX)
        buffer_append_format(html->to, "<p>%zu more are left out here.</p>\n",
                             tally->rule_count - RULES_MAX);
}

// What share of the logs is whole, as one bar.
void html_coverage_bar(const struct html *html) {
    static const struct {
        enum coverage_state state;
        char class;
    } PARTS[] = {{COVERAGE_PRESENT, 'q'},
                 {COVERAGE_HOLES, 'k'},
                 {COVERAGE_SHORT, 'x'},
                 {COVERAGE_CLEARED, 'h'},
                 {COVERAGE_MISSING, 'o'}};
    const uint32_t *states = html->input->coverage->states;
    double x = 0, all = 0;
    for (size_t i = 0; i < ARRAY_SIZE(PARTS); i++)
        all += states[PARTS[i].state];
    buffer_append_text(html->to, "<svg viewBox=\"0 0 600 18\" role=img aria-label=\"Share of logs "
                                 "that are whole\">");
    for (size_t i = 0; i < ARRAY_SIZE(PARTS); i++) {
        double width = 600.0 * states[PARTS[i].state] / all;
        if (states[PARTS[i].state])
            buffer_append_format(html->to,
                                 "<rect class=%c x=%.1f y=1 width=%.1f height=16><title>%u %s"
                                 "</title></rect>",
                                 PARTS[i].class, x, width, states[PARTS[i].state],
                                 coverage_state_name(PARTS[i].state));
        x += width;
    }
    buffer_append_text(html->to, "</svg>\n");
}

void html_leads(const struct html *html) {
    const struct reconstruction *made = html->input->reconstruction;
    if (made->lead_count == 0)
        return;
    buffer_append_format(html->to,
                         "<h2 id=leads>Leads: %u findings that belong to no campaign"
                         "</h2>\n<ul>\n",
                         made->lead_count);
    for (uint32_t i = 0; i < made->lead_count && i < LEADS_MAX; i++) {
        const struct lead *lead = &made->leads[i];
        buffer_append_text(html->to, "<li>");
        html_time(html, lead->first_ns);
        buffer_append_format(html->to, " <b>%s</b> ", rule_level_text(lead->rule->level));
        html_value(html, lead->rule->title);
        buffer_append_text(html->to, " on ");
        html_value_cut(html, lead->host, 120);
        buffer_append_format(html->to, ", %llu record%s", (unsigned long long)lead->count,
                             lead->count == 1 ? "" : "s");
        html_tags(html, lead->references, lead->reference_count, 4);
        buffer_append_text(html->to, "</li>\n");
    }
    buffer_append_text(html->to, "</ul>\n");
    if (made->lead_count > LEADS_MAX)
        buffer_append_format(html->to, "<p>%u more stand in report.json.</p>\n",
                             made->lead_count - LEADS_MAX);
}

static void coverage_asks(const struct html *html, const struct evidence_coverage *coverage) {
    if (coverage->ask_count == 0)
        return;
    buffer_append_text(html->to, "<h3>Ask for next, what decides most first</h3>\n<ol>\n");
    for (uint32_t i = 0; i < coverage->ask_count; i++) {
        const struct coverage_ask *ask = &coverage->asks[i];
        buffer_append_text(html->to, "<li><b>");
        html_value(html, ask->log);
        buffer_append_text(html->to, ask->host.size ? "</b> of " : "</b>");
        html_value(html, ask->host);
        buffer_append_text(html->to, ": ");
        html_value(html, ask->why);
        buffer_append_text(html->to, "<br><small>");
        html_value(html, ask->path);
        buffer_append_text(html->to, "</small></li>\n");
    }
    buffer_append_text(html->to, "</ol>\n");
}

static void coverage_row(const struct html *html, const struct coverage_row *row) {
    buffer_append_text(html->to, "<tr><th scope=row>");
    html_value(html, row->name);
    buffer_append_text(html->to, "<td>");
    html_value(html, row->log);
    buffer_append_format(html->to, "<td>%s<td class=n>%llu<td>", coverage_state_name(row->state),
                         (unsigned long long)row->records);
    html_time(html, row->first_ns);
    buffer_append_text(html->to, "<td>");
    html_time(html, row->last_ns);
    buffer_append_text(html->to, "</tr>\n");
}

// The state that says most first; logs that are whole are counted only.
void html_coverage(const struct html *html) {
    static const enum coverage_state WORST_FIRST[] = {COVERAGE_CLEARED, COVERAGE_SHORT,
                                                      COVERAGE_HOLES, COVERAGE_MISSING};
    const struct evidence_coverage *coverage = html->input->coverage;
    if (!coverage || coverage->row_count == 0)
        return;
    const uint32_t *states = coverage->states;
    buffer_append_format(html->to,
                         "<h2 id=logs>Logs</h2>\n<p>%u whole, %u with holes, %u too short, %u "
                         "cleared, %u missing. Where there is no log, nothing can be said.</p>\n",
                         states[COVERAGE_PRESENT], states[COVERAGE_HOLES], states[COVERAGE_SHORT],
                         states[COVERAGE_CLEARED], states[COVERAGE_MISSING]);
    coverage_asks(html, coverage);
    buffer_append_text(html->to,
                       "<h3>Logs that are not whole</h3>\n<div class=w tabindex=0><table "
                       "class=sort><thead><tr><th scope=col>Host<th scope=col>Log<th "
                       "scope=col>State<th scope=col class=n>Records<th scope=col>First<th "
                       "scope=col>Last</tr></thead>\n<tbody>\n");
    uint32_t shown = 0;
    for (size_t s = 0; s < ARRAY_SIZE(WORST_FIRST); s++)
        for (uint32_t i = 0; i < coverage->row_count && shown < COVERAGE_ROWS_MAX; i++)
            if (coverage->rows[i].state == WORST_FIRST[s]) {
                coverage_row(html, &coverage->rows[i]);
                shown++;
            }
    buffer_append_text(html->to, "</tbody></table></div>\n");
    html_paper(html, shown);
    if (shown == COVERAGE_ROWS_MAX)
        buffer_append_text(html->to, "<p>All of them stand in report.json.</p>\n");
}

void html_gaps(const struct html *html) {
    const struct report_input *input = html->input;
    buffer_append_text(html->to, "<h2 id=gaps>Gaps: what could not be read</h2>\n");
    if (input->gap_count == 0) {
        buffer_append_text(html->to, "<p>None: every file was read to its end.</p>\n");
        return;
    }
    buffer_append_text(html->to, "<ul>\n");
    for (size_t i = 0; i < input->gap_count && i < GAPS_MAX; i++) {
        const struct gap_sum *gap = &input->gaps[i];
        buffer_append_text(html->to, "<li>");
        html_value(html, input->names->path(input->names->context, gap->source));
        buffer_append_text(html->to, ": ");
        html_value(html, slice_of_string(gap->reason));
        buffer_append_format(html->to, ", %llu time%s, %llu bytes, from offset %llu</li>\n",
                             (unsigned long long)gap->count, gap->count == 1 ? "" : "s",
                             (unsigned long long)gap->bytes, (unsigned long long)gap->offset);
    }
    buffer_append_text(html->to, "</ul>\n");
    if (input->gap_count > GAPS_MAX)
        buffer_append_format(html->to, "<p>%zu more stand in report.json.</p>\n",
                             input->gap_count - GAPS_MAX);
}
