// The pieces that the HTML report is made of
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_HTML_PIECE_H
#define REPORT_HTML_PIECE_H

#include "report/campaign_json.h"

// What every section gets: where it writes, what it tells. `number` of a campaign makes the
// fragment names of its hosts: "c1h0".
struct html {
    struct buffer *to;
    const struct report_input *input;
    uint8_t *linked; // by place in input->cited: the page links to it, so the appendix has it
};

extern const char HTML_STYLE[], HTML_SCRIPT[];

// A value, escaped; the only way by which one reaches the page.
void html_value(const struct html *html, struct slice text);
void html_value_cut(const struct html *html, struct slice text, size_t size);

// "2026-11-22 13:29"; "unknown" for no time.
void html_time(const struct html *html, int64_t time_ns);

// Links to the cited records in the appendix, `most` at most, then how many more there are; 0: all
// of them, those after the first few folded in.
void html_tags(const struct html *html, const struct reference *references, uint32_t count,
               uint32_t most);

// A list ("ol", "ul", with a class if wanted) of sentences, each ending in `most` tags as html_tags
// takes it; nothing without sentences.
void html_sentences(const struct html *html, const struct sentence *sentences, uint32_t count,
                    const char *element, uint32_t most);

// "4.2 GB"
void html_bytes(const struct html *html, uint64_t bytes);

// A link to the host's row.
void html_host_link(const struct html *html, const struct campaign *campaign, uint32_t number,
                    uint32_t host);

// What left, in words, with `tags` tags.
void html_theft(const struct html *html, const struct campaign *campaign, uint32_t number,
                const struct campaign_theft *theft, uint32_t tags);

// On paper a long table ends early: the style shows the first HTML_PAPER_ROWS, and of others what
// lies before a row or a body of class p. A note below the table, on paper only, when it has more
// rows; the script keeps it true of a filtered table.
enum {
    HTML_PAPER_ROWS = 400 // html_style.c names the next one
};
void html_paper(const struct html *html, size_t rows);

// Document up to <main>, and after it.
void html_page_begin(const struct html *html);
void html_page_end(const struct html *html);

// Sections of one campaign or incident.
void html_first_screen(const struct html *html, const struct campaign *campaign, uint32_t number);
void html_story(const struct html *html, const struct campaign *campaign, uint32_t number);
void html_steps(const struct html *html, const struct campaign *campaign, uint32_t number);
void html_matrix(const struct html *html, const struct campaign *campaign, uint32_t number);
void html_indicators(const struct html *html, const struct campaign *campaign, uint32_t number);
void html_lanes(const struct html *html, const struct campaign *campaign, uint32_t number);
void html_graph(const struct html *html, const struct campaign *campaign, uint32_t number);
void html_hosts(const struct html *html, const struct campaign *campaign, uint32_t number);

// Sections of the whole report.
void html_screen_coverage(const struct html *html);
void html_coverage_bar(const struct html *html);
void html_rules(const struct html *html);
void html_leads(const struct html *html);
void html_coverage(const struct html *html);
void html_gaps(const struct html *html);
void html_evidence(const struct html *html);

#endif
