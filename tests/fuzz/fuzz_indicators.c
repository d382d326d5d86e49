// Lists of indicators: plain, CSV, STIX, MISP
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/json.h"
#include "base/memory.h"
#include "match/indicator_set.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct problem problem;
    struct indicators *set;
    struct indicator_options options = {.path_count = 0};
    if (indicators_new(&options, &set, &problem) != STATUS_OK)
        return 0;
    set->files = memory_new(1, sizeof *set->files);
    set->files[0] = SLICE("fuzz");
    set->file_count = 1;
    uint8_t *bytes = memory_new(size + JSON_PADDING, 1);
    if (size)
        memcpy(bytes, data, size);
    struct indicator_reader reader = {.set = set, .problem = &problem};
    buffer_init(&reader.text, 4 * INDICATOR_TEXT_MAX);
    buffer_init(&reader.key, 4 * INDICATOR_TEXT_MAX);
    indicator_read_json(&reader, slice_of(bytes, size));
    indicator_read_lines(&reader, slice_of(bytes, size));
    buffer_done(&reader.text);
    buffer_done(&reader.key);
    memory_free(bytes);
    if (set->count)
        fuzz_understood();
    indicators_free(set);
    return 0;
}
