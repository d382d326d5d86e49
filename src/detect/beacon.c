// Hosts that call a rare place again and again
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "detect/beacon_score.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/reading.h"
#include "detect/volume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Cost: two passes over contacts and flows by pair. 4 KiB while a pair goes by, 40 bytes a
// destination, 4 KiB a candidate.

enum beacon_rule {
    BEACON_SINGLE,
    BEACON_COHORT,
};

static const struct slice TAGS[] = {JUDGEMENT_TEXT("attack.command-and-control"),
                                    JUDGEMENT_TEXT("attack.t1071"),
                                    JUDGEMENT_TEXT("vedette.stage.control")};

static const struct rule RULES[] = {
    [BEACON_SINGLE] = JUDGEMENT("vedette-beacon-regular",
                                "Host calls a rare place at regular intervals", MEDIUM, TAGS),
    [BEACON_COHORT] = JUDGEMENT("vedette-beacon-cohort",
                                "Hosts call the same rare place at the same interval", HIGH, TAGS),
};

enum {
    SCORE_MIN = 850,      // of 1,000; RITA's "high" begins at 800, "critical" at 900
    REGULARITY_MIN = 850, // a jitter of 20 % gives about 950, chance 740 at most
    REGULARITY_FEW = 920, // with few gaps chance is regular, too
    GAPS_FEW = 20,
    PERSISTENCE_MIN = 800, // who works five days of seven has 714
    ACTIVE_DAYS_MIN = 3,
    RARE_HOSTS = 5,      // in a small fleet; 2 % in a large one
    NEW_AFTER_DAYS = 7,  // a destination first seen so late may be on up to half of the hosts
    COHORT_PERCENT = 20, // periods so close are the same
    STREAMS_MAX = 8,
    DESTINATIONS_MAX = 1000000,
    CANDIDATES_MAX = 20000,
    COHORT_SAID = 6
};

struct destination {
    struct slice name;
    uint32_t hosts;
    int64_t first_ns;
};

// What one sensor saw of a pair in one way.
struct stream {
    uint64_t key;
    int64_t times[RELATION_TIMES_MAX];
    uint32_t time_count;
    uint64_t sizes[BEACON_TIMES_MAX];
    uint32_t size_count;
    int32_t first_day, last_day;
    uint32_t day_count;
};

struct candidate {
    struct slice from, to;
    uint32_t destination;
    uint32_t same; // candidate that tells the same of the host by another name; or itself
    struct beacon_score score;
    int64_t first_ns, last_ns;
    uint64_t count;
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
};

struct beacons {
    const struct detect_context *context;
    struct volume_book book; // for what is outside
    struct arena arena;
    struct destination *destinations;
    uint32_t destination_count, destination_capacity;
    struct table by_name;
    struct candidate *candidates;
    uint32_t candidate_count, candidate_capacity;
    struct buffer from, to;
    bool is_outside;
    struct stream *streams;
    uint32_t stream_count;
    struct candidate pair; // what goes by
};

static bool destination_equal(const void *context, uint32_t number, const void *key) {
    const struct beacons *beacons = context;
    return slice_equal(beacons->destinations[number].name, *(const struct slice *)key);
}

static uint32_t destination_of(struct beacons *beacons, struct slice name) {
    uint64_t hash = digest_hash64(name);
    uint32_t number = table_find(&beacons->by_name, hash, destination_equal, beacons, &name);
    if (number != TABLE_NONE || beacons->destination_count == DESTINATIONS_MAX)
        return number;
    struct slice kept = arena_keep(&beacons->arena, name);
    if (kept.size == 0)
        return TABLE_NONE;
    if (beacons->destination_count == beacons->destination_capacity) {
        beacons->destination_capacity =
            beacons->destination_capacity ? 2 * beacons->destination_capacity : 1024;
        beacons->destinations = memory_resize(beacons->destinations, beacons->destination_capacity,
                                              sizeof *beacons->destinations);
    }
    beacons->destinations[beacons->destination_count] =
        (struct destination){.name = kept, .first_ns = INT64_MAX};
    table_add(&beacons->by_name, hash, beacons->destination_count);
    return beacons->destination_count++;
}

// Clocks and names are asked for by every host; what mail servers send has no beat of its own.
static bool is_infrastructure(const struct relation *relation) {
    static const char *const SERVICES[] = {"udp/123", "udp/53", "tcp/53", "tcp/25"};
    for (size_t i = 0; i < ARRAY_SIZE(SERVICES); i++)
        if (slice_equal_string(relation->artefact, SERVICES[i]))
            return true;
    return false;
}

