// A repository made from nothing
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REPOSITORY_CREATE_H
#define GUARD_REPOSITORY_CREATE_H

#include "guard/metadata.h"
#include "guard/refusal.h"

struct repository_wish {
    const char *directory;             // made; must not hold a repository yet
    const char *content;               // the guarded directory, kept as an absolute path
    const char *ledger_name;           // "example.com/updates"
    int64_t days[METADATA_TYPE_COUNT]; // until a role must be signed anew
};

// Directories, the two online keys, an empty ledger, repository.json last. Nothing in the guarded
// directory is read, much less signed.
enum status repository_create(const struct repository_wish *wish, struct refusal *refusal);

#endif
