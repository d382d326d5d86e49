// Reading events one by one for a command
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_EVENT_RUN_H
#define APP_EVENT_RUN_H

#include "app/command.h"
#include "pipeline/pipeline.h"

// Shut in, read, tell gaps on stderr. Set line, paths and what is wanted of options.
struct event_run {
    const struct command_line *line;
    const char *const *paths;
    size_t path_count;
    struct pipeline_options options;
};

enum exit_code event_run(struct event_run *run,
                         bool (*event)(void *context, const struct event *event, struct slice host,
                                       struct slice path),
                         void *context);

#endif
