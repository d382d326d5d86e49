// What was seen of a ledger before
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_LEDGER_MEMORY_H
#define GUARD_LEDGER_MEMORY_H

#include "guard/checkpoint.h"
#include "guard/refusal.h"

// The newest checkpoint that this client has believed is kept in one file. Every later one must
// continue it, or the ledger tells different stories: REFUSAL_LOG_FORK (or REFUSAL_ROLLBACK for
// one that is shorter), and both notes are kept as evidence in "<file>.fork-<16 digits>": signed by
// the ledger itself, they prove it.
struct ledger_memory {
    const char *path; // NULL: nothing is remembered
    const struct note_verifier *ledger;
};

// Whoever has the ledger proves that it has only grown.
struct ledger_prover {
    void *context;
    enum status (*prove)(void *context, uint64_t before, uint64_t size,
                         struct merkle_proof *ret_proof, struct problem *problem);
};

// `note` is the ledger's checkpoint now, `checkpoint` what it says, its signature verified. It is
// kept when it is newer and continues the one that was. `prover` NULL: whoever has only a proof in
// hand; then only checkpoints of one size are compared, and nothing newer is kept.
enum status ledger_memory_check(const struct ledger_memory *memory, struct slice note,
                                const struct checkpoint *checkpoint,
                                const struct ledger_prover *prover, struct refusal *refusal);

#endif