static struct stream *stream_of(struct beacons *beacons, const struct relation *relation) {
    uint64_t key = digest_hash64_seeded(relation->recorder, relation->kind);
    key = digest_hash64_seeded(relation->artefact, key);
    for (uint32_t i = 0; i < beacons->stream_count; i++)
        if (beacons->streams[i].key == key)
            return &beacons->streams[i];
    if (beacons->stream_count == STREAMS_MAX)
        return NULL;
    struct stream *stream = &beacons->streams[beacons->stream_count++];
    stream->key = key;
    stream->time_count = stream->size_count = stream->day_count = 0;
    stream->first_day = INT32_MAX;
    stream->last_day = INT32_MIN;
    return stream;
}

static void time_insert(struct stream *stream, int64_t time_ns) {
    uint32_t at = stream->time_count;
    if (at == RELATION_TIMES_MAX && time_ns >= stream->times[at - 1])
        return;
    if (at == RELATION_TIMES_MAX)
        at = --stream->time_count;
    while (at > 0 && stream->times[at - 1] > time_ns)
        at--;
    memmove(stream->times + at + 1, stream->times + at,
            (stream->time_count - at) * sizeof *stream->times);
    stream->times[at] = time_ns;
    stream->time_count++;
}

static void relation_take(struct beacons *beacons, const struct relation *relation) {
    struct candidate *pair = &beacons->pair;
    struct stream *stream = stream_of(beacons, relation);
    if (!stream)
        return;
    for (uint32_t i = 0; i < relation->time_count; i++)
        time_insert(stream, relation->times[i]);
    for (uint32_t i = 0; i < relation->day_count; i++) {
        const struct relation_day *day = &relation->days[i];
        if (day->bytes_out && day->count && stream->size_count < BEACON_TIMES_MAX)
            stream->sizes[stream->size_count++] = day->bytes_out / day->count;
        stream->first_day = day->day < stream->first_day ? day->day : stream->first_day;
        stream->last_day = day->day > stream->last_day ? day->day : stream->last_day;
    }
    stream->day_count =
        relation->day_count > stream->day_count ? relation->day_count : stream->day_count;
    for (uint32_t i = 0; i < relation->reference_count; i++)
        reference_insert(pair->references, &pair->reference_count, &relation->references[i]);
    if (relation->first_ns < pair->first_ns)
        pair->first_ns = relation->first_ns;
    if (relation->last_ns > pair->last_ns)
        pair->last_ns = relation->last_ns;
    pair->count += relation->count;
}

static bool destination_is_rare(const struct beacons *beacons,
                                const struct destination *destination) {
    uint32_t hosts = beacons->context->fleet->count, limit = hosts / 50;
    limit = limit > RARE_HOSTS ? limit : RARE_HOSTS;
    bool is_new =
        destination->first_ns >= beacons->context->first_ns + NEW_AFTER_DAYS * VOLUME_DAY_NS;
    return destination->hosts <= limit || (is_new && destination->hosts * 2 <= hosts);
}

static void pair_end(struct beacons *beacons) {
    struct slice from = buffer_slice(&beacons->from), to = buffer_slice(&beacons->to);
    const struct stream *best = NULL;
    if (!beacons->is_outside || from.size == 0 || beacons->stream_count == 0)
        return;
    uint32_t number = destination_of(beacons, to);
    if (number == TABLE_NONE || !destination_is_rare(beacons, &beacons->destinations[number]))
        return;
    for (uint32_t i = 0; i < beacons->stream_count; i++)
        if (!best || beacons->streams[i].time_count > best->time_count)
            best = &beacons->streams[i];
    if (best->day_count < ACTIVE_DAYS_MIN || beacons->candidate_count == CANDIDATES_MAX)
        return;
    struct candidate *pair = &beacons->pair;
    pair->score = beacon_score_of(best->times, best->time_count, best->sizes, best->size_count);
    uint32_t regularity = pair->score.gaps < GAPS_FEW ? REGULARITY_FEW : REGULARITY_MIN;
    if (pair->score.total < SCORE_MIN || pair->score.regularity < regularity ||
        pair->score.persistence < PERSISTENCE_MIN)
        return;
    pair->from = arena_keep(&beacons->arena, from);
    pair->to = beacons->destinations[number].name;
    pair->destination = number;
    pair->same = beacons->candidate_count;
    if (beacons->candidate_count == beacons->candidate_capacity) {
        beacons->candidate_capacity =
            beacons->candidate_capacity ? 2 * beacons->candidate_capacity : 64;
        beacons->candidates = memory_resize(beacons->candidates, beacons->candidate_capacity,
                                            sizeof *beacons->candidates);
    }
    beacons->candidates[beacons->candidate_count++] = *pair;
}

