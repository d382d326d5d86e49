// An event as its source wrote it
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_EVENT_RAW_H
#define REPORT_EVENT_RAW_H

#include "base/buffer.h"
#include "model/event.h"

// Append the event as one JSON object in the structure of evtx_dump (crate evtx 0.12, "jsonl"):
// Event, System, EventData or UserData; attributes under "#attributes", text beside attributes
// or children under "#text", named Data by name, unnamed Data as {"#text": ...}. An event of
// another format than "evtx" is appended as its line stands. No line end. Thread-safe.
void event_append_raw_json(const struct event *event, struct buffer *buffer);

#endif
