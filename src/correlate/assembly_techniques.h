// ATT&CK techniques of a campaign, with their records
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_ASSEMBLY_TECHNIQUES_H
#define CORRELATE_ASSEMBLY_TECHNIQUES_H

#include "correlate/assembly.h"

enum {
    ASSEMBLY_TECHNIQUES_MAX = 256 // of a campaign; it is far more than any rule set's tags
};

// Techniques of one stage, or of a whole campaign. A technique stands on the records of the clues
// that show it, never on those of others of its stage. All zero: none. memory_free the mentions.
struct technique_row {
    struct technique_mention *mentions;
    uint32_t count, capacity;
};

// What a clue that is told in a stage shows.
void technique_row_add(struct technique_row *row, const struct clue *clue, enum stage stage,
                       int64_t begin_ns);

// "T1190, T1505.003" of one stage, the best shown first; puts what it has into `whole`.
struct slice technique_row_tell(struct assembly *assembly, struct technique_row *row,
                                struct technique_row *whole);

// Into the campaign, in the order of stages.
void technique_row_keep(struct assembly *assembly, const struct technique_row *whole,
                        struct campaign *campaign);

#endif
