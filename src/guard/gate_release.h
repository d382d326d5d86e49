// The release in force, as the gate sees it
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_GATE_RELEASE_H
#define GUARD_GATE_RELEASE_H

#include "base/buffer.h"
#include "guard/client.h"
#include "guard/content_store.h"
#include "guard/refusal.h"

#include <stdbool.h>
#include <stdint.h>

// A TUF client, and what was found with it so far. When a refresh fails, what was trusted before
// stays in force until its own end; then nothing is listed any more (REFUSAL_EXPIRED, or what kept
// the refresh from going well). All functions may be called from any thread; those that may wait
// for the network say so.
struct gate_release;

struct gate_release_options {
    const char *trusted;  // directory, holds root.json
    const char *metadata; // URL or directory
    const char *ledger;   // the same for the ledger; NULL: releases need not be in one
    const char
        *break_glass; // while this file exists, an end that has passed does not count; or NULL
};

enum {
    RELEASE_ROLE_SIZE = 64 // longer names are cut, for the log only
};

struct release_target {
    struct content_name name;
    char role[RELEASE_ROLE_SIZE];
    int64_t versions[METADATA_TYPE_COUNT];
    int64_t tlog_index; // -1: none
    bool break_glass;   // only so: its metadata has expired
    bool by_hash;       // asked for as "dir/<hash>.name" (TUF 1.0.34 6.2, consistent snapshots)
};

// The path that metadata lists, appended: what was asked for, without the hash of a target's name.
void release_target_path(struct slice asked, const struct release_target *target,
                         struct buffer *to);

// Begins with what is kept; *refusal then says what is wrong with it, which is no failure.
enum status gate_release_new(const struct gate_release_options *options,
                             struct gate_release **ret_release, struct refusal *refusal);
void gate_release_free(struct gate_release *release);

// Ask for new metadata; waits. *ret_changed: versions are others than before.
enum status gate_release_refresh(struct gate_release *release, bool *ret_changed,
                                 struct refusal *refusal);

enum release_look {
    RELEASE_LISTED,  // *ret_target
    RELEASE_REFUSED, // *refusal: unlisted, or expired and the like
    RELEASE_UNKNOWN, // not met so far: gate_release_find
};

// Out of memory only.
enum release_look gate_release_look(struct gate_release *release, struct slice path,
                                    struct release_target *ret_target, struct refusal *refusal);

// With the client; waits when delegated targets must be fetched. Never RELEASE_UNKNOWN.
enum release_look gate_release_find(struct gate_release *release, struct slice path,
                                    struct release_target *ret_target, struct refusal *refusal);

// The `number`-th path that was met and is listed, copied to `path` (which is emptied first);
// false when there are no more. What a refresh forgets is not met.
bool gate_release_next(struct gate_release *release, uint32_t *number, struct buffer *path,
                       struct release_target *ret_target);

// Versions in force now, for lines about no target.
void gate_release_versions(struct gate_release *release, int64_t ret_versions[METADATA_TYPE_COUNT]);

// The file of a name like "timestamp.json" or "7.targets.json" as it was verified, appended.
// STATUS_NOT_FOUND when the gate does not hold just that version.
enum status gate_release_metadata(struct gate_release *release, struct slice name,
                                  struct buffer *to);

#endif
