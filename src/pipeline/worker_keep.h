// A worker's part of what is kept
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_WORKER_KEEP_H
#define PIPELINE_WORKER_KEEP_H

#include "detect/detect.h"
#include "match/match.h"
#include "pipeline/collector.h"
#include "pipeline/gap_table.h"
#include "pipeline/keeper.h"
#include "relate/relate.h"

// What a worker has of the found file that it reads, and where that goes: it is put away before
// the next file's is added. All but the last group are the worker's, and never NULL where it has
// them.
struct worker_keep {
    struct keeper *keeper; // NULL: nothing is kept
    struct intake *intake;
    struct matcher *matcher;
    struct collector *collector;
    struct correlator *correlator;
    struct relater *relater;
    struct gap_table *gaps;
    struct pipeline_counts *counts;

    struct keeper_piece *piece; // NULL: no unit was read since the last one
    uint64_t bytes;
    uint64_t regex_limits; // told already
    struct gap_table intake_gaps;
};

void worker_keep_done(struct worker_keep *keep);

// Before a unit is decoded: what is of another found file, or a lot, is put away first.
enum status worker_keep_begin(struct worker_keep *keep, const struct unit *unit,
                              struct problem *problem);

// After the last unit.
enum status worker_keep_end(struct worker_keep *keep, struct problem *problem);

// Gaps that the intake tells, of whatever file; put away each for itself, before it is said that
// the file has no more units.
void worker_keep_intake_gap(void *context, const struct gap *gap);
void worker_keep_intake_gaps(struct worker_keep *keep);

// A gap as it is packed: this, then the reason.
struct kept_gap {
    uint32_t source;
    uint32_t reason_size;
    uint64_t count, bytes, records, offset;
};

#endif
