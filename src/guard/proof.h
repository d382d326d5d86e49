// Proofs that stand alone: tlog-proof files
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_PROOF_H
#define GUARD_PROOF_H

#include "guard/checkpoint.h"
#include "guard/merkle.h"

// C2SP tlog-proof@v1:
//
//     c2sp.org/tlog-proof@v1
//     extra BASE64            (here: the entry itself)
//     index 17
//     BASE64                  one line a hash, from the leaf towards the root
//
//     the checkpoint, a signed note
enum {
    PROOF_BYTES_MAX = 3 * 64 * 1024
};

struct proof {
    uint64_t index;
    struct merkle_proof path;
    struct slice note;   // points into the file
    struct buffer extra; // decoded; empty when there was none
};

void proof_init(struct proof *proof);
void proof_done(struct proof *proof);

// STATUS_FORMAT when it is none. Nothing has been verified yet.
enum status proof_read(struct slice file, struct proof *ret_proof, struct problem *problem);
void proof_format(const struct proof *proof, struct buffer *to);

// The ledger signed the checkpoint, and the entry is in its tree: STATUS_FORMAT if not.
enum status proof_verify(const struct proof *proof, const struct note_verifier *ledger,
                         struct slice entry, struct checkpoint *ret_checkpoint,
                         struct problem *problem);

#endif
