// Any bytes as a proxy's export
// SPDX-License-Identifier: Apache-2.0
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_proxy_csv;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_text(&decoder_proxy_csv, slice_of(data, size));
    return 0;
}
