// What the seed draws of a scenario
// SPDX-License-Identifier: Apache-2.0
#include "drill/scenario.h"

#include <string.h>

static bool holds(const struct scenario_words *words, const char *word) {
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

void scenario_draw(const struct scenario_campaign *campaign, uint64_t seed,
                   const struct scenario_words *wanted, struct scenario_words *ret_drawn) {
    struct dice dice;
    dice_init(&dice, seed, 0xD7A3);
    ret_drawn->count = 0;
    for (size_t i = 0; i < campaign->choice_count; i++) {
        const struct scenario_words *words = &campaign->choices[i].words;
        const char *drawn = words->items[dice_below(&dice, (uint32_t)words->count)];
        for (size_t j = 0; j < words->count && wanted; j++)
            if (holds(wanted, words->items[j]))
                drawn = words->items[j];
        ret_drawn->items[ret_drawn->count++] = drawn;
    }
}

bool scenario_step_plays(const struct scenario_step *step, const struct scenario_words *drawn) {
    for (size_t i = 0; i < step->when.count; i++)
        if (!holds(drawn, step->when.items[i]))
            return false;
    for (size_t i = 0; i < step->unless.count; i++)
        if (holds(drawn, step->unless.items[i]))
            return false;
    return true;
}

// A step in the evening, spread over a day, reaches into the day after the next.
uint32_t scenario_days_needed(const struct scenario_campaign *campaign,
                              const struct scenario_words *drawn) {
    uint32_t needed = 0;
    for (size_t i = 0; i < campaign->step_count; i++) {
        const struct scenario_step *step = &campaign->steps[i];
        uint32_t days = campaign->first_day + step->day + 2 + step->spread_minutes / 1440;
        if (scenario_step_plays(step, drawn) && days > needed)
            needed = days;
    }
    return needed;
}
