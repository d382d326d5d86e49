// The directory where a client keeps what it trusts
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_METADATA_STORE_H
#define GUARD_METADATA_STORE_H

#include "base/buffer.h"
#include "guard/refusal.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    STORE_NAME_MAX = 200, // of an encoded role, so that it is a file name everywhere
};

// A role's name as a file name, and as part of a URL: everything but A-Z a-z 0-9 _ . - ~ as %XX.
// Appended.
void store_encode_role(struct buffer *to, struct slice role);

// DIR/<role>.json, appended to `to`. REFUSAL_MISSING when it is not there.
enum status store_read(const char *directory, struct slice role, struct buffer *to,
                       struct refusal *refusal);

// Replace DIR/<role>.json. `durable`: it is on the disk afterwards; else it may be lost (not torn)
// with the machine's power.
enum status store_write(const char *directory, struct slice role, struct slice bytes, bool durable,
                        struct refusal *refusal);

enum status store_forget(const char *directory, struct slice role, struct refusal *refusal);

// DIR/clock: the latest time at which a refresh succeeded. REFUSAL_ROLLBACK when `now_ns` is more
// than STORE_CLOCK_SLACK_SECONDS before it: somebody may be trying to make old metadata fresh.
enum {
    STORE_CLOCK_SLACK_SECONDS = 3600
};
enum status store_clock_check(const char *directory, int64_t now_ns, struct refusal *refusal);
enum status store_clock_write(const char *directory, int64_t now_ns, struct refusal *refusal);

#endif
