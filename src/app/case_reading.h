// A case as a command reads it
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_CASE_READING_H
#define APP_CASE_READING_H

#include "app/case_directory.h"
#include "app/command.h"
#include "app/scan_story.h"
#include "report/report.h"

#include <stdio.h>

// The case's results as a run again, and its story told: everything is made from the database, no
// evidence is read.
struct case_reading {
    const struct command_line *line;
    struct case_directory directory;
    struct pipeline_run *run;
    struct scan_story story;
    struct tally tally;
    struct buffer text; // what is to be printed
    FILE *to;           // --output, else standard output
    const char *to_name;
    struct problem problem;
};

// Opens --output (where the command has that option), then enters the sandbox, then opens the case
// that the first operand names. case_reading_done whatever it gives.
enum status case_reading_init(struct case_reading *reading, const struct command_line *line,
                              bool has_output);

// Findings, relations, campaigns; `tlp` NULL: as the scan was told.
enum status case_reading_tell(struct case_reading *reading, const char *tlp);

// What stands in `text` goes out.
enum status case_reading_flush(struct case_reading *reading);

// Ends it, says what went wrong, gives the exit code.
enum exit_code case_reading_done(struct case_reading *reading, enum status status);

#endif
