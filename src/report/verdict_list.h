// What analysts said of records, told
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_VERDICT_LIST_H
#define REPORT_VERDICT_LIST_H

#include "report/report_input.h"

// All verdicts of a case in the order they were given, those that a later one on the same record
// took back as well. The texts and Markdown are nothing without verdicts, JSON has its member.
void verdicts_append_text(struct buffer *to, const struct report_input *input);
void verdicts_append_markdown(struct buffer *to, const struct report_input *input);
void verdicts_append_json(struct buffer *to, const struct report_input *input);
void verdicts_append_html(struct buffer *to, const struct report_input *input);

#endif
