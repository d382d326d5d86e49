// A scan whose results stay: -o CASE/
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_SCAN_CASE_H
#define APP_SCAN_CASE_H

#include "app/case_directory.h"
#include "app/command.h"
#include "app/scan_story.h"
#include "match/indicators.h"
#include "match/match.h"
#include "match/yara_scan.h"
#include "pipeline/pipeline.h"

struct scan_case {
    char *path; // without a '/' at its end; NULL: no case
    bool quiet;
    bool began; // something stands in run.log
    struct case_directory directory;
    char read_by[DIGEST_SHA256_HEX_SIZE];
    struct pipeline_keep keep;
};

// What --output means, what may not go with it, and mkdir. Before the sandbox.
enum status scan_case_init(struct scan_case *scan_case, const struct command_line *line,
                           struct problem *problem);
void scan_case_done(struct scan_case *scan_case);

// Opens the case in the sandbox; the pipeline's `keep` then. Does nothing without a case.
struct scan_case_rules {
    const struct ruleset *ruleset;
    const struct yara_rules *yara;       // NULL: none
    const struct indicators *indicators; // NULL: none
};
enum status scan_case_begin(struct scan_case *scan_case, const struct command_line *line,
                            const struct scan_case_rules *rules, struct scan_story *story,
                            struct problem *problem);

// After scan_story_tell: everything is written.
enum status scan_case_end(struct scan_case *scan_case, struct pipeline_run *run,
                          const struct scan_story *story, struct problem *problem);

// The last line of run.log.
void scan_case_log(struct scan_case *scan_case, enum exit_code code, double seconds);

// What to look at next, for the terminal.
void scan_case_show(const struct scan_case *scan_case, const struct pipeline_run *run,
                    struct buffer *to);

#endif
