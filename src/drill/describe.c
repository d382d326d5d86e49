// A scenario in words
// SPDX-License-Identifier: Apache-2.0
#include "drill/drill.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "drill/scenario.h"

#include <string.h>

enum {
    TEXT_MAX = 1 << 20
};

static const char *const verb_texts[STEP_VERB_COUNT] = {
#define STEP_VERB(name, word, keys, text) text,
#include "drill/step_verb.def"
#undef STEP_VERB
};

static const char *const round_texts[ROUND_COUNT] = {
#define LIFE_ROUND(name, word, text) text,
#include "drill/life_round.def"
#undef LIFE_ROUND
};

static void describe_step(struct buffer *text, const struct scenario_campaign *campaign,
                          const struct scenario_step *step) {
    buffer_append_format(
        text, "  day %3u  %-10s  %s (", (unsigned)(campaign->first_day + step->day),
        attack_stage_word(step->stage), step->text ? step->text : verb_texts[step->verb]);
    for (size_t i = 0; i < step->technique_count; i++)
        buffer_append_format(text, "%s%s", i ? ", " : "", step->techniques[i]);
    buffer_append_text(text, ")\n");
}

static void describe_campaign(struct buffer *text, const struct scenario_campaign *campaign,
                              uint64_t seed) {
    struct scenario_words drawn;
    scenario_draw(campaign, seed, NULL, &drawn);
    buffer_append_format(text, "\n%s\n", campaign->title);
    if (campaign->text)
        buffer_append_format(text, "  %s\n", campaign->text);
    if (drawn.count)
        buffer_append_text(text, "  this seed:");
    for (size_t i = 0; i < drawn.count; i++)
        buffer_append_format(text, "%s %s", i ? "," : "", drawn.items[i]);
    buffer_append_text(text, drawn.count ? "\n" : "");
    buffer_append_format(text, "  needs %u days\n",
                         (unsigned)scenario_days_needed(campaign, &drawn));
    for (size_t i = 0; i < campaign->step_count; i++)
        if (scenario_step_plays(&campaign->steps[i], &drawn))
            describe_step(text, campaign, &campaign->steps[i]);
}

static void describe(struct buffer *text, const struct scenario *scenario, uint64_t seed) {
    buffer_append_format(text, "%s: %s\n", scenario->name, scenario->title);
    if (scenario->text)
        buffer_append_format(text, "%s\n", scenario->text);
    buffer_append_format(text,
                         "\n%u hosts at %zu sites, %u days unless told otherwise. Besides work:\n",
                         (unsigned)scenario->hosts, scenario->site_count, (unsigned)scenario->days);
    for (size_t i = 0; i < scenario->life.round_count; i++) {
        const struct scenario_round *round = &scenario->life.rounds[i];
        buffer_append_format(text, "  every %u day%s, from day %u: %s\n",
                             (unsigned)round->every_days, round->every_days == 1 ? "" : "s",
                             (unsigned)round->first_day, round_texts[round->kind]);
    }
    for (size_t i = 0; i < scenario->campaign_count; i++)
        describe_campaign(text, &scenario->campaigns[i], seed);
    if (scenario->campaign_count == 0)
        buffer_append_text(text, "\nNobody who means harm: whatever is found is wrong.\n");
}

enum status drill_describe(const char *path, uint64_t seed, char **ret_text,
                           struct problem *problem) {
    struct scenario *scenario;
    enum status status = scenario_read_file(path, &scenario, problem);
    if (status != STATUS_OK)
        return status;
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    describe(&text, scenario, seed);
    *ret_text = memory_keep_text(text.data, text.size);
    buffer_done(&text);
    scenario_free(scenario);
    return STATUS_OK;
}
