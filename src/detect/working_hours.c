// When the operators work: an estimate, no attribution
// SPDX-License-Identifier: Apache-2.0
//
// Hours (of all, a burst counted once) with actions that somebody did by hand:
//   hits of rules for commands, discovery and the like, unless they come all the time or everywhere
//   posts from outside to servers by clients that such hits name, with gaps a human makes
// Model: 80 % of the hours lie from 9 to 18 local time, 20 % anywhere. One weight per time zone.
#include "base/clock.h"
#include "base/intern.h"
#include "base/memory.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Cost: one pass over rule hits and one over web requests; 16 bytes an hour, at most 1 MiB.

static const struct slice TAGS[] = {JUDGEMENT_TEXT("attack.command-and-control"),
                                    JUDGEMENT_TEXT("vedette.stage.control")};

static const struct rule RULES[] = {
    JUDGEMENT("vedette-working-hours", "Hours at which intruders worked by hand", INFORMATIONAL,
              TAGS),
};

enum {
    HOURS_MIN = 10,  // below, the estimate is right within an hour in half of the cases only
    SLACK_HOURS = 2, // habits shift a day: never narrower
    ZONES = 24,
    ZONE_FIRST = -11,
    WORK_BEGIN = 9,
    WORK_END = 18,
    RUNS_MAX = 1 << 16,
    RULE_HOURS_MAX = 40, // a rule that held in more hours is routine
    RULE_HOSTS_MAX = 5,  // the same on more hosts, or 2 % of the fleet
    PAIRS_MAX = 1 << 16
};
#define HOUR_NS (3600 * 1000000000ll)
#define GAP_MIN_NS (2 * 1000000000ll)
#define GAP_MAX_NS (600 * 1000000000ll)

struct work_hour {
    int64_t hour; // since 1970, UTC
    uint32_t host;
};

struct worked {
    const struct detect_context *context;
    struct interner hosts, pairs;
    struct work_hour *hours;
    uint32_t count, rule_from; // the rule at hand's begin here
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
    struct reference rule_references[FINDING_REFERENCES_MAX];
    uint32_t rule_reference_count;
    uint64_t records;
};

static int hour_compare(const void *left, const void *right) {
    const struct work_hour *a = left, *b = right;
    if (a->hour != b->hour)
        return a->hour < b->hour ? -1 : 1;
    return a->host < b->host ? -1 : a->host > b->host;
}

static void hour_add(struct worked *worked, struct slice host, int64_t time_ns) {
    uint32_t number = intern_add(&worked->hosts, host);
    if (time_ns == CLOCK_NONE || time_ns < 0 || worked->count == RUNS_MAX || number == INTERN_FULL)
        return;
    worked->hours[worked->count++] = (struct work_hour){time_ns / HOUR_NS, number};
}

// ATT&CK: interpreters, web shells, discovery, credentials dumped, files gathered and packed.
static bool technique_is_by_hand(struct slice technique) {
    static const char *const STARTS[] = {"T1059", "T1505.003", "T1003", "T1007", "T1012", "T1016",
                                         "T1018", "T1033",     "T1049", "T1057", "T1069", "T1082",
                                         "T1083", "T1087",     "T1135", "T1482", "T1560", "T1570",
                                         "T1074", "T1114",     "T1021", "T1136", "T1552", "T1555"};
    for (size_t i = 0; i < ARRAY_SIZE(STARTS); i++)
        if (slice_starts(technique, slice_of_string(STARTS[i])))
            return true;
    return false;
}

static bool level_is(struct slice level, const char *a, const char *b, const char *c) {
    return slice_equal_string(level, a) || slice_equal_string(level, b) ||
           slice_equal_string(level, c);
}

static bool from_is_outside(const struct relation *relation) {
    return relation->from_host == RELATION_NO_HOST && address_is_outside(relation->from);
}

