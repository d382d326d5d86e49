// Door of the room: say what was found
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buffer.h"
#include "model/gap.h"
#include "report/campaign_json.h"
#include "report/cited.h"
#include "model/hosts.h"
#include "model/relation.h"
#include "report/output.h"
#include "report/event_raw.h"
#include "report/report_form.h"
#include "report/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// All outputs in the order of outputs.def, and one by name (NULL when there is none).
const struct output *const *report_outputs(size_t *ret_count);
const struct output *report_output_find(const char *name);

// The summary people act on: by severity, hosts, rules, gaps, what was not understood.
struct summary {
    const struct tally *tally;
    const struct source_names *names;
    uint64_t files;
    uint64_t bytes;
    uint64_t events;
    uint64_t damaged;   // events out of chunks whose checksum differs
    uint64_t recovered; // events out of slack and free space
    uint64_t unknown_events;
    uint64_t unknown_files;
    uint64_t gb18030_names; // of archives' entries
    uint64_t empty_files;
    struct slice empty_path;           // the first of them
    const struct slice *unknown_paths; // the first few
    size_t unknown_path_count;
    const struct gap_sum *gaps; // sorted by (source, reason)
    size_t gap_count;
    uint64_t regex_limits;
    uint64_t correlation_overflow;
    size_t rules;
    size_t rules_refused;
    int64_t first_ns, last_ns; // of all events
    double seconds;
    bool interrupted;
    const char *sandbox_missing; // NULL: nothing
    bool colour;
};

void report_summary(struct buffer *to, const struct summary *summary);

// One line for a gap of the source at `path`, safe on a terminal.
void report_append_gap(struct buffer *to, const struct gap_sum *gap, struct slice path);

// One JSON object for a finding, schema "vedette.finding/1" (docs/finding-schema.md).
void report_append_finding(struct buffer *to, const struct finding *finding,
                           const struct source_names *names);

// One JSON object for a relation, for a host with its names over time (docs/relate.md).
void report_append_relation(struct buffer *to, const struct relation *relation,
                            const struct source_names *names);
void report_append_host(struct buffer *to, const struct fleet_host *host);

#endif