static void pair_count(struct beacons *beacons, const struct relation *relation) {
    uint32_t number = destination_of(beacons, buffer_slice(&beacons->to));
    if (number == TABLE_NONE)
        return;
    struct destination *destination = &beacons->destinations[number];
    destination->hosts++;
    if (relation->first_ns < destination->first_ns)
        destination->first_ns = relation->first_ns;
}

static void pair_begin(struct beacons *beacons, const struct relation *relation, struct slice from,
                       struct slice to) {
    buffer_reset(&beacons->from);
    buffer_reset(&beacons->to);
    buffer_append_slice(&beacons->from, from);
    buffer_append_slice(&beacons->to, to);
    beacons->stream_count = 0;
    beacons->pair = (struct candidate){.first_ns = INT64_MAX, .last_ns = INT64_MIN};
    beacons->is_outside = volume_is_outside(&beacons->book, relation->to_host, to);
}

static enum status beacons_pass(struct beacons *beacons, bool is_count, struct problem *problem) {
    const struct detect_context *context = beacons->context;
    struct reading reading;
    buffer_reset(&beacons->from);
    buffer_reset(&beacons->to);
    beacons->is_outside = false;
    enum status status =
        reading_open(&reading, context, RELATION_MASK(CONTACT) | RELATION_MASK(FLOW),
                     RELATION_ORDER_PAIR, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        struct slice from = reading_from(context, relation), to = reading_to(context, relation);
        if (relation->first_ns == CLOCK_NONE || is_infrastructure(relation) || from.size == 0 ||
            (relation->from_host == RELATION_NO_HOST && address_is_outside(from)))
            continue;
        if (!slice_equal(from, buffer_slice(&beacons->from)) ||
            !slice_equal(to, buffer_slice(&beacons->to))) {
            if (!is_count)
                pair_end(beacons);
            pair_begin(beacons, relation, from, to);
            if (is_count && beacons->is_outside)
                pair_count(beacons, relation);
        }
        if (!is_count && beacons->is_outside)
            relation_take(beacons, relation);
    }
    reading_close(&reading);
    if (status == STATUS_OK && !is_count)
        pair_end(beacons);
    return status;
}

static bool periods_agree(const struct candidate *a, const struct candidate *b) {
    int64_t apart = llabs(a->score.period_seconds - b->score.period_seconds);
    return apart * 100 <= COHORT_PERCENT * a->score.period_seconds;
}

// One beacon is seen as a name asked for, a name met and an address: of one host, with one period,
// from and to about the same time.
static void candidates_join(struct beacons *beacons) {
    for (uint32_t i = 0; i < beacons->candidate_count; i++) {
        struct candidate *one = &beacons->candidates[i];
        for (uint32_t j = i; j-- > 0 && slice_equal(beacons->candidates[j].from, one->from);) {
            const struct candidate *other = &beacons->candidates[j];
            int64_t slack = one->score.period_seconds * 2000000000;
            if (other->same == j && periods_agree(one, other) &&
                llabs(one->first_ns - other->first_ns) <= slack &&
                llabs(one->last_ns - other->last_ns) <= slack)
                one->same = j;
        }
    }
}

static void period_text(int64_t seconds, char text[48]) {
    if (seconds >= 172800)
        snprintf(text, 48, "%lld days", (long long)((seconds + 43200) / 86400));
    else if (seconds >= 7200)
        snprintf(text, 48, "%lld.%lld hours", (long long)(seconds / 3600),
                 (long long)(seconds % 3600 / 360));
    else if (seconds >= 120)
        snprintf(text, 48, "%lld minutes", (long long)((seconds + 30) / 60));
    else
        snprintf(text, 48, "%lld seconds", (long long)seconds);
}

static uint32_t cohort_of(const struct beacons *beacons, uint32_t number) {
    const struct candidate *one = &beacons->candidates[number];
    uint32_t hosts = 0;
    for (uint32_t i = 0; i < beacons->candidate_count; i++)
        hosts += beacons->candidates[i].destination == one->destination &&
                 periods_agree(one, &beacons->candidates[i]);
    return hosts;
}

