// The campaigns of a scenario file
// SPDX-License-Identifier: Apache-2.0
#include "drill/scenario_campaign.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define COUNT_MAX 1000000

static const struct {
    const char *word, *keys;
} verbs[STEP_VERB_COUNT] = {
#define STEP_VERB(name, word, keys, text) {word, keys},
#include "drill/step_verb.def"
#undef STEP_VERB
};

static const char *const stages[STAGE_COUNT] = {"entry",   "foothold",   "escalation", "delivery",
                                                "control", "collection", "theft",      "cover"};

// Reports call two of them otherwise; scenarios may, too.
static const struct {
    const char *word;
    enum attack_stage stage;
} stage_synonyms[] = {{"credentials", STAGE_ESCALATION}, {"spread", STAGE_DELIVERY}};

const char *step_verb_word(enum step_verb verb) {
    assert(verb < STEP_VERB_COUNT);
    return verbs[verb].word;
}

const char *attack_stage_word(enum attack_stage stage) {
    assert(stage < STAGE_COUNT);
    return stages[stage];
}

#define STEP(member) offsetof(struct scenario_step, member)
static const struct scenario_key step_keys[] = {
    {"id", KEY_TEXT, STEP(id), 0, true},
    {"do", KEY_OTHER, 0, 0, true},
    {"text", KEY_TEXT, STEP(text), 0, false},
    {"stage", KEY_OTHER, 0, 0, true},
    {"attack", KEY_OTHER, 0, 0, true},
    {"when", KEY_WORDS, STEP(when), 0, false},
    {"unless", KEY_WORDS, STEP(unless), 0, false},
    {"day", KEY_COUNT, STEP(day), SCENARIO_DAYS_MAX - 1, true},
    {"time", KEY_CLOCK, STEP(minute), 0, false},
    {"spread", KEY_COUNT, STEP(spread_minutes), 1440 * 30, false},
    {"from", KEY_OTHER, 0, 0, false},
    {"to", KEY_OTHER, 0, 0, false},
    {"company", KEY_OTHER, 0, 0, false},
    {"count", KEY_COUNT, STEP(count), COUNT_MAX, false},
    {"percent", KEY_COUNT, STEP(percent), 100, false},
    {"bytes", KEY_BYTES, STEP(bytes), 0, false},
    {"days", KEY_COUNT, STEP(days), 3660, false},
    {"items", KEY_COUNT, STEP(items), COUNT_MAX, false},
    {"success", KEY_COUNT, STEP(items), COUNT_MAX, false},
    {"victims", KEY_COUNT, STEP(victims), COUNT_MAX, false},
    {"path", KEY_TEXT, STEP(path), 0, false},
    {"name", KEY_TEXT, STEP(name), 0, false},
    {"account", KEY_TEXT, STEP(account), 0, false},
    {"chain", KEY_TEXT, STEP(chain), 0, false},
    {"through", KEY_TEXT, STEP(through), 0, false},
    {"methods", KEY_WORDS, STEP(methods), 0, false},
    {"words", KEY_WORDS, STEP(words), 0, false},
    {"what", KEY_WORDS, STEP(what), 0, false},
    {"ports", KEY_WORDS, STEP(ports), 0, false},
    {0},
};

// Keys that not every verb has.
static bool is_own_key(struct slice key) {
    static const char *const common[] = {"id",   "do",     "text",    "stage", "attack",
                                         "when", "unless", "day",     "time",  "spread",
                                         "from", "to",     "company", "count", "percent"};
    for (size_t i = 0; i < ARRAY_SIZE(common); i++)
        if (slice_equal_string(key, common[i]))
            return false;
    return true;
}

static bool verb_has_key(enum step_verb verb, struct slice key) {
    for (const char *word = verbs[verb].keys; *word; word += strspn(word, " ")) {
        size_t size = strcspn(word, " ");
        if (slice_equal(key, slice_of(word, size)))
            return true;
        word += size;
    }
    return false;
}

