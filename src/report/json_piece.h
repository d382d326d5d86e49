// The pieces that reports in JSON are made of
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_JSON_PIECE_H
#define REPORT_JSON_PIECE_H

#include "base/buffer.h"
#include "report/report_input.h"

// Each appends one member; all but json_key and `first` ones after a comma.
void json_key(struct buffer *to, const char *name, bool first);
void json_string(struct buffer *to, const char *name, struct slice text);
void json_when(struct buffer *to, const char *name, int64_t time_ns); // or null
void json_slices(struct buffer *to, const char *name, const struct slice *texts, uint32_t count);

// Member "evidence": tags.
void json_tags(struct buffer *to, const struct report_input *input,
               const struct reference *references, uint32_t count);

// A list of {"text", "evidence"}; by itself, and as a member.
void json_sentence_list(struct buffer *to, const struct report_input *input,
                        const struct sentence *sentences, uint32_t count);
void json_sentences(struct buffer *to, const struct report_input *input, const char *name,
                    const struct sentence *sentences, uint32_t count);

// Member "evidence" of a whole report: each cited record by its tag.
void json_evidence(struct buffer *to, const struct report_input *input);

#endif
