// What a call that can fail returns
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdarg.h>
#include <stdint.h>

// One list for the whole program. Broken evidence is not among them: that is a gap
// (model/gap.h), counted and reported, and reading goes on.
enum status {
    STATUS_OK = 0,
    STATUS_USAGE,       // the caller's words are off (command line, configuration)
    STATUS_FORMAT,      // the bytes are not what their format says
    STATUS_LIMIT,       // a ceiling of ours was reached; nothing was written
    STATUS_NOT_FOUND,   // no such file, record, rule
    STATUS_SYSTEM,      // the machine said no: disk, memory, permission
    STATUS_UNSUPPORTED, // well-formed, but not something we read
    STATUS_INTERRUPTED, // the user asked to stop
};

enum {
    PROBLEM_TEXT_SIZE = 512
};

// Source position and text of one failed call. Lives on the caller's stack; written only
// on failure. `at` is a byte offset or a line number, as `unit` says.
struct problem {
    enum status status;
    enum problem_unit {
        PROBLEM_NOWHERE,
        PROBLEM_OFFSET,
        PROBLEM_LINE
    } unit;
    uint64_t at;
    char text[PROBLEM_TEXT_SIZE];
};

// Fill `problem` (may be NULL) and return `status`, so that a failing call is one line:
//     return problem_set(problem, STATUS_FORMAT, "chunk %u: bad magic", n);
enum status problem_set(struct problem *problem, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same with a position. `at` is a byte offset, or a line number counted from 1.
enum status problem_set_offset(struct problem *problem, enum status status, uint64_t at,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));
enum status problem_set_line(struct problem *problem, enum status status, uint64_t line,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));

// The C library's errno in words, after the caller's own: "open /x: Permission denied".
enum status problem_set_errno(struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Short lower-case word for a status ("format", "limit"); static storage.
const char *status_name(enum status status);

#endif