static void candidate_cite(struct draft *draft, const struct candidate *candidate) {
    struct relation cited = {.references = candidate->references,
                             .reference_count = candidate->reference_count,
                             .first_ns = candidate->first_ns,
                             .last_ns = candidate->last_ns,
                             .count = candidate->count};
    draft_cite(draft, &cited);
}

static void candidate_say(const struct beacons *beacons, uint32_t number, uint32_t cohort,
                          struct draft *draft) {
    const struct candidate *one = &beacons->candidates[number];
    const struct destination *destination = &beacons->destinations[one->destination];
    const struct beacon_score *score = &one->score;
    char period[48], deviation[48], size[32] = "not known";
    period_text(score->period_seconds, period);
    period_text(score->deviation_seconds, deviation);
    if (score->size <= BEACON_WHOLE)
        snprintf(size, sizeof size, "%u", score->size);
    draft_say(draft, "what", "%.*s called %.*s every %s.", SLICE_FORMAT(one->from),
              SLICE_FORMAT(one->to), period);
    draft_say(draft, "why",
              "score %u of 1,000 at the scale of a %s: regularity %u, persistence %u, evenness of "
              "bytes %s; %u gaps, median deviation %s; %u host%s ever called it, %u with this "
              "period",
              score->total, score->scale, score->regularity, score->persistence, size, score->gaps,
              deviation, destination->hosts, destination->hosts == 1 ? "" : "s", cohort);
    draft_say(draft, "confidence", "%s",
              cohort > 1 ? "high: several hosts, one rare place, one period"
                         : "medium: one host alone");
    draft_say(draft, "benign",
              "Clocks, update checks and monitoring were weighed: most hosts share their places. A "
              "program that one host alone has looks the same.");
    draft_say_text(draft, "destination", one->to);
}

static enum status candidate_tell(const struct beacons *beacons, uint32_t number,
                                  struct draft *draft, const struct detection_sink *sink,
                                  struct problem *problem) {
    const struct candidate *one = &beacons->candidates[number];
    uint32_t cohort = cohort_of(beacons, number);
    if (one->same != number)
        return STATUS_OK;
    for (uint32_t i = number + 1; i < beacons->candidate_count; i++)
        if (beacons->candidates[i].same == number) {
            uint32_t other = cohort_of(beacons, i);
            cohort = other > cohort ? other : cohort;
        }
    draft_begin(draft, cohort > 1 ? BEACON_COHORT : BEACON_SINGLE, one->from, SLICE(""));
    candidate_cite(draft, one);
    if (draft->detection.reference_count == 0)
        return STATUS_OK;
    candidate_say(beacons, number, cohort, draft);
    for (uint32_t i = number + 1; i < beacons->candidate_count; i++)
        if (beacons->candidates[i].same == number) {
            candidate_cite(draft, &beacons->candidates[i]);
            draft_say_text(draft, "destination", beacons->candidates[i].to);
        }
    return draft_tell(draft, sink, problem);
}

static enum status beacon_judge(const struct detect_context *context,
                                const struct detection_sink *sink, struct problem *problem) {
    struct beacons beacons = {.context = context};
    struct draft draft;
    volume_book_init(&beacons.book, context);
    arena_init(&beacons.arena, (size_t)128 << 20);
    table_init(&beacons.by_name);
    buffer_init(&beacons.from, RELATION_PART_BYTES_MAX);
    buffer_init(&beacons.to, RELATION_PART_BYTES_MAX);
    draft_init(&draft);
    beacons.streams = memory_new(STREAMS_MAX, sizeof *beacons.streams);
    enum status status = beacons_pass(&beacons, true, problem);
    if (status == STATUS_OK)
        status = beacons_pass(&beacons, false, problem);
    if (status == STATUS_OK)
        candidates_join(&beacons);
    for (uint32_t i = 0; i < beacons.candidate_count && status == STATUS_OK; i++)
        status = candidate_tell(&beacons, i, &draft, sink, problem);
    draft_done(&draft);
    volume_book_done(&beacons.book);
    arena_done(&beacons.arena);
    table_done(&beacons.by_name);
    buffer_done(&beacons.from);
    buffer_done(&beacons.to);
    memory_free(beacons.streams);
    memory_free(beacons.destinations);
    memory_free(beacons.candidates);
    return status;
}

const struct detector detector_beacon = {
    .name = "beacon",
    .summary = "hosts that call a rare place at regular intervals, from a minute to a week",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = beacon_judge,
};
