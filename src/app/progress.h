// What a person sees while a scan runs
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include "pipeline/pipeline.h"

#include <stdbool.h>

// One line on stderr, drawn over, only when stderr and stdout are terminals. Criticals are
// lines of their own above it. Thread-safe.
struct progress {
    bool line;   // draw the line
    bool colour; // colour criticals
    bool quiet;  // say nothing at all
};

// `colour` is "auto", "always" or "never"; NO_COLOR and TERM=dumb are obeyed for "auto".
void progress_init(struct progress *progress, const char *colour, bool quiet);
void progress_done(struct progress *progress);

// pipeline_options' callbacks; context is the progress.
void progress_watch(void *context, const struct pipeline_progress *state);
void progress_critical(void *context, const struct rule *rule, struct slice host);

// Whether to colour what goes to file descriptor `fd`.
bool progress_colour(const char *colour, int fd);

#endif
