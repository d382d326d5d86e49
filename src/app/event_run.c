// Reading events one by one for a command
// SPDX-License-Identifier: Apache-2.0
#include "app/event_run.h"

#include "app/interrupt.h"
#include "app/shut_in.h"
#include "base/buffer.h"
#include "base/text.h"
#include "report/report.h"

#include <stdio.h>

enum {
    EVENT_RUN_TEXT_MAX = 16 << 20
};

static void event_run_tell(const struct pipeline_run *run, const char *command) {
    struct buffer text;
    buffer_init(&text, EVENT_RUN_TEXT_MAX);
    size_t count;
    const struct gap_sum *gaps = pipeline_gaps(run, &count);
    for (size_t i = 0; i < count; i++) {
        buffer_append_format(&text, "vedette %s: ", command);
        report_append_gap(&text, &gaps[i], pipeline_source_path(run, gaps[i].source));
    }
    const struct slice *unknown = pipeline_unknown_paths(run, &count);
    for (size_t i = 0; i < count; i++) {
        buffer_append_format(&text, "vedette %s: ", command);
        text_append_terminal(&text, unknown[i]);
        buffer_append_text(&text, ": no known format\n");
    }
    if (text.size)
        fwrite(text.data, 1, text.size, stderr);
    buffer_done(&text);
}

enum exit_code event_run(struct event_run *run,
                         bool (*event)(void *context, const struct event *event, struct slice host,
                                       struct slice path),
                         void *context) {
    const char *command = run->line->command->name;
    run->options.paths = run->paths;
    run->options.path_count = run->path_count;
    run->options.threads = 1;
    run->options.spill_directory = shut_in_spill_directory();
    run->options.stop = interrupt_watch();
    struct shut_in paths = {.evidence = run->paths,
                            .evidence_count = run->path_count,
                            .spill_directory = run->options.spill_directory};
    const char *missing;
    struct problem problem;
    struct pipeline_run *pipeline;
    enum status status = shut_in_check_evidence(run->paths, run->path_count, &problem);
    if (status == STATUS_OK)
        status = shut_in_enter(&paths, &missing, &problem);
    if (status == STATUS_OK)
        status = pipeline_events(&run->options, event, context, &pipeline, &problem);
    if (status != STATUS_OK) {
        fprintf(stderr, "vedette %s: %s\n", command, problem.text);
        return status == STATUS_USAGE || status == STATUS_NOT_FOUND ? EXIT_USAGE : EXIT_TROUBLE;
    }
    event_run_tell(pipeline, command);
    if (missing)
        fprintf(stderr, "vedette %s: this kernel lacks part of the sandbox: %s\n", command,
                missing);
    size_t gaps;
    pipeline_gaps(pipeline, &gaps);
    bool nothing = pipeline_counts(pipeline)->files == 0;
    bool interrupted = pipeline_counts(pipeline)->interrupted;
    if (nothing)
        fprintf(stderr, "vedette %s: there was no evidence to read in what was given\n", command);
    if (interrupted)
        fprintf(stderr, "vedette %s: interrupted: not all evidence was read\n", command);
    pipeline_free(pipeline);
    return interrupted ? EXIT_INTERRUPTED : gaps || nothing ? EXIT_PARTIAL : EXIT_DONE;
}
