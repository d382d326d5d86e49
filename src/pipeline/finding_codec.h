// A finding as bytes: key and payload
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_FINDING_CODEC_H
#define PIPELINE_FINDING_CODEC_H

#include "base/buffer.h"
#include "model/finding.h"

#include <stdbool.h>

// What the sorter carries. Only ever read by the process that wrote it, from its own
// unlinked files; the reader checks its bounds all the same.
//
//   key      = rule | code | host | account | provider | channel | fields
//   payload  = first | last | count | references

// Append what makes two findings the same.
void finding_append_key(struct buffer *to, uint32_t rule, const struct finding *finding);

// Append what adds up.
void finding_append_sum(struct buffer *to, const struct finding *finding);

// Read both back as views into them; *ret_rule is the rule's number. False when they are cut.
bool finding_read_key(struct slice key, struct finding *ret_finding, uint32_t *ret_rule);
bool finding_read_sum(struct slice payload, struct finding *ret_finding);

// Add the sums of `other` to `finding`, which has the same key.
void finding_merge_sum(struct finding *finding, const struct finding *other);

#endif
