// Any bytes as a file of placeholders
// SPDX-License-Identifier: Apache-2.0
#include "fuzz_path.h"
#include "understood.h"

#include "match/sigma_parts.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is taken has a name of its own and a value at least.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sigma_placeholders placeholders;
    struct fuzz_path file;
    struct problem problem = {0};
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    fuzz_path_init(&file, data, size);
    const char *const paths[] = {file.path};
    struct ruleset_options options = {.placeholder_paths = paths, .placeholder_count = 1};
    if (sigma_placeholders_read(&placeholders, &options, &arena, &problem) == STATUS_OK) {
        for (size_t i = 0; i < placeholders.count; i++) {
            const struct sigma_placeholder *item = &placeholders.items[i];
            assert(item->count && sigma_placeholder_find(&placeholders, item->name) == item);
            fuzz_understood();
        }
    } else {
        assert(problem.text[0]);
    }
    fuzz_path_done(&file);
    arena_done(&arena);
    return 0;
}
