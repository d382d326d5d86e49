// Releases: what targets metadata says, to be changed
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_RELEASE_LIST_H
#define GUARD_RELEASE_LIST_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/digest.h"
#include "base/slice.h"
#include "guard/metadata.h"

#include <stdint.h>

// One file that may be given out. What hosts do not need, but signers want to see, is in the
// target's "custom" and so is signed with it.
struct release {
    struct slice path; // UTF-8, relative, '/' between
    int64_t length;
    uint8_t sha256[DIGEST_SHA256_SIZE];
    int64_t first_seen_ns; // when the owners' tool first saw these bytes; CLOCK_NONE: not said
    int64_t since;         // targets version that listed these bytes first; 0: not said
    struct slice vouched;  // "backup /mnt/backup", "named by the owners"
    bool removed;          // gone with the next settle
};

// In bytewise order of paths after release_list_settle.
struct release_list {
    struct arena arena;
    struct release *items;
    uint32_t count;
    uint32_t settled; // the first so many are in order
    uint32_t capacity;
};

void release_list_init(struct release_list *list);
void release_list_done(struct release_list *list);

// Everything that `targets` lists; NULL lists nothing. STATUS_UNSUPPORTED for a target without
// sha256 or length, and for delegations, which this tool does not write.
enum status release_list_read(struct release_list *list, const struct metadata *targets,
                              struct problem *problem);

// NULL when there is none; only settled ones are looked at.
struct release *release_list_find(const struct release_list *list, struct slice path);

// Add or, if the path is there, replace; slices are copied. STATUS_LIMIT when memory would pass
// its ceiling.
enum status release_list_put(struct release_list *list, const struct release *release,
                             struct problem *problem);
void release_list_settle(struct release_list *list);

// The differences between two settled lists, in order of paths.
enum change_kind {
    CHANGE_NEW,
    CHANGE_REPLACED,
    CHANGE_WITHDRAWN,
};
typedef enum status change_take(void *context, enum change_kind kind, const struct release *before,
                                const struct release *after, struct problem *problem);
enum status release_list_compare(const struct release_list *before,
                                 const struct release_list *after, change_take *take, void *context,
                                 struct problem *problem);

// The entry of the ledger, in canonical JSON. A release: {"kind":"release","length":1,
// "path":"...","sha256":"...","version":since}; a withdrawal the same with its kind and the targets
// version that no longer lists it.
void release_append_entry(const struct release *release, struct buffer *to);
void release_append_withdrawal(const struct release *release, int64_t version, struct buffer *to);

#endif
