// That a file was released, shown by its proof alone
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_RELEASE_PROOF_H
#define GUARD_RELEASE_PROOF_H

#include "guard/ledger_memory.h"
#include "guard/proof.h"
#include "guard/refusal.h"

// What is known of a file that somebody holds.
struct release_claim {
    uint8_t sha256[MERKLE_HASH_SIZE];
    int64_t length;
};

// What the ledger says of it.
struct release_told {
    char path[4096];
    int64_t version; // of targets, which listed it first
    uint64_t index, size;
};

// `file` is a tlog-proof whose extra data is the entry (release_list.h): the ledger signed it, the
// entry is in its tree, it is a release and no withdrawal, and of just these bytes. REFUSAL_FORMAT,
// REFUSAL_NOT_LOGGED (the proof does not hold), REFUSAL_HASH_MISMATCH (it is another file's).
// `memory` may be NULL; without the ledger itself it notices only two checkpoints of one size with
// different roots: REFUSAL_LOG_FORK. A withdrawal later on is not seen here.
enum status release_proof_verify(struct slice file, const struct note_verifier *ledger,
                                 const struct release_claim *claim,
                                 const struct ledger_memory *memory, struct release_told *ret_told,
                                 struct refusal *refusal);

#endif
