// Reading relations in a detector
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_READING_H
#define DETECT_READING_H

#include "detect/detector.h"

// One pass over some kinds of relations in an order:
//
//     struct reading reading;
//     enum status status = reading_open(&reading, context, kinds, order, problem);
//     while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
//            reading.more)
//         ... reading.relation ...
//     reading_close(&reading);
struct reading {
    const struct relation_source *source;
    void *reader;
    struct relation relation; // the one given last; views live until the next call
    bool more;                // false: there was none
};

enum status reading_open(struct reading *reading, const struct detect_context *context,
                         uint64_t kinds, enum relation_order order, struct problem *problem);
enum status reading_next(struct reading *reading, struct problem *problem);
void reading_close(struct reading *reading); // also after a failed open

// The settled host's name where the part is one of ours, else the part as written.
struct slice reading_from(const struct detect_context *context, const struct relation *relation);
struct slice reading_to(const struct detect_context *context, const struct relation *relation);

// When a cited record happened: as written, corrected for the clock of the host that recorded it.
int64_t reading_time(const struct detect_context *context, const struct relation *relation,
                     const struct reference *reference);

#endif
