// Checkpoints: what a ledger says of itself
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_CHECKPOINT_H
#define GUARD_CHECKPOINT_H

#include "guard/merkle.h"
#include "guard/note.h"

// C2SP tlog-checkpoint: a signed note whose text is the ledger's name (origin), its size in
// decimal and its root in base64, a line each; further lines are let through.
struct checkpoint {
    struct slice origin; // points into the note
    struct merkle_tree tree;
};

// The text alone. STATUS_FORMAT when it is none.
enum status checkpoint_read_text(struct slice text, struct checkpoint *ret_checkpoint,
                                 struct problem *problem);

// The note, signed by `ledger`, whose name must be the origin. STATUS_FORMAT otherwise.
enum status checkpoint_open(struct slice note, const struct note_verifier *ledger,
                            struct checkpoint *ret_checkpoint, struct problem *problem);

void checkpoint_format_text(const char *origin, const struct merkle_tree *tree, struct buffer *to);

#endif
