// Seconds from findings and settled relations to campaigns
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "correlate/correlate.h"
#include "relate/relate.h"

#include "../synthetic_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// bench_correlate RELATIONS HOSTS: logons between any two of HOSTS, settled as a scan does, and
// what detectors say of an intrusion that reaches a 20th of the hosts, among four findings on every
// host that mean nothing. Timed: the reconstruction and the coverage of logs, as one scan makes
// them.
#define START_NS (1772409600ll * 1000000000)
#define SECOND_NS 1000000000ll

enum {
    NOISE = 4 // findings on each host
};

static int64_t cpu_ns(void) {
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return spent.tv_sec * SECOND_NS + spent.tv_nsec;
}

static uint64_t dice(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct name {
    char text[24];
};

struct play {
    struct name *names; // of hosts, as the fleet has them
    uint64_t hosts;
    struct finding *findings;
    size_t count, at;
};

static bool play_observe(const struct play *play, uint64_t relations, struct relater *relater) {
    static struct synthetic_event made;
    struct problem problem;
    uint64_t state = 88172645463325252u;
    for (uint64_t i = 0; i < relations; i++) {
        const char *from = play->names[dice(&state) % play->hosts].text;
        // Every host writes something.
        const char *to = play->names[i < play->hosts ? i : dice(&state) % play->hosts].text;
        synthetic_init(&made, 1, START_NS + (int64_t)i * 1000000, i * 1000);
        synthetic_field(&made, "Computer", to, FIELD_ROLE_COMPUTER);
        synthetic_field(&made, "TargetUserName", "user", FIELD_ROLE_NONE);
        synthetic_field(&made, "TargetDomainName", "CORP", FIELD_ROLE_NONE);
        synthetic_field(&made, "LogonType", "3", FIELD_ROLE_NONE);
        synthetic_field(&made, "WorkstationName", from, FIELD_ROLE_NONE);
        made.event_class.code = 4624;
        log_source_add_service(&made.event_class.log_source, LOG_SERVICE_SECURITY);
        if (relater_observe(relater, &made.event, SLICE(""), &problem) != STATUS_OK)
            return false;
    }
    return true;
}

// A finding on a host, `seconds` after the start; `source`: UINT64_MAX or the host it came from.
static void play_find(struct play *play, const struct rule *rule, uint64_t host, uint64_t source,
                      uint64_t seconds) {
    struct finding *finding = &play->findings[play->count];
    int64_t time_ns = START_NS + (int64_t)seconds * SECOND_NS;
    *finding = (struct finding){.rule = rule,
                                .host = slice_of_string(play->names[host].text),
                                .first_ns = time_ns,
                                .last_ns = time_ns,
                                .count = 1,
                                .reference_count = 1};
    if (source != UINT64_MAX)
        finding->fields[finding->field_count++] = (struct finding_field){
            .name = SLICE("source"), .text = slice_of_string(play->names[source].text)};
    struct reference *reference = &finding->references[0];
    reference->time_ns = time_ns;
    reference->position =
        (struct position){.source = rule->id.data[0] % 2, .line = play->count + 1};
    uint64_t number = ++play->count;
    memcpy(reference->sha256, &number, sizeof number);
}

static int finding_compare(const void *left, const void *right) {
    const struct finding *a = left, *b = right;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return slice_compare(a->rule->id, b->rule->id);
}

static struct slice tags[7];
static struct rule rules[] = {
    {.id = SLICE("a-exploit"), .level = RULE_LEVEL_CRITICAL},
    {.id = SLICE("vedette-lateral-execution"), .level = RULE_LEVEL_HIGH},
    {.id = SLICE("vedette-wave-host"), .level = RULE_LEVEL_HIGH},
    {.id = SLICE("c-sends"), .level = RULE_LEVEL_HIGH},
    {.id = SLICE("d-noise"), .level = RULE_LEVEL_LOW},
    {.id = SLICE("vedette-wave-package-replaced"), .level = RULE_LEVEL_HIGH},
    {.id = SLICE("b-shell"), .level = RULE_LEVEL_HIGH},
};

// Entry at host 0, spread to host 1, a wave from there to a 20th of all hosts, which send.
static void play_campaign(struct play *play) {
    static const char *const TAGS[] = {"attack.initial-access", "attack.lateral-movement",
                                       "vedette.stage.spread",  "attack.exfiltration",
                                       "attack.discovery",      "vedette.stage.spread",
                                       "attack.persistence"};
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        tags[i] = slice_of_string(TAGS[i]);
        rules[i].title = rules[i].id;
        rules[i].tags = &tags[i];
        rules[i].tag_count = 1;
    }
    uint64_t victims = play->hosts / 20, state = 1181783497276652981u;
    play->findings = memory_new(4 + 2 * victims + NOISE * play->hosts, sizeof *play->findings);
    play_find(play, &rules[0], 0, UINT64_MAX, 1000);
    play_find(play, &rules[6], 0, UINT64_MAX, 2000);
    play_find(play, &rules[1], 1, 0, 9000);
    play_find(play, &rules[5], 1, UINT64_MAX, 10000);
    for (uint64_t i = 0; i < victims; i++) {
        play_find(play, &rules[2], 10 + i, 1, 100000 + i * 60);
        play_find(play, &rules[3], 10 + i, UINT64_MAX, 200000 + i * 60);
    }
    for (uint64_t i = 0; i < NOISE * play->hosts; i++)
        play_find(play, &rules[4], i % play->hosts, UINT64_MAX, dice(&state) % 600000);
    qsort(play->findings, play->count, sizeof *play->findings, finding_compare);
}

