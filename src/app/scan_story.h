// The campaigns of a scan, told and written
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_SCAN_STORY_H
#define APP_SCAN_STORY_H

#include "base/buffer.h"
#include "base/status.h"
#include "pipeline/pipeline.h"
#include "report/report.h"

#include <stdio.h>

struct scan_story {
    const char *path; // of the report, or NULL
    FILE *to;
    struct reconstruction *made;
    struct evidence_coverage *coverage;
    struct cited cited;
};

// Opens the report before the sandbox closes; `path` may be NULL.
enum status scan_story_open(struct scan_story *story, const char *path, struct problem *problem);

// Reconstructs, and writes the report when one is wanted. `text` is scratch.
enum status scan_story_tell(struct scan_story *story, struct pipeline_run *run, struct buffer *text,
                            struct problem *problem);

// What happened and what to do first; nothing before scan_story_tell.
void scan_story_show(const struct scan_story *story, const struct pipeline_run *run,
                     struct buffer *to);

// Before the run is freed.
void scan_story_done(struct scan_story *story);

#endif