static enum status read_verb(const struct scenario_reader *reader, const struct yaml_node *node,
                             struct scenario_step *step) {
    struct slice word = yaml_text(node, "do");
    unsigned verb = 0, stage = 0;
    while (verb < STEP_VERB_COUNT && !slice_equal_string(word, verbs[verb].word))
        verb++;
    if (verb == STEP_VERB_COUNT)
        return scenario_refuse(reader, node->line, "no such thing to do: %.*s", (int)word.size,
                               (const char *)word.data);
    for (const struct yaml_node *child = node->first; child; child = child->next)
        if (is_own_key(child->key) && !verb_has_key(verb, child->key))
            return scenario_refuse(reader, child->key_line, "%s takes no %.*s", verbs[verb].word,
                                   (int)child->key.size, (const char *)child->key.data);
    struct slice stage_word = yaml_text(node, "stage");
    while (stage < STAGE_COUNT && !slice_equal_string(stage_word, stages[stage]))
        stage++;
    for (size_t i = 0; i < ARRAY_SIZE(stage_synonyms); i++)
        if (slice_equal_string(stage_word, stage_synonyms[i].word))
            stage = stage_synonyms[i].stage;
    if (stage == STAGE_COUNT)
        return scenario_refuse(reader, node->line, "no such stage: %.*s", (int)stage_word.size,
                               (const char *)stage_word.data);
    step->verb = verb;
    step->stage = stage;
    return STATUS_OK;
}

