// Scenario files from hostile hands
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/memory.h"
#include "drill/organisation.h"
#include "drill/scenario.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    HOSTS_MAX = 300 // more would only take time
};

// What is read can be drawn from and founded, or is refused in words.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct scenario *scenario = NULL;
    struct organisation *organisation = NULL;
    struct problem problem = {0};
    enum status status = scenario_read(slice_of(data, size), "fuzz.yml", &scenario, &problem);
    if (status != STATUS_OK) {
        if (!problem.text[0])
            abort();
        return 0;
    }
    fuzz_understood();
    for (size_t i = 0; i < scenario->campaign_count; i++) {
        struct scenario_words drawn;
        scenario_draw(&scenario->campaigns[i], size, NULL, &drawn);
        scenario_days_needed(&scenario->campaigns[i], &drawn);
    }
    struct organisation_options options = {.hosts = scenario->hosts < HOSTS_MAX ? scenario->hosts
                                                                                : HOSTS_MAX,
                                           .seed = size,
                                           .start_ns = scenario->start_ns,
                                           .end_ns = scenario->start_ns + 86400 * 1000000000ll};
    if (organisation_new(scenario, &options, &organisation, &problem) == STATUS_OK)
        organisation_free(organisation);
    scenario_free(scenario);
    return 0;
}
