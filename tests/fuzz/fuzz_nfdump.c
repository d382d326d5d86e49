// Any bytes as flow records
// SPDX-License-Identifier: Apache-2.0
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_nfdump;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_text(&decoder_nfdump, slice_of(data, size));
    return 0;
}
