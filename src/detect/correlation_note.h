// One hit as a correlation sees it
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_CORRELATION_NOTE_H
#define DETECT_CORRELATION_NOTE_H

#include "base/buffer.h"
#include "model/correlation.h"
#include "model/finding.h"

#include <stdbool.h>

// Sorted by (correlation, group, time, source, offset, member), all big-endian:
//
//   key     = correlation | size of group | group | time | source | offset | member
//   group   = for each group-by field: size | text
//   payload = reference | code | value | host | account | provider | channel
struct correlation_note {
    uint32_t correlation;
    uint32_t member;
    struct slice group;
    struct reference reference;
    int64_t code;
    struct slice value; // of the correlation's `field`
    struct slice host, account, provider, channel;
};

void correlation_note_append(const struct correlation_note *note, struct buffer *key,
                             struct buffer *payload);
bool correlation_note_read(struct slice key, struct slice payload,
                           struct correlation_note *ret_note);

// A group is built and taken apart text by text.
void correlation_group_append(struct buffer *group, struct slice text);
bool correlation_group_take(struct slice *group, struct slice *ret_text);

#endif
