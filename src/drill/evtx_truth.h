// What was written, as JSON lines
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVTX_TRUTH_H
#define DRILL_EVTX_TRUTH_H

#include "base/buffer.h"
#include "drill/evtx_event.h"

// One line for one record as it was handed to evtx_writer_append, so that readers by other
// hands can be compared with it. `file` as the reader will see it, `number` the record's
// number in it. Values: texts as they are, lists as arrays, numbers in decimal, the rest in
// hexadecimal, each with its type:
//     {"file":"...","record":1,"computer":"...","provider":"...","channel":"...","id":4688,
//      "level":0,"time":133...,"event_id":1,"process":4,"thread":8,"user":"hex","data":
//      [["SubjectUserSid",19,"0101..."],...]}
void evtx_truth_append(struct buffer *buffer, const char *file, uint64_t number,
                       const struct evtx_record *record);

#endif
