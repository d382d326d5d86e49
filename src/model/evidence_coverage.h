// Which logs there are, which are missing, what to ask for
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_EVIDENCE_COVERAGE_H
#define MODEL_EVIDENCE_COVERAGE_H

#include "base/slice.h"
#include "model/finding.h"

#include <stdint.h>

enum coverage_state {
    COVERAGE_PRESENT,
    COVERAGE_HOLES,   // days or records are missing in the middle
    COVERAGE_SHORT,   // begins after the first thing that was found
    COVERAGE_CLEARED, // somebody cleared, stopped or deleted it
    COVERAGE_MISSING, // expected of such a host, and not there at all
    COVERAGE_STATE_COUNT,
};

// Days without a hole that speaks, since 1970-01-01, UTC. A log that has something to say only now
// and then has no holes.
struct coverage_span {
    int32_t first_day, last_day;
};

// One log of one host.
struct coverage_row {
    uint32_t host;       // of the fleet; RELATION_NO_HOST
    struct slice name;   // of the host
    struct slice log;    // "security", "iis", "zeek/conn"; of a missing one what it is
    struct slice format; // "evtx"; empty: missing
    enum coverage_state state;
    uint64_t records;
    uint64_t missing_records;  // by record ids
    int64_t first_ns, last_ns; // CLOCK_NONE: no day, or a list without days
    int64_t cleared_ns;        // CLOCK_NONE: not
    const struct coverage_span *spans;
    uint32_t span_count;
};

// A log that would decide an open question.
struct coverage_ask {
    struct slice host; // empty: the organisation's
    struct slice log;
    struct slice path; // where it lies, in words where there is no path
    struct slice why;  // which question it decides
    uint32_t weight;   // questions, weighed; falling
};

// Made once by correlate, read by every report. Rows by (host, log, format).
struct evidence_coverage {
    struct coverage_row *rows;
    uint32_t row_count;
    struct coverage_ask *asks;
    uint32_t ask_count;
    uint32_t states[COVERAGE_STATE_COUNT]; // rows by state
    uint64_t rows_left_out;                // beyond the ceiling
};

const char *coverage_state_name(enum coverage_state state); // "present"; static

#endif
