// Findings as JSON lines
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

static void jsonl_begin(struct buffer *to) {
    (void)to;
}

static void jsonl_finding(struct buffer *to, const struct finding *finding,
                          const struct source_names *names, bool first) {
    (void)first;
    report_append_finding(to, finding, names);
    buffer_append_byte(to, '\n');
}

static void jsonl_end(struct buffer *to, bool complete) {
    if (!complete)
        buffer_append_text(to, "{\"schema\":\"vedette.note/1\",\"complete\":false}\n");
}

const struct output output_jsonl = {
    .name = "jsonl",
    .summary = "one JSON object a line, schema vedette.finding/1",
    .begin = jsonl_begin,
    .finding = jsonl_finding,
    .end = jsonl_end,
};
