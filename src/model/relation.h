// Who did what to whom
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_RELATION_H
#define MODEL_RELATION_H

#include "base/slice.h"
#include "model/finding.h"

#include <stdint.h>

enum relation_kind {
#define KIND(id, name, keeps) RELATION_##id,
#include "model/relation_kind.def"
#undef KIND
    RELATION_KIND_COUNT,
};
_Static_assert(RELATION_KIND_COUNT <= 64, "kinds are taken as a 64-bit mask");

#define RELATION_MASK(id) (1ull << RELATION_##id)

enum relation_keeps {
    RELATION_KEEPS_NOTHING = 0, // beyond sums and references
    RELATION_KEEPS_TIMES = 1,   // the 512 smallest times
    RELATION_KEEPS_DAYS = 2,    // sums by day, the 512 first days
    RELATION_KEEPS_BOTH = 3
};

enum {
    RELATION_DETAILS = 4,
    RELATION_PART_BYTES_MAX = 1024, // a longer part is cut there
    RELATION_TIMES_MAX = 512,
    RELATION_DAYS_MAX = 512
};

#define RELATION_NO_HOST UINT32_MAX

struct relation_day {
    int32_t day; // since 1970-01-01, UTC
    uint32_t count;
    uint64_t bytes_out, bytes_in;
};

// All records that agree in kind, from, to, account, artefact and details are one relation.
// What it holds does not depend on the order in which they came: sums, extremes, the smallest
// times and references. Views: valid until the next relation is asked for.
struct relation {
    enum relation_kind kind;
    struct slice from, to, account, artefact;
    struct slice detail[RELATION_DETAILS];
    // Numbers of the fleet's hosts (hosts.h) that from and to are; RELATION_NO_HOST: none of
    // ours, or before settling.
    uint32_t from_host, to_host;
    int64_t first_ns, last_ns; // after settling: corrected for the recording host's clock
    uint64_t count;
    uint64_t bytes_out, bytes_in; // `from` to `to`, and back
    uint64_t taken_ms;            // sum
    uint64_t bytes_in_min, bytes_in_max;
    const int64_t *times;
    uint32_t time_count;
    const struct relation_day *days;
    uint32_t day_count;
    const struct reference *references; // FINDING_REFERENCES_MAX smallest; times as written
    uint32_t reference_count;
    // Which host's log it stands in (the recording one), as written; part of the key.
    struct slice recorder;
    uint32_t recorder_host;
};

const char *relation_kind_name(enum relation_kind kind);
enum relation_keeps relation_kind_keeps(enum relation_kind kind);

#endif
