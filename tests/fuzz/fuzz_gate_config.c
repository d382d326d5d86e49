// Any bytes as the gate's configuration
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/gate_config.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is taken has all that is needed and no number that is none; what no rule names is denied.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const PATHS[] = {"", "p/a/b.exe", "metadata/root.json", "check", "../x"};
    struct gate_config config;
    struct problem problem = {0};
    if (gate_config_read(slice_of(data, size), &config, &problem) != STATUS_OK) {
        assert(problem.text[0]);
        return 0;
    }
    fuzz_understood();
    assert(config.listen && config.origin && config.store && config.metadata && config.trusted);
    assert(config.refresh_seconds && config.fetch_seconds && config.fetches && config.connections);
    for (size_t i = 0; i < ARRAY_SIZE(PATHS); i++) {
        struct slice path = slice_of_string(PATHS[i]);
        bool named = false;
        for (uint32_t n = 0; n < config.rule_count; n++)
            named = named || gate_pattern_matches(config.rules[n].pattern, path);
        assert(named || gate_config_class(&config, path) == GATE_DENY);
    }
    gate_config_done(&config);
    return 0;
}
