// Findings made by hand, for the tests of correlation
// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct rule RULES[64];
static size_t rule_count;

const struct rule *rule_of(const char *id, enum rule_level level, const char *tag) {
    for (size_t i = 0; i < rule_count; i++)
        if (slice_equal_string(RULES[i].id, id))
            return &RULES[i];
    assert_true(rule_count < ARRAY_SIZE(RULES));
    struct slice *tags = memory_new(1, sizeof *tags);
    *tags = slice_of_string(tag);
    RULES[rule_count] = (struct rule){.id = slice_of_string(id),
                                      .title = slice_of_string(id),
                                      .level = level,
                                      .tags = tags,
                                      .tag_count = 1};
    return &RULES[rule_count++];
}

void play_init(struct play *play, size_t hosts) {
    *play = (struct play){.table = relation_table_new(),
                          .findings = memory_new(FINDINGS_MAX, sizeof *play->findings)};
    for (size_t i = 0; i < hosts; i++) {
        snprintf(play->names[i], sizeof play->names[i], "H-%03zu", i);
        relation_table_host(play->table, play->names[i], 0);
    }
}

void play_done(struct play *play) {
    relation_table_free(play->table);
    memory_free(play->findings);
}

void play_find(struct play *play, const struct rule *rule, const char *host, const char *source,
               int64_t seconds) {
    assert_true(play->count < FINDINGS_MAX);
    struct finding *finding = &play->findings[play->count];
    int64_t time_ns = START_NS + seconds * 1000000000;
    *finding = (struct finding){.rule = rule,
                                .host = slice_of_string(host),
                                .first_ns = time_ns,
                                .last_ns = time_ns,
                                .count = 1,
                                .reference_count = 1};
    if (source) {
        finding->fields[0] =
            (struct finding_field){.name = SLICE("source"), .text = slice_of_string(source)};
        finding->field_count = 1;
    }
    finding->references[0].time_ns = time_ns;
    finding->references[0].position =
        (struct position){.source = (uint32_t)(rule->id.data[0] % 2), .line = play->count + 1};
    finding->references[0].sha256[0] = (uint8_t)play->count;
    finding->references[0].sha256[1] = (uint8_t)(play->count >> 8);
    play->count++;
}

void play_send_last(struct play *play, const char *place) {
    struct finding *finding = &play->findings[play->count - 1];
    finding->fields[finding->field_count++] =
        (struct finding_field){.name = SLICE("destination"), .text = slice_of_string(place)};
}

static enum status play_next(void *context, struct finding *ret_finding, bool *ret_more,
                             struct problem *problem) {
    (void)problem;
    struct play *play = context;
    *ret_more = play->at < play->count;
    if (*ret_more)
        *ret_finding = play->findings[play->at++];
    return STATUS_OK;
}

static const char *play_format(void *context, uint32_t source) {
    static const char *const FORMATS[] = {"access_log", "evtx", "syslog"};
    (void)context;
    return FORMATS[source < ARRAY_SIZE(FORMATS) ? source : 1];
}

void play_input(struct play *play, struct play_source *ret_source) {
    relation_table_source(play->table, &ret_source->relations);
    ret_source->input = (struct correlate_input){.fleet = &play->table->fleet,
                                                 .relations = &ret_source->relations,
                                                 .context = play,
                                                 .next = play_next,
                                                 .source_format = play_format,
                                                 .first_ns = START_NS,
                                                 .last_ns = START_NS + 86400ll * 60 * 1000000000};
    play->at = 0;
}

struct reconstruction *play_reconstruct(struct play *play) {
    struct play_source source;
    struct reconstruction *made = NULL;
    struct problem problem;
    play_input(play, &source);
    assert_int_equal(reconstruction_new(&source.input, &made, &problem), STATUS_OK);
    return made;
}

void play_campaign(struct play *play) {
    const struct rule *exploit = rule_of("a-exploit", RULE_LEVEL_CRITICAL, "attack.initial-access");
    const struct rule *shell = rule_of("b-shell", RULE_LEVEL_HIGH, "attack.persistence");
    const struct rule *lateral =
        rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, "attack.lateral-movement");
    const struct rule *replaced =
        rule_of("vedette-wave-package-replaced", RULE_LEVEL_HIGH, "vedette.stage.spread");
    const struct rule *wave = rule_of("vedette-wave-host", RULE_LEVEL_HIGH, "vedette.stage.spread");
    const struct rule *sends = rule_of("c-sends", RULE_LEVEL_HIGH, "attack.exfiltration");
    play_find(play, exploit, "H-000", NULL, 1000);
    play_find(play, shell, "H-000", NULL, 2000);
    play_find(play, lateral, "H-001", "H-000", 9000);
    play_find(play, replaced, "H-001", NULL, 10000);
    for (int i = 0; i < 30; i++) {
        const char *host = play->names[10 + i];
        play_find(play, wave, host, "H-001", 100000 + i * 60);
        play_find(play, sends, host, NULL, 200000 + i * 60);
    }
}

void play_takeover(struct play *play) {
    play_find(play, rule_of("f-takeover", RULE_LEVEL_CRITICAL, "attack.initial-access"), "H-000",
              NULL, 1000);
    struct finding *finding = &play->findings[play->count - 1];
    finding->last_ns += 900ll * 1000000000;
    finding->reference_count = 3;
    finding->references[1] = finding->references[2] = finding->references[0];
    finding->references[1].sha256[2] = 1;
    finding->references[2].sha256[2] = 2;
}

void play_tell(struct play *play, const char *name, const char *text) {
    struct finding *finding = &play->findings[play->count - 1];
    finding->fields[finding->field_count++] =
        (struct finding_field){.name = slice_of_string(name), .text = slice_of_string(text)};
}

const struct campaign_host *host_named(const struct campaign *campaign, const char *name) {
    for (uint32_t i = 0; i < campaign->host_count; i++)
        if (slice_equal_string(campaign->hosts[i].name, name))
            return &campaign->hosts[i];
    return NULL;
}

const struct campaign_host *host_told(const struct reconstruction *made, const char *name) {
    const struct campaign_host *host = NULL;
    for (uint32_t i = 0; i < made->campaign_count && !host; i++)
        host = host_named(&made->campaigns[i], name);
    for (uint32_t i = 0; i < made->incident_count && !host; i++)
        host = host_named(&made->incidents[i], name);
    return host;
}

const struct campaign_stage *stage_of(const struct campaign *campaign, enum stage stage) {
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        if (campaign->stages[i].stage == stage)
            return &campaign->stages[i];
    fail();
    return NULL;
}
