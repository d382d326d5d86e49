// The release owners' repository
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REPOSITORY_H
#define GUARD_REPOSITORY_H

#include "guard/ledger.h"
#include "guard/metadata.h"
#include "guard/metadata_draft.h"
#include "guard/owner_set.h"
#include "guard/release_list.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

// One directory. All of it but online/ may travel: a signer takes a copy to a machine that is not
// connected, signs what is staged, and only the signatures come back.
//
//     repository.json   the guarded directory, the ledger's key, days until roles expire
//     book.json         each file of that directory, and when these bytes were first seen
//     online/           the keys that the publishing machine needs: online.key, ledger.key
//     staged/           what is to come: root.json, targets.json, with the signatures so far
//     public/metadata/  what clients fetch: N.root.json, N.targets.json, N.snapshot.json,
//                       timestamp.json (written last)
//     public/ledger/    checkpoint and tiles
//     public/targets/   copies of the files, if asked for: DIR/HASH.FILE
enum {
    REPOSITORY_FILE_BYTES_MAX = 128 * 1024 * 1024,
    REPOSITORY_WORDS_MAX = 1024,
};

struct repository {
    char directory[PATH_MAX];
    char content[PATH_MAX];
    struct note_verifier ledger;
    int64_t days[METADATA_TYPE_COUNT];
    int64_t now_ns;
    struct metadata *published[METADATA_TYPE_COUNT]; // verified; NULL: none yet
    struct metadata *before;                         // the root before the published one, or NULL
    struct metadata *staged[METADATA_TYPE_COUNT];    // root and targets only; NULL: none
    int lock;                                        // or -1
};

// Read all and verify what is published against its root. `write` holds the directory alone.
// REFUSAL_MISSING where there is no repository; refused: published metadata that was not signed.
enum status repository_open(const char *directory, bool write, struct repository *ret_repository,
                            struct refusal *refusal);
void repository_close(struct repository *repository);

// The root that the next release must meet: the staged one, else the published; may be NULL.
const struct metadata *repository_root(const struct repository *repository);

// The version that a staged file of the type has or will have.
int64_t repository_next_version(const struct repository *repository, enum metadata_type type);

// Any problem with its reason.
enum status repository_refuse(const struct problem *problem, struct refusal *refusal);

// DIRECTORY/name. STATUS_LIMIT when too long.
enum status repository_path(const struct repository *repository, const char *name,
                            char ret_path[PATH_MAX], struct problem *problem);
enum status repository_write(const struct repository *repository, const char *name,
                             struct slice bytes, unsigned mode, struct refusal *refusal);

// Replace what is staged of a type (root or targets), on the disk and here. Checked as metadata
// first: what cannot be read back is not written.
enum status repository_stage(struct repository *repository, enum metadata_type type,
                             struct slice bytes, struct refusal *refusal);

// What the staged files say now, or the published ones; both lists were initialised.
enum status repository_releases(const struct repository *repository, struct release_list *releases,
                                struct refusal *refusal);
enum status repository_owners(const struct repository *repository, struct owner_set *owners,
                              struct refusal *refusal);

// Stage a new targets or root file from these, without signatures: those of the draft before are
// lost, since what they signed is.
enum status repository_stage_targets(struct repository *repository, struct release_list *releases,
                                     struct refusal *refusal);
enum status repository_stage_root(struct repository *repository, const struct owner_set *owners,
                                  struct refusal *refusal);

// One of the two keys below online/.
enum status repository_online_key(const struct repository *repository, const char *name,
                                  struct secret_key *ret_key, struct refusal *refusal);

#endif
