// The TUF client from within: what refreshing and looking up share
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_CLIENT_INSIDE_H
#define GUARD_CLIENT_INSIDE_H

#include "guard/client.h"
#include "guard/trusted_set.h"

struct client {
    struct client_options options;
    char *directory;
    struct trusted_set *set; // NULL before the first refresh that succeeded
    struct arena names;      // of roles, while one target is looked for
};

// A refresh under way.
struct refresh {
    struct client *client;
    struct trusted_set *set;
    struct buffer bytes; // of the file at hand
    struct refusal *refusal;
    int lock; // of the client's directory
};

static inline size_t client_limit(size_t limit, size_t fallback) {
    return limit ? limit : fallback;
}

// Locks the client's directory; `set` is what is worked on, NULL for a new one. Refused with
// REFUSAL_SYSTEM; client_work_end only after STATUS_OK, and it leaves the set alone.
enum status client_work_begin(struct refresh *refresh, struct client *client,
                              struct trusted_set *set, struct refusal *refusal);
void client_work_end(struct refresh *refresh);

// Metadata of targets, kept or fetched: of the top (`delegator` and `role` NULL) or of a
// delegation. Lives as long as the set.
enum status client_load_targets(struct refresh *refresh, const struct metadata *delegator,
                                const struct metadata_role *role,
                                const struct metadata **ret_targets);

#endif
