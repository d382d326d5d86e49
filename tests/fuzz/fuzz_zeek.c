// Any bytes as Zeek's tables
// SPDX-License-Identifier: Apache-2.0
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_zeek;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_text(&decoder_zeek, slice_of(data, size));
    return 0;
}
