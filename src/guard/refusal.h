// Why the guard says no
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REFUSAL_H
#define GUARD_REFUSAL_H

#include "base/status.h"

#include <stdbool.h>

// One list for client, gate and audit; refusal.def gives the words that logs and exit texts use.
enum refusal_reason {
#define REFUSAL(id, word) REFUSAL_##id,
#include "guard/refusal.def"
#undef REFUSAL
    REFUSAL_COUNT
};

// What one failed call of the guard says: the reason for machines, the problem for people. Lives
// on the caller's stack; written only on failure.
struct refusal {
    enum refusal_reason reason;
    struct problem problem;
};

// Fill `refusal` (may be NULL). Returns the status that belongs to the reason, so that a failing
// call is one line: STATUS_SYSTEM for REFUSAL_SYSTEM and REFUSAL_FETCH, STATUS_NOT_FOUND for
// REFUSAL_UNLISTED, STATUS_LIMIT for REFUSAL_LENGTH, STATUS_FORMAT for what is untrue.
enum status refusal_set(struct refusal *refusal, enum refusal_reason reason, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

// Keep a problem that was set below (its status is returned), and give it its reason. `refusal`
// may be NULL.
enum status refusal_wrap(struct refusal *refusal, enum refusal_reason reason,
                         const struct problem *problem);

// "hash_mismatch"; static storage.
const char *refusal_word(enum refusal_reason reason);

// Whether the machine or the network failed, so that exit status 4 is right, rather than that
// something untrue was refused (exit status 1).
bool refusal_is_trouble(enum refusal_reason reason);

#endif
