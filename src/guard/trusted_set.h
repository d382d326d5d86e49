// What a client believes so far, and why
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_TRUSTED_SET_H
#define GUARD_TRUSTED_SET_H

#include "guard/metadata.h"
#include "guard/refusal.h"

#include <stdbool.h>
#include <stdint.h>

// The rules of TUF 1.0.34, 5.3 to 5.6, on bytes that somebody has fetched or kept: no network, no
// disk. Files go in in their order: root, its successors, timestamp, snapshot, targets, delegated
// targets. A file that is refused leaves everything as it was.
//
// Metadata kept from last time goes in by the same doors: it may be expired then (5.3.11: only
// what is trusted at the end must be fresh), and trusted_set_expiry says so. Not thread-safe.
struct trusted_set;

// `root`: the trusted root as shipped or kept; its own threshold must hold. `now_ns` is fixed
// from here on (5.1).
enum status trusted_set_new(struct slice root, int64_t now_ns, struct trusted_set **ret_set,
                            struct refusal *refusal);
void trusted_set_free(struct trusted_set *set);

// The next root: signed by the thresholds of the last one and its own, version one higher.
enum status trusted_set_root(struct trusted_set *set, struct slice bytes, struct refusal *refusal);

// REFUSAL_EXPIRED when the last root is (5.3.10). Afterwards no root is taken any more.
enum status trusted_set_root_end(struct trusted_set *set, struct refusal *refusal);

// *ret_new (may be NULL) says whether it is newer: an equal version leaves the old one in place.
// Refused: version or snapshot version gone back. An expired one is kept for comparison with
// those to come, but REFUSAL_EXPIRED.
enum status trusted_set_timestamp(struct trusted_set *set, struct slice bytes, bool *ret_new,
                                  struct refusal *refusal);

// `kept`: its hashes and version need not be those of the timestamp (an old one, for comparison).
enum status trusted_set_snapshot(struct trusted_set *set, struct slice bytes, bool kept,
                                 struct refusal *refusal);

// Targets, or delegated targets: `role` as its delegator names it. Verified against *this*
// delegator even if the role was loaded before by way of another one. `delegator` is NULL for
// the top: role "targets".
enum status trusted_set_targets(struct trusted_set *set, struct slice bytes,
                                const struct metadata *delegator, const struct metadata_role *role,
                                const struct metadata **ret_targets, struct refusal *refusal);

// What is trusted; NULL before it was loaded. Live until replaced.
const struct metadata *trusted_set_get(const struct trusted_set *set, enum metadata_type type);

#endif
