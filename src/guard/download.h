// Get a target, checked while it is written
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_DOWNLOAD_H
#define GUARD_DOWNLOAD_H

#include "guard/client.h"
#include "guard/remote.h"

#include <stdint.h>

struct download_options {
    const char *directory; // existing
    const char *name;      // of the file in it; NULL: the target's path, percent-encoded
    // Told about once a 256 KiB; may be NULL.
    void (*progress)(void *context, uint64_t done, uint64_t size);
    void *context;
};

// Get a target and check it while it is written. What a broken transfer left (".NAME.part") is
// gone on with; what turns out wrong is removed: under its name there is only ever a file that was
// signed. A file that is there already with the right bytes is left alone. REFUSAL_HASH_MISMATCH,
// REFUSAL_LENGTH, REFUSAL_MISSING, REFUSAL_FETCH, REFUSAL_SYSTEM. `ret_name` (may be NULL) takes
// the name below the directory.
enum status download_target(struct remote *remote, const struct client *client,
                            const struct client_target *target,
                            const struct download_options *options, struct buffer *ret_name,
                            struct refusal *refusal);

// Whether the file's content is the target's.
enum status download_check_file(int fd, const struct client_target *target,
                                struct refusal *refusal);

#endif
