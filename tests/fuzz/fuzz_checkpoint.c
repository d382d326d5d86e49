// Checkpoints and ledger keys from hostile hands
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/checkpoint.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The key of the corpus, so that an untouched note is opened to its end.
#define LEDGER_KEY "example.com/updates+5c5f11ca+ATAWc07TCDsMRHLc7Gy0PZxbwKumU110VmOSffLGLB9e"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct note_verifier ledger;
    struct checkpoint checkpoint;
    struct buffer again;
    struct slice input = slice_of(data, size);
    if (note_verifier_read(SLICE(LEDGER_KEY), &ledger, NULL) != STATUS_OK)
        abort();
    if (checkpoint_open(input, &ledger, &checkpoint, NULL) == STATUS_OK)
        fuzz_understood();
    if (note_verifier_read(input, &ledger, NULL) == STATUS_OK) {
        fuzz_understood();
        buffer_init(&again, 2 * NOTE_BYTES_MAX);
        note_verifier_format(&ledger, &again);
        if (!slice_equal(buffer_slice(&again), input))
            abort();
        buffer_done(&again);
    }
    // Whatever is taken for a checkpoint says the same when it is written again.
    if (checkpoint_read_text(input, &checkpoint, NULL) == STATUS_OK) {
        struct checkpoint second;
        char origin[NOTE_NAME_SIZE];
        size_t length = checkpoint.origin.size;
        if (length >= sizeof origin || memchr(checkpoint.origin.data, '\0', length))
            return 0;
        memcpy(origin, checkpoint.origin.data, length);
        origin[length] = '\0';
        buffer_init(&again, 1024);
        checkpoint_format_text(origin, &checkpoint.tree, &again);
        if (checkpoint_read_text(buffer_slice(&again), &second, NULL) != STATUS_OK ||
            second.tree.size != checkpoint.tree.size)
            abort();
        buffer_done(&again);
    }
    return 0;
}
