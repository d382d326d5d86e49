// Any pattern for any path
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/delegation.h"
#include "guard/gate_config.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The input's first line is a pattern, the rest a path. A pattern without signs stands for itself.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *feed = size ? memchr(data, '\n', size) : NULL;
    if (!feed)
        return 0;
    struct slice pattern = slice_of(data, (size_t)(feed - data));
    struct slice path = slice_of(feed + 1, size - pattern.size - 1);
    bool plain = true;
    for (size_t i = 0; i < pattern.size; i++)
        plain = plain && !strchr("*?[", pattern.data[i]);
    bool delegated = delegation_path_matches(pattern, path);
    bool served = gate_pattern_matches(pattern, path);
    assert(!plain || (served == slice_equal(pattern, path)));
    assert(!plain || delegated == slice_equal(pattern, path));
    assert(gate_pattern_matches(SLICE("**"), path));
    if (delegated || served)
        fuzz_understood();
    return 0;
}
