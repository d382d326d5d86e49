// Findings of YARA rules
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_YARA_TELL_H
#define PIPELINE_YARA_TELL_H

#include "match/yara_scan.h"
#include "model/event.h"
#include "pipeline/collector.h"

// Where the hits of one scan go. `status` is not OK once the collector failed.
struct yara_tell {
    struct collector *collector;
    uint32_t rule_first; // number of YARA's first rule among all
    struct slice host;
    const struct event *event; // of the file that is scanned
    const struct unit *unit;   // of the log text that is scanned
    uint64_t hits;
    enum status status;
    struct problem *problem;
};

// struct yara_sink.hit. A finding about a file shows its path, its hash, and which strings lie
// where; one about a log shows which strings, and cites the lines.
void yara_tell_file(void *context, const struct yara_hit *hit);
void yara_tell_log(void *context, const struct yara_hit *hit);

#endif
