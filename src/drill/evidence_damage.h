// Files as disks and transports leave them
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVIDENCE_DAMAGE_H
#define DRILL_EVIDENCE_DAMAGE_H

#include "drill/evidence.h"

// Now and then (by the seed and the file's path) cuts a closed file off or blanks 4 KiB of it,
// and withdraws what went.
enum status evidence_damage(struct evidence *evidence, uint32_t file, uint64_t seed,
                            uint32_t damage_millionths, struct problem *problem);

#endif
