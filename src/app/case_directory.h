// A case on disk: database, reports, log
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_CASE_DIRECTORY_H
#define APP_CASE_DIRECTORY_H

#include "app/command.h"
#include "app/scan_story.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

#include <stdbool.h>

// CASE/case.db, the reports under their own names (report_forms.def), and run.log: one line when a
// command that writes begins, one when it ends. The log alone tells times and is never the same
// twice.
struct case_directory {
    char *path;
    struct store *store;
    struct arena arena;                 // texts of directories and verdicts
    struct store_verdict *verdict_rows; // all that were given
    size_t verdict_row_count;
    struct report_verdict *told; // the same, as reports tell them
    struct verdict *verdicts;    // those that hold
    size_t verdict_count;
    int log_fd; // -1: not open
};

// Whether an operand of -o means a case: it ends in '/', or is a directory.
bool case_directory_is_meant(const char *output);

// mkdir, for its owner only, before the sandbox closes; its parent has to be there.
enum status case_directory_make(const char *path, struct problem *problem);

// In the sandbox. Nobody else can use the case until it is done.
enum status case_directory_open(struct case_directory *directory, const char *path,
                                enum store_access access, struct problem *problem);
void case_directory_done(struct case_directory *directory);

// A line of run.log with the time; what goes wrong with it is a problem only when it begins.
enum status case_directory_log_begin(struct case_directory *directory,
                                     const struct command_line *line, struct problem *problem);
void case_directory_log_end(struct case_directory *directory, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Where the evidence of all scans lay, and verdicts, into the story.
enum status case_directory_prepare(struct case_directory *directory, struct scan_story *story,
                                   struct problem *problem);

// After scan_story_tell, in a transaction that was begun, which is committed: all reports, then the
// story's rows in the database; with `results` also the findings and whatever else a scan gives.
enum status case_directory_write(struct case_directory *directory, struct pipeline_run *run,
                                 const struct scan_story *story, bool results,
                                 struct problem *problem);

// CASE/name. memory_free it.
char *case_directory_file(const struct case_directory *directory, const char *name);

#endif
