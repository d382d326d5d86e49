// What analysts said of records, told
// SPDX-License-Identifier: Apache-2.0
#include "report/verdict_list.h"

#include "base/text.h"
#include "report/json_piece.h"

typedef void verdict_value(struct buffer *to, struct slice text);

static const char *verdict_word(const struct report_verdict *verdict) {
    return verdict->is_benign ? "benign" : "malicious";
}

// "2026-11-23T09:20:11 E7ABCD benign, ann: a drill (a later one holds)"
static void verdict_line(struct buffer *to, const struct report_verdict *verdict,
                         verdict_value *value) {
    value(to, slice_part(verdict->at, 0, 19));
    buffer_append_byte(to, ' ');
    value(to, verdict->tag);
    buffer_append_format(to, " %s, ", verdict_word(verdict));
    value(to, verdict->who);
    buffer_append_text(to, ": ");
    value(to, verdict->why);
    buffer_append_text(to, verdict->holds ? "" : " (a later one holds)");
}

static void verdict_lines(struct buffer *to, const struct report_input *input, const char *before,
                          const char *after, verdict_value *value) {
    for (size_t i = 0; i < input->verdict_count; i++) {
        buffer_append_text(to, before);
        verdict_line(to, &input->verdicts[i], value);
        buffer_append_text(to, after);
    }
}

void verdicts_append_text(struct buffer *to, const struct report_input *input) {
    if (input->verdict_count)
        buffer_append_text(to, "\nVerdicts of analysts, counted in what is told here\n");
    verdict_lines(to, input, "  ", "\n", text_append_terminal);
}

void verdicts_append_markdown(struct buffer *to, const struct report_input *input) {
    if (input->verdict_count)
        buffer_append_text(to, "\n## Verdicts\n\nOf analysts, counted in what is told here.\n\n");
    verdict_lines(to, input, "- ", "\n", text_append_markdown);
}

void verdicts_append_html(struct buffer *to, const struct report_input *input) {
    if (input->verdict_count == 0)
        return;
    buffer_append_text(to, "<h2 id=verdicts>Verdicts of analysts</h2>\n<p>Counted in what is told "
                           "here; no evidence is left out by them.</p>\n<ul>\n");
    verdict_lines(to, input, "<li>", "</li>\n", text_append_html);
    buffer_append_text(to, "</ul>\n");
}

void verdicts_append_json(struct buffer *to, const struct report_input *input) {
    json_key(to, "verdicts", false);
    buffer_append_byte(to, '[');
    for (size_t i = 0; i < input->verdict_count; i++) {
        const struct report_verdict *verdict = &input->verdicts[i];
        char hex[DIGEST_SHA256_HEX_SIZE];
        digest_hex(verdict->sha256, hex);
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "tag", true);
        text_append_json(to, verdict->tag);
        json_string(to, "sha256", slice_of_string(hex));
        json_string(to, "verdict", slice_of_string(verdict_word(verdict)));
        json_string(to, "who", verdict->who);
        json_string(to, "at", verdict->at);
        json_string(to, "why", verdict->why);
        buffer_append_format(to, ",\"holds\":%s}", verdict->holds ? "true" : "false");
    }
    buffer_append_byte(to, ']');
}
