// What the truth keeps while an attack is made
// SPDX-License-Identifier: Apache-2.0
#include "drill/truth_record.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    THINGS_MAX = 1 << 20,
    THINGS_BYTES_MAX = 64 << 20
};

struct truth *truth_new(const struct scenario *scenario, const struct organisation *organisation) {
    struct truth *truth = memory_new(1, sizeof *truth);
    truth->scenario = scenario;
    truth->organisation = organisation;
    intern_init(&truth->texts, THINGS_MAX, THINGS_BYTES_MAX);
    for (size_t i = 0; i < scenario->campaign_count; i++) {
        struct truth_campaign *campaign = &truth->campaigns[i];
        campaign->states = memory_new(organisation->host_count, 1);
        campaign->parents = memory_new(organisation->host_count, sizeof(uint32_t));
        for (size_t j = 0; j < organisation->host_count; j++)
            campaign->parents[j] = DEED_NO_HOST;
        campaign->entry = DEED_NO_HOST;
    }
    return truth;
}

void truth_free(struct truth *truth) {
    if (!truth)
        return;
    for (size_t i = 0; i < SCENARIO_CAMPAIGNS_MAX; i++) {
        memory_free(truth->campaigns[i].states);
        memory_free(truth->campaigns[i].parents);
        memory_free(truth->campaigns[i].things);
    }
    intern_done(&truth->texts);
    memory_free(truth->steps);
    memory_free(truth->by_serial);
    memory_free(truth);
}

uint32_t truth_add_step(struct truth *truth, const struct truth_step *step) {
    if (truth->step_count == truth->step_capacity) {
        truth->step_capacity = truth->step_capacity ? 2 * truth->step_capacity : 256;
        truth->steps = memory_resize(truth->steps, truth->step_capacity, sizeof *truth->steps);
    }
    truth->steps[truth->step_count] = *step;
    return (uint32_t)truth->step_count++;
}

void truth_extend_step(struct truth *truth, uint32_t number, int64_t time_ns,
                       uint64_t volume_bytes) {
    assert(number < truth->step_count);
    struct truth_step *step = &truth->steps[number];
    if (time_ns < step->first_ns)
        step->first_ns = time_ns;
    if (time_ns > step->last_ns)
        step->last_ns = time_ns;
    step->volume_bytes += volume_bytes;
}

void truth_mark_host(struct truth *truth, uint32_t number, uint32_t host, enum truth_state state,
                     uint32_t parent) {
    struct truth_campaign *campaign = &truth->campaigns[number];
    if (campaign->states[host] >= (uint8_t)state)
        return;
    campaign->states[host] = (uint8_t)state;
    campaign->parents[host] = parent;
    if (state == TRUTH_COMPROMISED && parent == DEED_NO_HOST && campaign->entry == DEED_NO_HOST)
        campaign->entry = host;
}

bool truth_touches(const struct truth *truth, uint32_t host) {
    for (size_t i = 0; i < truth->scenario->campaign_count; i++)
        if (truth->campaigns[i].states[host] != TRUTH_UNTOUCHED)
            return true;
    return false;
}

void truth_add_thing(struct truth *truth, uint32_t number, enum truth_thing thing,
                     struct slice text) {
    struct truth_campaign *campaign = &truth->campaigns[number];
    uint32_t kept = intern_add(&truth->texts, text);
    if (kept == INTERN_FULL || text.size == 0)
        return;
    for (size_t i = 0; i < campaign->thing_count; i++)
        if (campaign->things[i].text == kept && campaign->things[i].thing == thing)
            return;
    if (campaign->thing_count == campaign->thing_capacity) {
        campaign->thing_capacity = campaign->thing_capacity ? 2 * campaign->thing_capacity : 32;
        campaign->things =
            memory_resize(campaign->things, campaign->thing_capacity, sizeof *campaign->things);
    }
    campaign->things[campaign->thing_count].thing = thing;
    campaign->things[campaign->thing_count++].text = kept;
}

void truth_add_variant(struct truth *truth, uint32_t number, struct slice word) {
    struct truth_campaign *campaign = &truth->campaigns[number];
    uint32_t kept = intern_add(&truth->texts, word);
    if (campaign->variant_count < SCENARIO_VARIANTS_MAX && kept != INTERN_FULL)
        campaign->variants[campaign->variant_count++] = kept;
}

static int compare_serials(const void *a, const void *b, void *context) {
    const struct truth *truth = context;
    uint64_t one = truth->deeds[*(const uint32_t *)a].serial;
    uint64_t other = truth->deeds[*(const uint32_t *)b].serial;
    return one < other ? -1 : one > other;
}

void truth_know_deeds(struct truth *truth, const struct deed *deeds, size_t count) {
    assert(!truth->by_serial && count < UINT32_MAX);
    truth->deeds = deeds;
    truth->deed_count = count;
    truth->by_serial = memory_new(count + 1, sizeof *truth->by_serial);
    for (uint32_t i = 0; i < count; i++)
        truth->by_serial[i] = i;
    if (count)
        qsort_r(truth->by_serial, count, sizeof *truth->by_serial, compare_serials, truth);
}

const struct deed *truth_find_deed(const struct truth *truth, uint64_t serial) {
    size_t low = 0, high = truth->deed_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct deed *deed = &truth->deeds[truth->by_serial[middle]];
        if (deed->serial == serial)
            return deed;
        if (deed->serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
