// What the owners have signed goes out
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REPOSITORY_PUBLISH_H
#define GUARD_REPOSITORY_PUBLISH_H

#include "guard/repository.h"

// The order is what makes it safe to be stopped anywhere and to begin again:
//
//     1 check     thresholds of the old and the new root, expiry, the guarded files' bytes
//     2 ledger    each change one entry; those that are there already are not written twice
//     3 public/   N.targets.json, N.snapshot.json, timestamp.json, and after it N.root.json
//     4 staged/   emptied
//
// Until timestamp.json is there clients see the release before. In a rotation the owners until
// now sign the list, too, and the online key until now what leads to it: a client takes the new
// release under the old root, and under the new one. Nothing is ever published that is not in the
// ledger.
struct publish_result {
    int64_t versions[METADATA_TYPE_COUNT];
    uint64_t logged; // new entries
    uint64_t ledger_size;
    bool fresh; // something staged went out; else only timestamp (and snapshot) were renewed
};

// `copy_files`: put copies below public/targets, named as clients with consistent snapshots ask.
// REFUSAL_THRESHOLD when signatures are missing, REFUSAL_HASH_MISMATCH when a guarded file is no
// longer what was signed, REFUSAL_EXPIRED.
enum status repository_publish(struct repository *repository, bool copy_files,
                               struct publish_result *ret_result, struct refusal *refusal);

// Sign anew what is published (timestamp, and snapshot when it is half over) and leave what is
// staged where it is: when that is refused, clients shall not be without a timestamp for it.
// REFUSAL_MISSING when nothing is published.
enum status repository_renew(struct repository *repository, struct publish_result *ret_result,
                             struct refusal *refusal);

#endif
