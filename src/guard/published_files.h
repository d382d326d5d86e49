// The guarded files themselves, when they are published
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_PUBLISHED_FILES_H
#define GUARD_PUBLISHED_FILES_H

#include "guard/repository.h"

// Each release still has the bytes that were signed, the old ones too: REFUSAL_HASH_MISMATCH,
// REFUSAL_MISSING name the first that has not, and how many more. Nothing is checked on a machine
// that does not have the guarded directory.
enum status published_files_check(const struct repository *repository,
                                  const struct release_list *releases, struct refusal *refusal);

// Copy each release to public/targets/DIR/HASH.FILE, hashed while it is written. Copies that are
// there with the right length are kept.
enum status published_files_copy(const struct repository *repository,
                                 const struct release_list *releases, struct refusal *refusal);

#endif
