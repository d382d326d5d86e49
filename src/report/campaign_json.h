// A reconstruction for a machine and for a terminal
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_CAMPAIGN_JSON_H
#define REPORT_CAMPAIGN_JSON_H

#include "base/buffer.h"
#include "report/report_input.h"

struct evidence_coverage;

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

// The same sections for machines: vedette.threat/1 (docs/report-schema.md).
void report_append_threat(struct buffer *to, const struct report_input *input);

// Cited records, first compromises and thefts as a timeline, a JSON object a line.
void report_append_timesketch(struct buffer *to, const struct report_input *input);

// What to look for elsewhere, a row each (RFC 4180).
void report_append_indicators(struct buffer *to, const struct report_input *input);

// Hosts of all campaigns and incidents, a row each (RFC 4180).
void report_append_hosts(struct buffer *to, const struct report_input *input);

#endif
