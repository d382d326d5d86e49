// Any bytes as DHCP leases
// SPDX-License-Identifier: Apache-2.0
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_dhcp_leases;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_text(&decoder_dhcp_leases, slice_of(data, size));
    return 0;
}
