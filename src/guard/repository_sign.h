// What changes, in plain words, and who agrees
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REPOSITORY_SIGN_H
#define GUARD_REPOSITORY_SIGN_H

#include "guard/repository.h"

// What the staged files would change, for the people who sign: each owner, each file with its
// length, hash, first sight and who vouches for it, and who has signed so far.
enum status repository_explain(const struct repository *repository, struct buffer *to,
                               struct refusal *refusal);

// Sign all that is staged and that this key may sign; *ret_count files. STATUS_USAGE when the key
// is none of the owners' (or nothing is staged).
enum status repository_sign(struct repository *repository, const struct secret_key *key,
                            uint32_t *ret_count, struct refusal *refusal);

// Whether the owner of the key signed the published root: else somebody may have put another
// repository in its place, and the signer should compare.
bool repository_is_signed_by(const struct repository *repository, const struct secret_key *key);

// Take over signatures that were made on another copy (a repository's directory, or its staged/).
enum status repository_merge(struct repository *repository, const char *path, uint32_t *ret_count,
                             struct refusal *refusal);

// Names of the role's keys that signed, and how many of how many are needed: "alice, bob (2 of 2)".
// `role` is out of `delegator`. Returns whether they are enough.
bool repository_append_signers(const struct metadata *delegator, enum metadata_type role,
                               const struct metadata *of, struct buffer *to);

#endif
