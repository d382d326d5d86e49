// The gate asks the ledger, too
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_GATE_LEDGER_H
#define GUARD_GATE_LEDGER_H

#include "guard/client.h"
#include "guard/ledger.h"

#include <stdint.h>

// The ledger of releases as a gate sees it: read anew after each new list, held against the
// checkpoint that was believed before, looked up for each target. Not thread-safe.
struct gate_ledger;

// `where`: URL or directory with checkpoint and tiles. `memory`: file for the newest checkpoint.
enum status gate_ledger_new(const char *where, const char *memory, struct gate_ledger **ret_ledger,
                            struct refusal *refusal);
void gate_ledger_free(struct gate_ledger *ledger);

// Read it, unless that was done for this version of targets. Its key is the one that the trusted
// root names ("x-vedette-ledger"): REFUSAL_NOT_LOGGED when it names none. When this fails what was
// read before still stands.
enum status gate_ledger_refresh(struct gate_ledger *ledger, const struct metadata *root,
                                int64_t targets_version, struct refusal *refusal);

// Where the target's release stands; REFUSAL_NOT_LOGGED when it does not.
enum status gate_ledger_find(const struct gate_ledger *ledger, const struct client_target *target,
                             int64_t *ret_index, struct refusal *refusal);

#endif
