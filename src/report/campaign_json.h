// A reconstruction for a machine and for a terminal
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_CAMPAIGN_JSON_H
#define REPORT_CAMPAIGN_JSON_H

#include "base/buffer.h"
#include "model/evidence_coverage.h"
#include "model/gap.h"
#include "report/cited.h"
#include "report/output.h"

// What every report of a reconstruction is made of.
struct report_input {
    const struct reconstruction *reconstruction;
    const struct cited *cited;
    const struct source_names *names; // paths relative to the evidence root
    const struct gap_sum *gaps;
    size_t gap_count;
    const struct evidence_coverage *coverage; // NULL: not asked for
    const char *tlp; // "clear", "green", "amber", "amber+strict", "red"; NULL: red
};

// What happened and what to do first, for a terminal.
void report_append_screen(struct buffer *to, const struct report_input *input);

// The same and, below it, which logs are missing: the screen as a file, without colour.
void report_append_text(struct buffer *to, const struct report_input *input);

// Which logs are missing, cleared, too short, and what to ask for next.
void report_append_missing(struct buffer *to, const struct evidence_coverage *coverage);

// Members "coverage" and "ask_next" of the machine's report, each after a comma.
void report_append_coverage(struct buffer *to, const struct evidence_coverage *coverage);

// The machine's report (docs/report-schema.md): one JSON object and a line end.
void report_append_json(struct buffer *to, const struct report_input *input);

// The same as one HTML page that needs no network and no other file (docs/report.md).
void report_append_html(struct buffer *to, const struct report_input *input);

// The same with the sections that readers of threat reports expect, in Markdown.
void report_append_markdown(struct buffer *to, const struct report_input *input);

// A STIX 2.1 bundle with Attack Flow 2.0 objects; the same ids for the same evidence.
void report_append_stix(struct buffer *to, const struct report_input *input);

// Hosts of all campaigns and incidents, a row each (RFC 4180).
void report_append_hosts(struct buffer *to, const struct report_input *input);

#endif
