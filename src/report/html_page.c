// The HTML report's frame and policy
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/digest.h"
#include "base/text.h"

static void page_hash(const struct html *html, const char *text) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(slice_of_string(text), digest);
    buffer_append_text(html->to, "'sha256-");
    text_append_base64(html->to, slice_of(digest, sizeof digest));
    buffer_append_byte(html->to, '\'');
}

static void page_count(const struct html *html, uint32_t count, const char *what) {
    buffer_append_format(html->to, "%u %s%s", count, what, count == 1 ? "" : "s");
}

// Where to go from the first screens: what holds of all campaigns.
static void page_ways(const struct html *html) {
    const struct report_input *input = html->input;
    const bool logs = input->coverage && input->coverage->row_count;
    const struct {
        const char *part, *word;
        bool there;
    } ways[] = {{"ask", "Ask for next", logs},
                {"leads", "Leads", input->reconstruction->lead_count > 0},
                {"verdicts", "Verdicts", input->verdict_count > 0},
                {"logs", "Logs", logs},
                {"gaps", "Gaps", input->gap_count > 0},
                {"rules", "Rules", input->tally != NULL},
                {"evidence", "Records by file", true}};
    buffer_append_text(html->to, "<nav>");
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
        if (ways[i].there)
            buffer_append_format(html->to, "<a href=\"#%s\">%s</a> ", ways[i].part, ways[i].word);
    buffer_append_text(html->to, "</nav>\n");
}

static void page_head(const struct html *html) {
    const struct reconstruction *made = html->input->reconstruction;
    enum marking marking = report_marking(html->input);
    buffer_append_format(html->to,
                         "<a class=s href=\"#main\">To the story</a>\n<header><h1>What happened"
                         "</h1><span class=\"tlp %s\">%s</span><p>",
                         marking >= MARKING_AMBER && marking < MARKING_RED ? "amber"
                                                                           : marking_label(marking),
                         marking_name(marking));
    page_count(html, made->campaign_count, "campaign");
    buffer_append_text(html->to, ", ");
    page_count(html, made->incident_count, "incident");
    buffer_append_text(html->to, ", ");
    page_count(html, made->lead_count, "lead");
    buffer_append_text(html->to,
                       ". All times are UTC. Every statement ends in tags like <span "
                       "class=t>E7ABCD</span>; each leads to where its record lies: file, "
                       "line, time and SHA-256; <code>vedette evidence CASE TAG</code> prints it."
                       "</p>");
    if (html->input->interrupted)
        buffer_append_text(html->to, "<p><b>Interrupted: not all evidence was read.</b> What is "
                                     "not told here may be in the rest.</p>");
    page_ways(html);
    buffer_append_text(html->to, "</header>\n");
}

void html_page_begin(const struct html *html) {
    struct buffer *to = html->to;
    buffer_append_text(to, "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
                           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                           "'none'; base-uri 'none'; form-action 'none'; style-src ");
    page_hash(html, HTML_STYLE);
    buffer_append_text(to, "; script-src ");
    page_hash(html, HTML_SCRIPT);
    buffer_append_text(to, "\">\n<meta name=viewport content=\"width=device-width\">\n"
                           "<meta name=referrer content=no-referrer>\n"
                           "<title>What happened</title>\n<style>");
    buffer_append_text(to, HTML_STYLE);
    buffer_append_text(to, "</style>\n</head>\n<body>\n");
    page_head(html);
    // The pattern of "no telemetry", for every drawing.
    buffer_append_text(to, "<svg class=u aria-hidden=true focusable=false><defs><pattern "
                           "id=gap width=6 height=6 patternUnits=userSpaceOnUse><path class=p "
                           "d=\"M0 6L6 0\"/></pattern></defs></svg>\n<main id=main>\n");
}

void html_page_end(const struct html *html) {
    buffer_append_text(html->to, "</main>\n<footer><p class=d>A tag (E and five or more letters "
                                 "and digits) names one record by the SHA-256 of its bytes; it "
                                 "does not change when evidence is added. This page asks for "
                                 "nothing and sends nothing.</p></footer>\n<script>");
    buffer_append_text(html->to, HTML_SCRIPT);
    buffer_append_text(html->to, "</script>\n</body>\n</html>\n");
}
