// The upgrade server that nobody trusts
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_ORIGIN_H
#define GUARD_ORIGIN_H

#include "guard/content_store.h"
#include "guard/refusal.h"

#include <stdatomic.h>

// A URL or a directory. Not thread-safe: one for each thread.
struct origin;

// `seconds`: one file may take no longer, however its bytes come. *stop ends a fetch.
enum status origin_new(const char *place, unsigned seconds, const atomic_bool *stop,
                       struct origin **ret_origin, struct refusal *refusal);
void origin_free(struct origin *origin);

// Fetch what lies under a path (decoded, without the leading '/') and keep it in the store, when
// it is what `name` says. Nothing of it is kept otherwise: REFUSAL_HASH_MISMATCH (ret_sha256 is
// what the bytes were, and *ret_hashed says so), REFUSAL_LENGTH (at most one byte more than
// signed was read, or bytes are missing), REFUSAL_MISSING, REFUSAL_FETCH, REFUSAL_SYSTEM. Redirects
// are not followed, encodings not taken.
enum status origin_fetch(struct origin *origin, struct slice path, struct content_store *store,
                         const struct content_name *name, uint8_t ret_sha256[DIGEST_SHA256_SIZE],
                         bool *ret_hashed, struct refusal *refusal);

#endif
