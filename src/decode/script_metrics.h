// How unlike ordinary text a script is
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_SCRIPT_METRICS_H
#define DECODE_SCRIPT_METRICS_H

#include "base/deflate.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

// Four measures in one pass (the idea of NeoPI, 2011): packed, encrypted or encoded scripts stand
// out in several of them at once. They mean something in comparison with other files only.
struct script_metrics {
    double entropy;       // bits a byte, 0 to 8 (Shannon 1948)
    double coincidence;   // chance that two of its bytes are equal, 0 to 1 (Friedman 1922)
    uint64_t token_bytes; // longest run without white space
    double compressed;    // size after zlib / size before
};

// Counts of bytes; several tables, so that a run of equal bytes does not wait for itself.
struct byte_counts {
    uint64_t counts[4][256];
};
void byte_counts_add(struct byte_counts *counts, struct slice bytes);
double byte_counts_entropy(const struct byte_counts *counts);
double byte_counts_coincidence(const struct byte_counts *counts);

struct script_meter {
    struct byte_counts counts;
    uint64_t size, token, token_longest;
    struct deflate_measure *deflate;
};
void script_meter_init(struct script_meter *meter);
void script_meter_done(struct script_meter *meter);
void script_meter_begin(struct script_meter *meter);
void script_meter_add(struct script_meter *meter, struct slice bytes);
void script_meter_end(struct script_meter *meter, struct script_metrics *ret_metrics);

// Whether a file is a script or a page of one, by its name and first bytes. `page`: one that a
// web server would run.
bool script_recognise(struct slice first, struct slice path, bool *ret_page);

#endif
