// What a call that can fail returns
// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum status problem_fill(struct problem *problem, enum status status, enum problem_unit unit,
                                uint64_t at, const char *format, va_list arguments)
    __attribute__((format(printf, 5, 0)));

static enum status problem_fill(struct problem *problem, enum status status, enum problem_unit unit,
                                uint64_t at, const char *format, va_list arguments) {
    if (problem) {
        problem->status = status;
        problem->unit = unit;
        problem->at = at;
        vsnprintf(problem->text, sizeof problem->text, format, arguments);
    }
    return status;
}

enum status problem_set(struct problem *problem, enum status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    problem_fill(problem, status, PROBLEM_NOWHERE, 0, format, arguments);
    va_end(arguments);
    return status;
}

enum status problem_set_offset(struct problem *problem, enum status status, uint64_t at,
                               const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    problem_fill(problem, status, PROBLEM_OFFSET, at, format, arguments);
    va_end(arguments);
    return status;
}

enum status problem_set_line(struct problem *problem, enum status status, uint64_t line,
                             const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    problem_fill(problem, status, PROBLEM_LINE, line, format, arguments);
    va_end(arguments);
    return status;
}

enum status problem_set_errno(struct problem *problem, const char *format, ...) {
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    problem_fill(problem, STATUS_SYSTEM, PROBLEM_NOWHERE, 0, format, arguments);
    va_end(arguments);
    if (problem) {
        size_t used = strlen(problem->text);
        snprintf(problem->text + used, sizeof problem->text - used, ": %s", strerror(error));
        if (error == ENOENT || error == ENOTDIR)
            problem->status = STATUS_NOT_FOUND;
    }
    return error == ENOENT || error == ENOTDIR ? STATUS_NOT_FOUND : STATUS_SYSTEM;
}

const char *status_name(enum status status) {
    switch (status) {
    case STATUS_OK:
        return "ok";
    case STATUS_USAGE:
        return "usage";
    case STATUS_FORMAT:
        return "format";
    case STATUS_LIMIT:
        return "limit";
    case STATUS_NOT_FOUND:
        return "not found";
    case STATUS_SYSTEM:
        return "system";
    case STATUS_UNSUPPORTED:
        return "unsupported";
    case STATUS_INTERRUPTED:
        return "interrupted";
    }
    return "unknown";
}
