// One worker's matcher: which rules hold for an event
// SPDX-License-Identifier: Apache-2.0
#include "match/evaluate.h"

#include "match/ruleset.h"
#include "match/trigger.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    HITS_INSERTED_MAX = 16
};

struct matcher *matcher_new(const struct ruleset *ruleset) {
    const struct compiled *compiled = &ruleset->compiled;
    size_t rules = (size_t)compiled->counts[COMPILED_RULES] + 1;
    struct matcher *matcher = memory_new(1, sizeof *matcher);
    matcher->ruleset = ruleset;
    matcher->compiled = compiled;
    matcher->memo = memory_new((size_t)compiled_node_count(compiled) + 1, sizeof *matcher->memo);
    matcher->regexes = memory_new((size_t)compiled->regex_count + 1, sizeof(struct regex *));
    matcher->regex_runs =
        memory_new((size_t)compiled->regex_count + 1, sizeof *matcher->regex_runs);
    matcher->regex_scratch = regex_scratch_new();
    matcher->candidate_stamps = memory_new(rules, sizeof *matcher->candidate_stamps);
    matcher->candidates = memory_new(rules, sizeof *matcher->candidates);
    matcher->hits = memory_new(rules, sizeof *matcher->hits);
    matcher->symbol_texts =
        memory_new((size_t)compiled->counts[COMPILED_SYMBOLS] + 1, sizeof *matcher->symbol_texts);
    matcher->quiet_banks = memory_new(QUIET_BANKS, sizeof *matcher->quiet_banks);
    matcher->trigger_memos = trigger_memos_new();
    matcher->line_memos = line_memos_new();
    matcher->plans = plan_cache_new(compiled);
    matcher->has_avx2 = __builtin_cpu_supports("avx2");
    texts_init(matcher);
    return matcher;
}

void matcher_free(struct matcher *matcher) {
    if (!matcher)
        return;
    for (uint32_t i = 0; i < matcher->compiled->regex_count; i++)
        regex_free(matcher->regexes[i]);
    regex_scratch_free(matcher->regex_scratch);
    plan_cache_free(matcher->plans);
    texts_done(matcher);
    memory_free(matcher->memo);
    memory_free(matcher->symbol_texts);
    memory_free(matcher->regexes);
    memory_free(matcher->regex_runs);
    memory_free(matcher->candidate_stamps);
    memory_free(matcher->candidates);
    memory_free(matcher->hits);
    memory_free(matcher->entry_stamps);
    memory_free(matcher->quiet_banks);
    memory_free(matcher->trigger_memos);
    memory_free(matcher->line_memos);
    memory_free(matcher);
}

// Stamps of all earlier events become stale at once; after 2^31 events they are cleared.
static void matcher_next_generation(struct matcher *matcher) {
    if (++matcher->generation < UINT32_C(1) << 31)
        return;
    const struct compiled *compiled = matcher->compiled;
    memset(matcher->memo, 0, compiled_node_count(compiled) * sizeof *matcher->memo);
    memset(matcher->candidate_stamps, 0,
           compiled->counts[COMPILED_RULES] * sizeof *matcher->candidate_stamps);
    if (matcher->entry_stamps)
        memset(matcher->entry_stamps, 0, matcher->entry_capacity * sizeof *matcher->entry_stamps);
    if (matcher->slots)
        memset(matcher->slots, 0, matcher->slot_capacity * sizeof *matcher->slots);
    memset(matcher->symbol_texts, 0,
           compiled->counts[COMPILED_SYMBOLS] * sizeof *matcher->symbol_texts);
    matcher->message.generation = 0;
    matcher->generation = 1;
}

static void matcher_enter(struct matcher *matcher, const struct event *event) {
    assert(event->event_class);
    matcher->event = event;
    matcher_next_generation(matcher);
    texts_reset(matcher);
    plan_enter(matcher);
}

static int compare_numbers(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

// Hits are few: in order by insertion; the rare many by qsort.
static void matcher_sort_hits(struct matcher *matcher) {
    uint32_t *hits = matcher->hits;
    if (matcher->hit_count > HITS_INSERTED_MAX) {
        qsort(hits, matcher->hit_count, sizeof *hits, compare_numbers);
        return;
    }
    for (uint32_t i = 1; i < matcher->hit_count; i++) {
        uint32_t hit = hits[i];
        uint32_t at = i;
        for (; at > 0 && hits[at - 1] > hit; at--)
            hits[at] = hits[at - 1];
        hits[at] = hit;
    }
}

static void matcher_try(struct matcher *matcher, uint32_t rule) {
    matcher->tried_count++;
    if (node_holds(matcher, matcher->compiled->rules[rule].root))
        matcher->hits[matcher->hit_count++] = rule;
}

size_t matcher_match(struct matcher *matcher, const struct event *event,
                     const uint32_t **ret_rules) {
    matcher_enter(matcher, event);
    const struct rule_plan *plan = matcher->class_plan->plan;
    *ret_rules = matcher->hits;
    matcher->hit_count = 0;
    if (!plan)
        return 0;
    matcher->candidate_count = 0;
    if (plan->triggers)
        trigger_scan(matcher, plan->triggers);
    for (uint32_t i = 0; i < matcher->candidate_count; i++)
        matcher_try(matcher, matcher->candidates[i]);
    for (uint32_t i = 0; i < plan->always_count; i++)
        matcher_try(matcher, plan->always[i]);
    for (uint32_t i = 0; i < plan->sure_count; i++)
        matcher->hits[matcher->hit_count++] = plan->sure[i];
    matcher_sort_hits(matcher);
    return matcher->hit_count;
}

bool matcher_wants(struct matcher *matcher, const struct event *event) {
    matcher_enter(matcher, event);
    return matcher->class_plan->plan != NULL;
}

uint64_t matcher_regex_limit_count(const struct matcher *matcher) {
    return matcher->regex_limit_count;
}
