// The TUF client: refresh, find, download
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_CLIENT_H
#define GUARD_CLIENT_H

#include "base/buffer.h"
#include "guard/metadata.h"
#include "guard/refusal.h"

#include <stdbool.h>
#include <stdint.h>

// The client workflow of TUF 1.0.34, section 5, over a directory of trusted metadata:
//
//     DIR/root.json timestamp.json snapshot.json targets.json <role, percent-encoded>.json
//     DIR/clock      the latest time seen, so that a clock set back is noticed
//
// Files are kept byte for byte as received and replaced by rename after fsync. The directory is
// locked while a client works on it.
struct client;

// Where bytes come from. `path` is relative to the repository's metadata ("2.root.json",
// "timestamp.json"), percent-encoded. Append at most `length_max` bytes to `to`. REFUSAL_MISSING:
// there is no such file; REFUSAL_LENGTH: it is longer; REFUSAL_FETCH: the network.
struct client_source {
    void *context;
    enum status (*fetch)(void *context, const char *path, size_t length_max, struct buffer *to,
                         struct refusal *refusal);
};

// 0 means the default that stands behind it.
struct client_limits {
    size_t root_bytes_max;       // 512,000
    size_t timestamp_bytes_max;  // 16,384
    size_t snapshot_bytes_max;   // 16 MiB, when timestamp.json does not say
    size_t targets_bytes_max;    // 64 MiB, when snapshot.json does not say; 100,000 targets: 15 MB
    uint32_t root_rotations_max; // 256 in one refresh
    uint32_t delegations_max;    // 32 roles visited for one target
};

struct client_options {
    const char *directory; // of the trusted metadata
    struct client_source source;
    struct client_limits limits;
    int64_t now_ns; // for tests; CLOCK_NONE: the machine's clock, read at each refresh
};

// Make DIR/root.json out of a root that the caller trusts (shipped with the software). Refused
// when its own threshold does not hold. No network.
enum status client_install_root(const char *directory, struct slice root, struct refusal *refusal);

struct client *client_new(const struct client_options *options);
void client_free(struct client *client);

// Bring root, timestamp, snapshot and targets up to date (5.3 to 5.6). On failure what was
// trusted before is still trusted (client_find goes on with it) and kept, as far as the
// specification has it so.
enum status client_refresh(struct client *client, struct refusal *refusal);

// Without any fetch: what DIR holds, verified; expired metadata is refused.
enum status client_open_kept(struct client *client, struct refusal *refusal);

// A target that is signed. Slices live until the next refresh, or client_free.
struct client_target {
    struct slice path; // as the metadata has it
    struct metadata_file file;
    struct slice role; // which lists it: "targets", or the name of a delegation
    int64_t targets_version;
};

// Look a path up, fetching delegated targets as needed (5.6.7): REFUSAL_UNLISTED when none lists
// it. After a client_refresh or client_open_kept that succeeded.
enum status client_find(struct client *client, struct slice path, struct client_target *ret_target,
                        struct refusal *refusal);

enum {
    CLIENT_LIST_BINS_BITS_MAX = 16,
};

struct client_listing {
    void *context;
    enum status (*take)(void *context, const struct client_target *target, struct refusal *refusal);
    // A role that is delegated to, but could not be had, and why: what it lists is not known. More
    // than once when several delegate to it.
    void (*lacking)(void *context, struct slice role, const struct refusal *why);
};

// Every target that client_find would find, each once, top-level ones first: all delegations are
// walked, and a path counts only in the role where the search for it ends. More than 2^16 bins of
// one role are not walked (`lacking`). After a client_refresh or client_open_kept that succeeded;
// fails with what `take` gives, or REFUSAL_SYSTEM.
enum status client_list(struct client *client, const struct client_listing *listing,
                        struct refusal *refusal);

// Versions in force, for logs; 0 where none.
int64_t client_version(const struct client *client, enum metadata_type type);

// The earliest end of root, timestamp, snapshot and targets: until then what was refreshed may
// be served.
int64_t client_expiry(const struct client *client);

// What is trusted of a type; NULL before refresh.
const struct metadata *client_metadata(const struct client *client, enum metadata_type type);

// Where a target lies below the targets' URL, appended to `to`: as its path says, and with
// consistent snapshots with the hash before the file's name ("dir/HASH.name").
void client_target_path(const struct client *client, const struct client_target *target,
                        struct buffer *to);

#endif
