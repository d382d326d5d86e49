// A Windows record as Winlogbeat ships it
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_WINLOGBEAT_LINE_H
#define DRILL_WINLOGBEAT_LINE_H

#include "base/buffer.h"
#include "drill/evtx_event.h"

// One JSON object without its line end, as Winlogbeat 8 writes it (ECS 8, winlog.*): all values
// of event_data are texts; unnamed data is param1, param2, ... `number` is the record's.
void winlogbeat_append(struct buffer *buffer, const struct evtx_record *record, uint64_t number);

#endif