// "server|client", for the set of those whose posts count.
static struct slice pair_text(const struct worked *worked, const struct relation *relation,
                              char text[512]) {
    struct slice to = reading_to(worked->context, relation);
    int size =
        snprintf(text, 512, "%.*s|%.*s", (int)(to.size < 200 ? to.size : 200), to.data,
                 (int)(relation->from.size < 200 ? relation->from.size : 200), relation->from.data);
    return slice_of(text, (size_t)size);
}

static void hit_take(struct worked *worked, const struct relation *relation) {
    bool outside = from_is_outside(relation);
    bool is_entry = slice_equal(relation->detail[1], SLICE("entry"));
    if (outside && !is_entry && level_is(relation->detail[0], "medium", "high", "critical")) {
        char text[512];
        intern_add(&worked->pairs, pair_text(worked, relation, text));
    }
    if (is_entry || !technique_is_by_hand(relation->detail[2]) ||
        !level_is(relation->detail[0], outside ? "medium" : "high", "high", "critical"))
        return;
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        const struct reference *reference = &relation->references[i];
        if (reference->time_ns == CLOCK_NONE)
            continue;
        hour_add(worked, reading_to(worked->context, relation),
                 reading_time(worked->context, relation, reference));
        reference_insert(worked->rule_references, &worked->rule_reference_count, reference);
    }
}

// Drop the hours of the rule that went by when they are a routine's.
static void rule_end(struct worked *worked) {
    uint32_t limit = worked->context->fleet->count / 50, hours = 0, hosts = 0;
    limit = limit > RULE_HOSTS_MAX ? limit : RULE_HOSTS_MAX;
    struct work_hour *rows = worked->hours + worked->rule_from;
    uint32_t count = worked->count - worked->rule_from;
    bool *seen = memory_new(worked->hosts.count + 1u, sizeof *seen);
    if (count)
        qsort(rows, count, sizeof *rows, hour_compare);
    for (uint32_t i = 0; i < count; i++) {
        hours += i == 0 || rows[i].hour != rows[i - 1].hour;
        hosts += !seen[rows[i].host];
        seen[rows[i].host] = true;
    }
    memory_free(seen);
    if (hours > RULE_HOURS_MAX || hosts > limit)
        worked->count = worked->rule_from;
    for (uint32_t i = 0; i < worked->rule_reference_count && worked->count > worked->rule_from; i++)
        reference_insert(worked->references, &worked->reference_count, &worked->rule_references[i]);
    worked->records += worked->count - worked->rule_from;
    worked->rule_from = worked->count;
    worked->rule_reference_count = 0;
}

static enum status hits_pass(struct worked *worked, struct problem *problem) {
    struct reading reading;
    struct buffer rule;
    buffer_init(&rule, RELATION_PART_BYTES_MAX);
    enum status status = reading_open(&reading, worked->context, RELATION_MASK(RULE_HIT),
                                      RELATION_ORDER_ARTEFACT, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        if (!slice_equal(reading.relation.artefact, buffer_slice(&rule))) {
            rule_end(worked);
            buffer_reset(&rule);
            buffer_append_slice(&rule, reading.relation.artefact);
        }
        hit_take(worked, &reading.relation);
    }
    rule_end(worked);
    reading_close(&reading);
    buffer_done(&rule);
    return status;
}

static bool gap_is_human(int64_t gap_ns) {
    return gap_ns >= GAP_MIN_NS && gap_ns <= GAP_MAX_NS;
}

static void posts_take(struct worked *worked, const struct relation *relation) {
    char text[512];
    if (!slice_equal(relation->detail[0], SLICE("POST")) || !from_is_outside(relation) ||
        intern_find(&worked->pairs, pair_text(worked, relation, text)) == INTERN_FULL)
        return;
    bool any = false;
    for (uint32_t i = 0; i < relation->time_count; i++) {
        const int64_t *times = relation->times;
        bool human = (i > 0 && gap_is_human(times[i] - times[i - 1])) ||
                     (i + 1 < relation->time_count && gap_is_human(times[i + 1] - times[i]));
        if (human)
            hour_add(worked, reading_to(worked->context, relation), times[i]);
        worked->records += human;
        any |= human;
    }
    for (uint32_t i = 0; i < relation->reference_count && any; i++)
        reference_insert(worked->references, &worked->reference_count, &relation->references[i]);
}

