// Any bytes as a access log
// SPDX-License-Identifier: Apache-2.0
#include "fuzz_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct decoder decoder_access_log;

static bool line_is_silent(struct slice line, uint64_t number) {
    (void)number;
    return line.size == 0 || *line.data == '#';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return fuzz_lines_run(&decoder_access_log, data, size, line_is_silent);
}