static enum status play_next(void *context, struct finding *ret_finding, bool *ret_more,
                             struct problem *problem) {
    struct play *play = context;
    (void)problem;
    *ret_more = play->at < play->count;
    if (*ret_more)
        *ret_finding = play->findings[play->at++];
    return STATUS_OK;
}

static const char *play_format(void *context, uint32_t source) {
    (void)context;
    return source ? "evtx" : "access_log";
}

static int play_reconstruct(struct play *play, struct relation_store *store) {
    struct correlate_input input = {.fleet = relation_store_fleet(store),
                                    .relations = relation_store_source(store),
                                    .context = play,
                                    .next = play_next,
                                    .source_format = play_format,
                                    .first_ns = START_NS,
                                    .last_ns = START_NS + 86400 * 30 * SECOND_NS};
    struct reconstruction *made;
    struct evidence_coverage *coverage;
    struct problem problem;
    int64_t started_ns = cpu_ns();
    if (reconstruction_new(&input, &made, &problem) != STATUS_OK ||
        evidence_coverage_new(&input, made, &coverage, &problem) != STATUS_OK)
        return 1;
    double seconds = (double)(cpu_ns() - started_ns) / 1e9;
    uint64_t relations = relation_store_count(store);
    printf("%llu relations, %zu findings on %u hosts: %u campaigns, %u incidents, %u hosts in the "
           "first, in "
           "%.3f s CPU (%.2f M/s)\n",
           (unsigned long long)relations, play->count, input.fleet->count, made->campaign_count,
           made->incident_count, made->campaign_count ? made->campaigns[0].host_count : 0, seconds,
           (double)relations / seconds / 1e6);
    int failed = made->campaign_count != 1;
    evidence_coverage_free(coverage);
    reconstruction_free(made);
    return failed;
}

int main(int count, char **words) {
    if (count < 3)
        return 2;
    struct play play = {.hosts = strtoull(words[2], NULL, 10)};
    if (play.hosts < 40)
        return 2;
    play.names = memory_new(play.hosts, sizeof *play.names);
    for (uint64_t i = 0; i < play.hosts; i++)
        snprintf(play.names[i].text, sizeof play.names[i].text, "H-%05u", (unsigned)i);
    struct relater *relater = relater_new((size_t)256 << 20, "/tmp");
    struct relation_store *store;
    struct problem problem;
    if (!play_observe(&play, strtoull(words[1], NULL, 10), relater) ||
        relaters_settle(&relater, 1, &store, &problem) != STATUS_OK)
        return 1;
    relater_free(relater);
    play_campaign(&play);
    int failed = play_reconstruct(&play, store);
    relation_store_free(store);
    memory_free(play.findings);
    memory_free(play.names);
    return failed;
}
