// Why the guard says no
// SPDX-License-Identifier: Apache-2.0
#include "guard/refusal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const WORDS[] = {
#define REFUSAL(id, word) word,
#include "guard/refusal.def"
#undef REFUSAL
};

const char *refusal_word(enum refusal_reason reason) {
    assert(reason < REFUSAL_COUNT);
    return WORDS[reason];
}

bool refusal_is_trouble(enum refusal_reason reason) {
    return reason == REFUSAL_FETCH || reason == REFUSAL_SYSTEM;
}

static enum status refusal_status(enum refusal_reason reason) {
    if (refusal_is_trouble(reason))
        return STATUS_SYSTEM;
    if (reason == REFUSAL_UNLISTED || reason == REFUSAL_MISSING)
        return STATUS_NOT_FOUND;
    return reason == REFUSAL_LENGTH ? STATUS_LIMIT : STATUS_FORMAT;
}

enum status refusal_set(struct refusal *refusal, enum refusal_reason reason, const char *format,
                        ...) {
    enum status status = refusal_status(reason);
    if (refusal) {
        char text[PROBLEM_TEXT_SIZE];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        refusal->reason = reason;
        problem_set(&refusal->problem, status, "%s", text);
    }
    return status;
}

enum status refusal_wrap(struct refusal *refusal, enum refusal_reason reason,
                         const struct problem *problem) {
    if (refusal) {
        refusal->reason = reason;
        refusal->problem = *problem;
    }
    return problem->status;
}
