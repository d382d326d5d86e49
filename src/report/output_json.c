// Findings as one JSON document
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

static void json_begin(struct buffer *to) {
    buffer_append_text(to, "{\"schema\":\"vedette.findings/1\",\"findings\":[");
}

static void json_finding(struct buffer *to, const struct finding *finding,
                         const struct source_names *names, bool first) {
    buffer_append_text(to, first ? "\n" : ",\n");
    report_append_finding(to, finding, names);
}

static void json_end(struct buffer *to, bool complete) {
    buffer_append_text(to, "\n],\"complete\":");
    buffer_append_text(to, complete ? "true}\n" : "false}\n");
}

const struct output output_json = {
    .name = "json",
    .summary = "one JSON document, schema vedette.findings/1",
    .begin = json_begin,
    .finding = json_finding,
    .end = json_end,
};
