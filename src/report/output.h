// The contract of every form of output
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include "base/buffer.h"
#include "model/finding.h"

#include <stdbool.h>

// Turns the number of a source into its path; context is the pipeline's.
struct source_names {
    const void *context;
    struct slice (*path)(const void *context, uint32_t source);
};

// One form of output: one file, one line in outputs.def. Stateless: `first` says whether it is
// the first finding. Text is appended to `to`, which the caller writes out and empties. An
// output never fails but by the buffer's ceiling.
struct output {
    const char *name;
    const char *summary;
    void (*begin)(struct buffer *to);
    void (*finding)(struct buffer *to, const struct finding *finding,
                    const struct source_names *names, bool first);
    void (*end)(struct buffer *to, bool complete);
};

#endif