static enum status posts_pass(struct worked *worked, struct problem *problem) {
    struct reading reading;
    if (worked->pairs.count == 0)
        return STATUS_OK;
    enum status status = reading_open(&reading, worked->context, RELATION_MASK(WEB_REQUEST),
                                      RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        posts_take(worked, &reading.relation);
    reading_close(&reading);
    return status;
}

struct zone_estimate {
    int best;      // hours from UTC
    int low, high; // apart from best: the 90 % set, widened
    uint32_t hours, inside, weekend;
};

static int local_hour(int64_t hour, int zone) {
    return (int)((hour + zone + 48) % 24);
}

// Monday is 0 on 1970-01-05.
static bool is_weekend(int64_t hour, int zone) {
    return ((hour + zone) / 24 + 3) % 7 >= 5;
}

static void zones_weigh(const struct worked *worked, double weights[ZONES],
                        uint32_t insides[ZONES]) {
    // In working hours an hour is (0.8 / 9 + 0.2 / 24) / (0.2 / 24) = 35 / 3 times as likely.
    uint32_t most = 0;
    double sum = 0;
    for (int z = 0; z < ZONES; z++) {
        insides[z] = 0;
        for (uint32_t i = 0; i < worked->count; i++) {
            int hour = local_hour(worked->hours[i].hour, ZONE_FIRST + z);
            insides[z] += hour >= WORK_BEGIN && hour < WORK_END;
        }
        most = insides[z] > most ? insides[z] : most;
    }
    for (int z = 0; z < ZONES; z++) {
        weights[z] = 1;
        for (uint32_t i = insides[z]; i < most; i++)
            weights[z] *= 3.0 / 35.0;
        sum += weights[z];
    }
    for (int z = 0; z < ZONES; z++)
        weights[z] /= sum;
}

// The middle of the zones that fit best, where they lie side by side.
static int zones_best(const uint32_t insides[ZONES]) {
    int best = 0, run = 0;
    for (int z = 1; z < ZONES; z++)
        best = insides[z] > insides[best] ? z : best;
    for (int back = 1; back < ZONES; back++) {
        if (insides[(best + ZONES - back) % ZONES] != insides[best])
            break;
        run--;
    }
    int first = best + run;
    for (run = 0; run + 1 < ZONES; run++)
        if (insides[(first + ZONES + run + 1) % ZONES] != insides[best])
            break;
    return (first + ZONES + run / 2) % ZONES;
}

static struct zone_estimate zones_estimate(const struct worked *worked) {
    double weights[ZONES], sum = 0;
    uint32_t insides[ZONES];
    bool taken[ZONES] = {false};
    zones_weigh(worked, weights, insides);
    int best = zones_best(insides);
    struct zone_estimate estimate = {.best = ZONE_FIRST + best,
                                     .low = -SLACK_HOURS,
                                     .high = SLACK_HOURS,
                                     .hours = worked->count,
                                     .inside = insides[best]};
    while (sum < 0.9) {
        int next = -1;
        for (int z = 0; z < ZONES; z++)
            if (!taken[z] && (next < 0 || weights[z] > weights[next]))
                next = z;
        if (next < 0)
            break;
        taken[next] = true;
        sum += weights[next];
        int apart = (next - best + 36) % 24 - 12;
        estimate.low = apart < estimate.low ? apart : estimate.low;
        estimate.high = apart > estimate.high ? apart : estimate.high;
    }
    for (uint32_t i = 0; i < worked->count; i++)
        estimate.weekend += is_weekend(worked->hours[i].hour, estimate.best);
    return estimate;
}

static void zone_text(int zone, char text[16]) {
    zone = (zone + 35) % 24 - 11;
    snprintf(text, 16, "UTC%c%02d:00", zone < 0 ? '-' : '+', abs(zone));
}

// One entry an hour; the host that has most of them.
static struct slice hours_reduce(struct worked *worked) {
    uint32_t kept = 0, best = 0;
    uint32_t *hosts = memory_new(worked->hosts.count + 1u, sizeof *hosts);
    qsort(worked->hours, worked->count, sizeof *worked->hours, hour_compare);
    for (uint32_t i = 0; i < worked->count; i++) {
        if (i == 0 || hour_compare(&worked->hours[i], &worked->hours[i - 1]) != 0)
            hosts[worked->hours[i].host]++;
        if (kept == 0 || worked->hours[kept - 1].hour != worked->hours[i].hour)
            worked->hours[kept++] = worked->hours[i];
    }
    worked->count = kept;
    for (uint32_t i = 1; i < worked->hosts.count; i++)
        best = hosts[i] > hosts[best] ? i : best;
    memory_free(hosts);
    return intern_text(&worked->hosts, best);
}

static enum status hours_tell(struct worked *worked, struct slice host,
                              const struct detection_sink *sink, struct problem *problem) {
    struct draft draft;
    struct zone_estimate zones = zones_estimate(worked);
    char best[16], low[16], high[16];
    zone_text(zones.best, best);
    zone_text(zones.best + zones.low, low);
    zone_text(zones.best + zones.high, high);
    struct relation cited = {.references = worked->references,
                             .reference_count = worked->reference_count,
                             .count = worked->records,
                             .first_ns = worked->hours[0].hour * HOUR_NS,
                             .last_ns = worked->hours[worked->count - 1].hour * HOUR_NS};
    draft_init(&draft);
    draft_begin(&draft, 0, host, SLICE(""));
    draft_cite(&draft, &cited);
    draft_say(&draft, "what",
              "Work by hand fits a day from 9 to 18 in time zones from %s to %s, best %s.", low,
              high, best);
    draft_say(&draft, "why",
              "%u hours with such actions, bursts counted once; %u of them from 9 to 18 at %s; %u "
              "at week-ends; 90 %% of the weight, and never less than %d hours to each side",
              zones.hours, zones.inside, best, zones.weekend, SLACK_HOURS);
    draft_say(&draft, "confidence",
              "low: assumes a day from 9 to 18; k hours of other habits shift it by k hours; "
              "attackers can fake it; this is not attribution");
    draft_say(&draft, "benign",
              "Administrators' own work that rules take for an intruder's is part of it where it "
              "is no routine.");
    enum status status = draft_tell(&draft, sink, problem);
    draft_done(&draft);
    return status;
}

static enum status working_hours_judge(const struct detect_context *context,
                                       const struct detection_sink *sink, struct problem *problem) {
    struct worked worked = {.context = context};
    intern_init(&worked.hosts, PAIRS_MAX, (size_t)4 << 20);
    intern_init(&worked.pairs, PAIRS_MAX, (size_t)16 << 20);
    worked.hours = memory_new(RUNS_MAX, sizeof *worked.hours);
    enum status status = hits_pass(&worked, problem);
    if (status == STATUS_OK)
        status = posts_pass(&worked, problem);
    if (status == STATUS_OK && worked.count) {
        struct slice host = hours_reduce(&worked);
        if (worked.count >= HOURS_MIN && worked.reference_count)
            status = hours_tell(&worked, host, sink, problem);
    }
    memory_free(worked.hours);
    intern_done(&worked.hosts);
    intern_done(&worked.pairs);
    return status;
}

const struct detector detector_working_hours = {
    .name = "working_hours",
    .summary = "at which hours intruders worked by hand; no attribution",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = working_hours_judge,
};
