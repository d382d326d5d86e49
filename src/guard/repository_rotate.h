// Owners come and go
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REPOSITORY_ROTATE_H
#define GUARD_REPOSITORY_ROTATE_H

#include "guard/repository.h"

struct rotation {
    const char *const *add; // files with public keys
    size_t add_count;
    const char *const *remove; // owners by name, or by the first digits of their keyid
    size_t remove_count;
    uint32_t threshold; // 0: as it is; for a first root, more than half
    bool online;        // a new key for snapshot and timestamp
};

// Stage a root with these owners (version one higher, to be signed by the thresholds of the old
// owners and the new ones), and the list of files to be signed anew by them. A lost key is removed
// that way by those who are left. STATUS_USAGE when the threshold would be more than there are
// owners, or a name is not known.
enum status repository_rotate(struct repository *repository, const struct rotation *rotation,
                              struct refusal *refusal);

#endif
