// The pieces that the HTML report is made of
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/clock.h"
#include "base/text.h"

#include <assert.h>

enum {
    TAGS_OPEN_MAX = 4
};

void html_value(const struct html *html, struct slice text) {
    text_append_html(html->to, text);
}

void html_value_cut(const struct html *html, struct slice text, size_t size) {
    text_append_html(html->to, text_cut(text, size));
    if (text.size > size)
        buffer_append_text(html->to, "…");
}

void html_time(const struct html *html, int64_t time_ns) {
    text_append_minute(html->to, time_ns, "unknown");
}

static void html_tag(const struct html *html, const struct reference *reference) {
    char tag[TAG_SIZE];
    cited_tag(html->input->cited, reference, tag);
    uint32_t place = cited_place(html->input->cited, reference->sha256);
    assert(place < html->input->cited->count);
    html->linked[place] = 1;
    buffer_append_format(html->to, " <a class=t href=\"#%s\">%s</a>", tag, tag);
}

void html_tags(const struct html *html, const struct reference *references, uint32_t count,
               uint32_t most) {
    uint32_t shown = most ? most : TAGS_OPEN_MAX;
    for (uint32_t i = 0; i < count && i < shown; i++)
        html_tag(html, &references[i]);
    if (count <= shown)
        return;
    if (most) {
        buffer_append_format(html->to, " <small>+%u</small>", count - shown);
        return;
    }
    buffer_append_format(html->to, " <details class=m><summary>+%u</summary>", count - shown);
    for (uint32_t i = shown; i < count; i++)
        html_tag(html, &references[i]);
    buffer_append_text(html->to, "</details>");
}

void html_sentences(const struct html *html, const struct sentence *sentences, uint32_t count,
                    const char *element, uint32_t most) {
    if (count == 0)
        return;
    buffer_append_format(html->to, "<%s>\n", element);
    for (uint32_t i = 0; i < count; i++) {
        buffer_append_text(html->to, "<li>");
        html_value(html, sentences[i].text);
        html_tags(html, sentences[i].references, sentences[i].reference_count, most);
        buffer_append_text(html->to, "</li>\n");
    }
    buffer_append_format(html->to, "</%.2s>\n", element);
}

void html_bytes(const struct html *html, uint64_t bytes) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    double amount = (double)bytes;
    size_t unit = 0;
    while (amount >= 1000 && unit + 1 < ARRAY_SIZE(units)) {
        amount /= 1000;
        unit++;
    }
    buffer_append_format(html->to, unit ? "%.1f %s" : "%.0f %s", amount, units[unit]);
}

void html_paper(const struct html *html, size_t rows) {
    if (rows > HTML_PAPER_ROWS)
        buffer_append_format(html->to,
                             "<p class=paper data-most=%d>On paper the first %d rows stand here; "
                             "the page has all %zu.</p>\n",
                             HTML_PAPER_ROWS, HTML_PAPER_ROWS, rows);
}

void html_host_link(const struct html *html, const struct campaign *campaign, uint32_t number,
                    uint32_t host) {
    buffer_append_format(html->to, "<a href=\"#c%uh%u\">", number, host);
    html_value_cut(html, campaign->hosts[host].name, 80);
    buffer_append_text(html->to, "</a>");
}
