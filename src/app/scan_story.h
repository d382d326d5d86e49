// The campaigns of a scan, told and written
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_SCAN_STORY_H
#define APP_SCAN_STORY_H

#include "app/evidence_root.h"
#include "base/buffer.h"
#include "base/status.h"
#include "pipeline/pipeline.h"
#include "report/report.h"

#include <stdio.h>

enum {
    SCAN_STORY_FILES_MAX = 16
};

// One report; its form follows from the path's ending.
struct scan_story_file {
    const char *path;
    FILE *to;
    const struct report_form *form;
};

struct scan_story {
    struct scan_story_file files[SCAN_STORY_FILES_MAX];
    size_t file_count;
    char *root; // of the evidence, with its '/': paths are told without it
    struct evidence_names names;
    const struct verdict *verdicts; // not owned
    size_t verdict_count;
    const struct report_verdict *told; // all verdicts, as reports tell them; not owned
    size_t told_count;
    const char *tlp;
    const struct tally *tally; // NULL: findings are not told by rule
    struct reconstruction *made;
    struct evidence_coverage *coverage;
    struct cited cited;
};

// What a scan tells its story of, and where to.
struct scan_story_options {
    const char *const *reports;
    size_t report_count;
    const char *const *evidence;
    size_t evidence_count;
    const char *tlp; // of what is shared (TLP 2.0); NULL: red
};

// STATUS_USAGE: the ending of `path` names no form; those that do.
enum status scan_story_refuse(const char *path, struct problem *problem);

// Opens the reports before the sandbox closes. STATUS_USAGE for an ending that names no form.
enum status scan_story_open(struct scan_story *story, const struct scan_story_options *options,
                            struct problem *problem);

// Other directories than those of the operands: a case may hold more than is given now.
void scan_story_set_root(struct scan_story *story, const struct slice *directories, size_t count);

// Reconstructs, and writes the reports that are wanted. `text` is scratch.
enum status scan_story_tell(struct scan_story *story, struct pipeline_run *run, struct buffer *text,
                            struct problem *problem);

// What a report is made of, after scan_story_tell.
void scan_story_input(const struct scan_story *story, const struct pipeline_run *run,
                      struct source_names *ret_names, struct report_input *ret_input);

// What happened and what to do first; nothing before scan_story_tell.
void scan_story_show(const struct scan_story *story, const struct pipeline_run *run,
                     struct buffer *to);

// Before the run is freed.
void scan_story_done(struct scan_story *story);

#endif
