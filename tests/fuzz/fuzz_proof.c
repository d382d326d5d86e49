// Proof files from hostile hands
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/proof.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LEDGER_KEY "example.com/updates+5c5f11ca+ATAWc07TCDsMRHLc7Gy0PZxbwKumU110VmOSffLGLB9e"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct note_verifier ledger;
    struct checkpoint checkpoint;
    struct proof proof, second;
    struct slice input = slice_of(data, size);
    if (note_verifier_read(SLICE(LEDGER_KEY), &ledger, NULL) != STATUS_OK)
        abort();
    proof_init(&proof);
    proof_init(&second);
    if (proof_read(input, &proof, NULL) == STATUS_OK) {
        struct buffer again;
        buffer_init(&again, 2 * PROOF_BYTES_MAX);
        fuzz_understood();
        proof_verify(&proof, &ledger, buffer_slice(&proof.extra), &checkpoint, NULL);
        proof_format(&proof, &again);
        // An empty "extra" line is the only thing that is not written again.
        if (proof_read(buffer_slice(&again), &second, NULL) != STATUS_OK ||
            second.index != proof.index || second.path.count != proof.path.count ||
            !slice_equal(second.note, proof.note))
            abort();
        buffer_done(&again);
    }
    proof_done(&proof);
    proof_done(&second);
    return 0;
}
