// A stage on which one log writer plays alone
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_DRILL_LOG_STAGE_H
#define TESTS_DRILL_LOG_STAGE_H

#include "drill/log_writer.h"

enum {
    STAGE_DIRECTORY_SIZE = 64
};

// One company, one site, one host of each role (host number = role), the person erika.muster
// (account 0, whose workstation is host HOST_WORKSTATION) and the administrator adm.01
// (account 1). Monday 2 March 2026 on; local time is UTC+8.
struct log_stage {
    struct organisation organisation;
    struct company company;
    struct site site;
    struct host hosts[HOST_ROLE_COUNT];
    struct account accounts[2];
    struct log_choices choices;
    char directory[STAGE_DIRECTORY_SIZE];
    char log_directory[STAGE_DIRECTORY_SIZE];
    struct evidence *evidence;
    const struct log_writer *writer;
    struct log_site log_site;
    struct log *log;
    uint64_t serial;
};

#define STAGE_START 1772380800000000000ll // 2026-03-01T16:00:00Z: midnight there
#define STAGE_SECOND 1000000000ll

// Opens the writer's log on the host of that role; asserts that all goes well. `stage->choices`
// may be set between these two calls.
void log_stage_init(struct log_stage *stage);
void log_stage_open(struct log_stage *stage, const struct log_writer *writer, enum host_role role);

// A deed from one host to another with addresses and time filled in; step 0 when `attack`.
struct deed log_stage_deed(struct log_stage *stage, enum deed_kind kind, enum host_role from,
                           enum host_role to, bool attack);

// Asserts that the writer takes the kind at that place, and writes it.
void log_stage_tell(struct log_stage *stage, const struct deed *deed, enum log_place place);
void log_stage_clear(struct log_stage *stage, unsigned what);

// Closes the log; then files can be read and citations counted.
void log_stage_close(struct log_stage *stage);

// The text of "servers/mail/..." below the directory, NUL-terminated; memory_free it. Fails the
// test when it is not there, or not known to the evidence with this size.
char *log_stage_read(struct log_stage *stage, const char *path);

// Line `line` (from 1) of a text, copied into `ret_line`; false past the end.
bool log_stage_line(const char *text, size_t line, char *ret_line, size_t size);

// Removes everything.
void log_stage_done(struct log_stage *stage);

#endif
