// A relation as bytes: key and payload
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RELATION_CODEC_H
#define RELATE_RELATION_CODEC_H

#include "base/buffer.h"
#include "relate/relation_sum.h"

#include <stdbool.h>

// The parts that make two relations the same, in the order of the key.
enum relation_part {
    PART_FROM,
    PART_TO,
    PART_ACCOUNT,
    PART_ARTEFACT,
    PART_DETAIL_0,
    PART_DETAIL_1,
    PART_DETAIL_2,
    PART_DETAIL_3,
    PART_RECORDER,
    PART_COUNT, // of texts
};

// Where two relations differ, they are two. `bucket` keeps the days apart while an inside address
// stands for a host, since it may be another one tomorrow; 0 otherwise and after settling.
struct relation_key {
    enum relation_kind kind;
    int32_t bucket;
    struct slice parts[PART_COUNT];
};

// What the sorter carries. Only ever read by the process that wrote it, from its own unlinked
// files; the reader checks its bounds all the same.
//
//   key      = kind | bucket | parts (size, bytes; a recorder that is `to` or `from` is one mark)
//   payload  = first | last - first | count | sums | references | times | days, as base-128 numbers
void relation_append_key(struct buffer *to, const struct relation_key *key);
void relation_append_sum(struct buffer *to, const struct relation_sum *sum);

// Views into `bytes`. False when they are cut.
bool relation_read_key(struct slice bytes, struct relation_key *ret_key);
bool relation_read_sum(struct slice bytes, struct relation_sum *ret_sum);
// Of a payload that is sound: first_ns alone.
int64_t relation_read_first(struct slice bytes);

// Append a text so that bytewise order of what is appended, ended by a mark, is that of the texts.
void relation_append_ordered(struct buffer *to, struct slice text);
void relation_append_ordered_time(struct buffer *to, int64_t time_ns);

#endif
