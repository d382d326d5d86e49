// Engine = naive: every rule on every event
// SPDX-License-Identifier: Apache-2.0
//
// compare_naive RULES EVIDENCE...: evaluates each rule on each event by the engine and by the
// naive evaluator, prints every pair on which they differ, then the counts. Exit 1 on a difference.
#include "base/memory.h"
#include "base/table.h"
#include "base/digest.h"
#include "match/match.h"
#include "naive_sigma.h"
#include "pipeline/pipeline.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

struct comparison {
    const struct ruleset *ruleset;
    struct matcher *matcher;
    const struct naive_rules *naive;
    size_t *rule_of;    // naive index -> ruleset index
    bool *engine_holds; // by ruleset index
    uint64_t events, pairs, hits, differences;
};

static void comparison_differ(struct comparison *c, size_t naive, const struct event *event,
                              struct slice path, bool engine) {
    c->differences++;
    if (c->differences <= 50)
        printf("DIFFERS %s: engine %d, naive %d: %.*s record %llu\n",
               naive_rule_id(c->naive, naive), engine, !engine, (int)path.size,
               (const char *)path.data, (unsigned long long)event->position.record_id);
}

static bool comparison_event(void *context, const struct event *event, struct slice host,
                             struct slice path) {
    (void)host;
    struct comparison *c = context;
    const uint32_t *rules;
    c->events++;
    if (!event->shape->format)
        return true;
    size_t count = matcher_match(c->matcher, event, &rules);
    for (size_t i = 0; i < count; i++)
        c->engine_holds[rules[i]] = true;
    c->hits += count;
    for (size_t i = 0; i < naive_rules_count(c->naive); i++) {
        bool engine = c->rule_of[i] != SIZE_MAX && c->engine_holds[c->rule_of[i]];
        bool applies = naive_rule_applies(c->naive, i, event);
        c->pairs += applies;
        bool naive = applies && naive_rule_holds(c->naive, i, event);
        if (naive != engine)
            comparison_differ(c, i, event, path, engine);
    }
    for (size_t i = 0; i < count; i++)
        c->engine_holds[rules[i]] = false;
    return true;
}

// Rules are joined by their ids; a rule that only one of the two has is a difference.
static void comparison_join(struct comparison *c) {
    size_t count = ruleset_count(c->ruleset);
    size_t naive_count = naive_rules_count(c->naive);
    c->rule_of = memory_new(naive_count, sizeof *c->rule_of);
    c->engine_holds = memory_new(count, sizeof *c->engine_holds);
    struct table by_id;
    table_init(&by_id);
    for (size_t i = 0; i < count; i++)
        table_add(&by_id, digest_hash64(ruleset_rule(c->ruleset, i)->id), (uint32_t)i);
    size_t joined = 0;
    for (size_t i = 0; i < naive_count; i++) {
        struct slice id = slice_of_string(naive_rule_id(c->naive, i));
        uint32_t rule = table_find(&by_id, digest_hash64(id), NULL, NULL, NULL);
        c->rule_of[i] = rule == TABLE_NONE ? SIZE_MAX : rule;
        joined += rule != TABLE_NONE;
        if ((rule == TABLE_NONE) != naive_rule_is_refused(c->naive, i)) {
            printf("DIFFERS %s: only one of the two refuses it\n", naive_rule_id(c->naive, i));
            c->differences++;
        }
    }
    if (joined != count) {
        printf("DIFFERS: the engine has %zu rules, %zu of them joined\n", count, joined);
        c->differences++;
    }
    table_done(&by_id);
}

int main(int count, char **words) {
    setlocale(LC_CTYPE, "C.UTF-8");
    if (count < 3) {
        fprintf(stderr, "usage: compare_naive RULES EVIDENCE...\n");
        return 2;
    }
    const char *rule_paths[] = {words[1]};
    struct ruleset_options options = {.paths = rule_paths, .path_count = 1, .threads = 1};
    struct ruleset *ruleset;
    struct problem problem;
    struct comparison c = {0};
    if (ruleset_new(&options, &ruleset, &problem) != STATUS_OK) {
        fprintf(stderr, "%s\n", problem.text);
        return 2;
    }
    struct naive_rules *naive = naive_rules_new(words[1]);
    c.ruleset = ruleset;
    c.naive = naive;
    c.matcher = matcher_new(ruleset);
    comparison_join(&c);
    struct pipeline_options run = {.paths = (const char *const *)words + 2,
                                   .path_count = (size_t)count - 2,
                                   .filter = {.since_ns = CLOCK_NONE, .until_ns = CLOCK_NONE},
                                   .threads = 1,
                                   .spill_directory = "/tmp"};
    struct pipeline_run *pipeline;
    if (pipeline_events(&run, comparison_event, &c, &pipeline, &problem) != STATUS_OK) {
        fprintf(stderr, "%s\n", problem.text);
        return 2;
    }
    printf("%llu events, %zu rules, %llu evaluations, %llu hits, %llu differences\n",
           (unsigned long long)c.events, ruleset_count(ruleset), (unsigned long long)c.pairs,
           (unsigned long long)c.hits, (unsigned long long)c.differences);
    pipeline_free(pipeline);
    memory_free(c.rule_of);
    memory_free(c.engine_holds);
    matcher_free(c.matcher);
    ruleset_free(ruleset);
    naive_rules_free(naive);
    return c.differences ? 1 : 0;
}
