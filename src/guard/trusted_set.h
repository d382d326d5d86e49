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
// targets. A file that is refused leaves everything as it was, unless said otherwise. Metadata
// kept from last time goes in by the same doors. Not thread-safe.
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

// `kept`: its length and hashes need not be those of the timestamp (it may be an old one). One
// whose version is not the timestamp's, or that is expired, is kept for comparison, but refused.
enum status trusted_set_snapshot(struct trusted_set *set, struct slice bytes, bool kept,
                                 struct refusal *refusal);

// The top-level targets, or delegated ones: `role` as its `delegator` names it; both NULL for the
// top. Nothing is believed because it was believed by way of another delegator: a role that was
// loaded before is verified against this one, and `bytes` is not looked at. *ret_targets lives
// as long as the set.
enum status trusted_set_targets(struct trusted_set *set, const struct metadata *delegator,
                                const struct metadata_role *role, struct slice bytes,
                                const struct metadata **ret_targets, struct refusal *refusal);

// Whether a role of targets was loaded.
bool trusted_set_has(const struct trusted_set *set, struct slice role);

// Targets that were loaded, in that order, the top-level ones first; NULL behind the last.
const struct metadata *trusted_set_loaded(const struct trusted_set *set, size_t number);

// The role of targets that are loaded; NULL when they are not. Lives as long as the set.
const char *trusted_set_role(const struct trusted_set *set, const struct metadata *targets);

// What the snapshot says of a role's file: REFUSAL_FORMAT when it says nothing.
enum status trusted_set_meta(const struct trusted_set *set, struct slice role,
                             struct metadata_file *ret_file, struct refusal *refusal);

// Whether the keys of timestamp or snapshot changed with the last root: what was kept of both is
// to be forgotten then, so that versions driven up by thieves can be left behind (5.3.11).
bool trusted_set_rotated(const struct trusted_set *set);

// What is trusted; NULL before it was loaded. Lives until it is replaced by a newer one.
const struct metadata *trusted_set_get(const struct trusted_set *set, enum metadata_type type);

int64_t trusted_set_now(const struct trusted_set *set);

#endif