// "T1190", "T1505.003"
static bool is_technique(const char *text) {
    size_t size = strlen(text);
    if (text[0] != 'T' || (size != 5 && size != 9))
        return false;
    for (size_t i = 1; i < size; i++)
        if (i == 5 ? text[i] != '.' : text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

static enum status read_techniques(const struct scenario_reader *reader,
                                   const struct yaml_node *node, struct scenario_step *step) {
    struct scenario_words words;
    enum status status = scenario_read_words(reader, node, &words);
    if (status != STATUS_OK)
        return status;
    if (words.count > SCENARIO_TECHNIQUES_MAX)
        return scenario_refuse(reader, node->line, "more than %d techniques",
                               SCENARIO_TECHNIQUES_MAX);
    for (size_t i = 0; i < words.count; i++) {
        if (!is_technique(words.items[i]))
            return scenario_refuse(reader, node->line, "no ATT&CK technique: %.40s",
                                   words.items[i]);
        step->techniques[i] = words.items[i];
    }
    step->technique_count = words.count;
    return STATUS_OK;
}

static enum status read_end(const struct scenario_reader *reader, const struct yaml_node *node,
                            enum host_role *role, bool *reached) {
    *role = HOST_ROLE_COUNT;
    if (!node)
        return STATUS_OK;
    if (slice_equal_string(node->text, "reached")) {
        *reached = true;
        return STATUS_OK;
    }
    *role = host_role_find(node->text);
    if (*role == HOST_ROLE_COUNT)
        return scenario_refuse(reader, node->line, "no such role: %.*s", (int)node->text.size,
                               (const char *)node->text.data);
    return STATUS_OK;
}

static enum status read_ends(const struct scenario_reader *reader, const struct scenario *scenario,
                             const struct yaml_node *node, struct scenario_step *step) {
    const struct yaml_node *from = yaml_find(node, "from");
    const struct yaml_node *company = yaml_find(node, "company");
    step->from_outside = from && slice_equal_string(from->text, "outside");
    enum status status =
        read_end(reader, step->from_outside ? NULL : from, &step->from, &step->from_reached);
    if (status == STATUS_OK)
        status = read_end(reader, yaml_find(node, "to"), &step->to, &step->to_reached);
    step->company = UINT32_MAX;
    for (uint32_t i = 0; i < scenario->company_count && company; i++)
        if (slice_equal_string(company->text, scenario->companies[i].netbios))
            step->company = i;
    if (status == STATUS_OK && company && step->company == UINT32_MAX)
        return scenario_refuse(reader, company->line, "no such company: %.*s",
                               (int)company->text.size, (const char *)company->text.data);
    return status;
}

static enum status read_step(const struct scenario_reader *reader, const struct scenario *scenario,
                             const struct yaml_node *node, struct scenario_step *step) {
    step->line = node->line;
    enum status status = scenario_read_keys(reader, node, step_keys, step);
    if (status == STATUS_OK)
        status = read_verb(reader, node, step);
    if (status == STATUS_OK)
        status = read_techniques(reader, yaml_find(node, "attack"), step);
    if (status == STATUS_OK)
        status = read_ends(reader, scenario, node, step);
    step->has_time = yaml_find(node, "time") != NULL;
    return status;
}

static bool is_variant(const struct scenario_campaign *campaign, const char *word) {
    for (size_t i = 0; i < campaign->choice_count; i++)
        for (size_t j = 0; j < campaign->choices[i].words.count; j++)
            if (strcmp(campaign->choices[i].words.items[j], word) == 0)
                return true;
    return false;
}

static enum status check_variants(const struct scenario_reader *reader,
                                  const struct scenario_campaign *campaign,
                                  const struct scenario_step *step) {
    const struct scenario_words *lists[] = {&step->when, &step->unless};
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        for (size_t j = 0; j < lists[i]->count; j++)
            if (!is_variant(campaign, lists[i]->items[j]))
                return scenario_refuse(reader, step->line, "no variant is called %.60s",
                                       lists[i]->items[j]);
    return STATUS_OK;
}

static enum status read_steps(const struct scenario_reader *reader, const struct scenario *scenario,
                              const struct yaml_node *node, struct scenario_campaign *campaign) {
    const struct yaml_node *list = NULL;
    enum status status = scenario_check_sequence(reader, node, "steps", true, &list);
    if (status != STATUS_OK)
        return status;
    if (list->count == 0 || list->count > SCENARIO_STEPS_MAX)
        return scenario_refuse(reader, list->line, "steps: 1 to %d are needed", SCENARIO_STEPS_MAX);
    campaign->steps = arena_new(reader->arena, list->count, sizeof *campaign->steps);
    if (!campaign->steps)
        return problem_set(reader->problem, STATUS_LIMIT, "%s: too large", reader->path);
    for (const struct yaml_node *item = list->first; item; item = item->next) {
        struct scenario_step *step = &campaign->steps[campaign->step_count];
        status = read_step(reader, scenario, item, step);
        if (status == STATUS_OK)
            status = check_variants(reader, campaign, step);
        if (status != STATUS_OK)
            return status;
        for (size_t i = 0; i < campaign->step_count; i++)
            if (strcmp(campaign->steps[i].id, step->id) == 0)
                return scenario_refuse(reader, step->line, "%.60s: there is a step of that id",
                                       step->id);
        campaign->step_count++;
    }
    return STATUS_OK;
}

static enum status read_variants(const struct scenario_reader *reader, const struct yaml_node *node,
                                 struct scenario_campaign *campaign) {
    const struct yaml_node *list = NULL;
    enum status status = scenario_check_sequence(reader, node, "variants", false, &list);
    if (status != STATUS_OK || !list)
        return status;
    if (list->count > SCENARIO_VARIANTS_MAX)
        return scenario_refuse(reader, list->line, "more than %d variants", SCENARIO_VARIANTS_MAX);
    for (const struct yaml_node *item = list->first; item && status == STATUS_OK; item = item->next)
        status =
            scenario_read_words(reader, item, &campaign->choices[campaign->choice_count++].words);
    return status;
}

#define CAMPAIGN(member) offsetof(struct scenario_campaign, member)
static const struct scenario_key campaign_keys[] = {
    {"id", KEY_TEXT, CAMPAIGN(id), 0, true},
    {"title", KEY_TEXT, CAMPAIGN(title), 0, true},
    {"text", KEY_TEXT, CAMPAIGN(text), 0, false},
    {"zone", KEY_ZONE, CAMPAIGN(zone_seconds), 0, true},
    {"hours", KEY_HOURS, CAMPAIGN(hours), 0, true},
    {"working-days", KEY_DAYS, CAMPAIGN(working_days), 0, true},
    {"holidays", KEY_WORDS, CAMPAIGN(holidays), 0, false},
    {"addresses", KEY_NETWORK, CAMPAIGN(addresses), 0, true},
    {"address-count", KEY_COUNT, CAMPAIGN(address_count), 200, false},
    {"first-day", KEY_COUNT, CAMPAIGN(first_day), SCENARIO_DAYS_MAX - 1, false},
    {"variants", KEY_OTHER, 0, 0, false},
    {"steps", KEY_OTHER, 0, 0, true},
    {0},
};

enum status scenario_read_campaign(const struct scenario_reader *reader,
                                   const struct scenario *scenario, const struct yaml_node *node,
                                   struct scenario_campaign *ret_campaign) {
    struct scenario_campaign campaign = {.address_count = 3};
    enum status status = scenario_read_keys(reader, node, campaign_keys, &campaign);
    if (status == STATUS_OK && (campaign.address_count == 0 ||
                                campaign.address_count + 2 > network_size(&campaign.addresses)))
        status = scenario_refuse(reader, node->line, "the addresses do not reach");
    if (status == STATUS_OK)
        status = read_variants(reader, node, &campaign);
    if (status == STATUS_OK)
        status = read_steps(reader, scenario, node, &campaign);
    if (status == STATUS_OK)
        *ret_campaign = campaign;
    return status;
}
