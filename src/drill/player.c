// Plays a scenario: deeds in time order
// SPDX-License-Identifier: Apache-2.0
#include "drill/player.h"

#include "base/memory.h"
#include "drill/attack.h"
#include "drill/drill.h"
#include "drill/recorder.h"

#include <stdio.h>
#include <string.h>

#define DAY_NS (86400 * 1000000000ll)

enum {
    PATH_SIZE_MAX = 4096,
    DAMAGE_MILLIONTHS = 4000
};

struct play {
    const struct drill_play_options *options;
    struct scenario *scenario;
    struct organisation *organisation;
    struct evidence *evidence;
    struct truth *truth;
    struct life_plan *plan;
    struct recorder *recorder;
    struct attack_script script;
    struct problem *problem;
    uint64_t deeds;
};

// Pass 1: one host that is not central.
static enum status play_station(struct play *play, const struct host *host) {
    enum status status = recorder_begin(play->recorder, host, play->problem);
    struct life_stream *stream = life_stream_new(play->plan, host, LIFE_WHOLE);
    const struct attack_script *script = &play->script;
    size_t at = script->first[host->number], end = script->first[host->number + 1];
    while (status == STATUS_OK) {
        struct deed deed;
        int64_t life_ns = life_stream_peek(stream);
        const struct deed *next = at < end ? &script->deeds[script->of_host[at]] : NULL;
        bool attack = next && next->time_ns <= life_ns;
        if (!attack && life_ns == INT64_MAX)
            break;
        at += attack;
        if (attack)
            status = recorder_tell(play->recorder, next, play->problem);
        else if (life_stream_take(stream, &deed))
            status = recorder_tell(play->recorder, &deed, play->problem);
        play->deeds++;
    }
    life_stream_free(stream);
    enum status ended = recorder_end(play->recorder, status == STATUS_OK ? play->problem : NULL);
    return status == STATUS_OK ? ended : status;
}

// A heap of streams by the time of their next deed, then by host.
struct heap {
    struct life_stream **streams;
    int64_t *times;
    uint32_t *order; // heap of indexes
    size_t count;
};

static bool comes_before(const struct heap *heap, uint32_t a, uint32_t b) {
    return heap->times[a] < heap->times[b] || (heap->times[a] == heap->times[b] && a < b);
}

static void sift_down(struct heap *heap, size_t at) {
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap->count; child++)
            if (comes_before(heap, heap->order[child], heap->order[least]))
                least = child;
        if (least == at)
            return;
        uint32_t kept = heap->order[at];
        heap->order[at] = heap->order[least];
        heap->order[least] = kept;
        at = least;
    }
}

static void heap_init(struct heap *heap, const struct play *play) {
    heap->count = play->organisation->host_count;
    heap->streams = memory_new(heap->count, sizeof(struct life_stream *));
    heap->times = memory_new(heap->count, sizeof *heap->times);
    heap->order = memory_new(heap->count, sizeof *heap->order);
    for (uint32_t i = 0; i < heap->count; i++) {
        const struct host *host = &play->organisation->hosts[i];
        heap->streams[i] =
            life_stream_new(play->plan, host, host->central ? LIFE_WHOLE : LIFE_OUTWARD);
        heap->times[i] = life_stream_peek(heap->streams[i]);
        heap->order[i] = i;
    }
    for (size_t i = heap->count / 2; i-- > 0;)
        sift_down(heap, i);
}

static void heap_done(struct heap *heap) {
    for (size_t i = 0; i < heap->count; i++)
        life_stream_free(heap->streams[i]);
    memory_free(heap->streams);
    memory_free(heap->times);
    memory_free(heap->order);
}

// Pass 2: all hosts' deeds in time order, for the logs of the central ones.
static enum status play_central(struct play *play) {
    enum status status = recorder_begin(play->recorder, NULL, play->problem);
    struct heap heap;
    size_t at = 0;
    heap_init(&heap, play);
    while (status == STATUS_OK) {
        struct deed deed;
        uint32_t first = heap.order[0];
        bool attack =
            at < play->script.count && play->script.deeds[at].time_ns <= heap.times[first];
        if (attack) {
            status = recorder_tell(play->recorder, &play->script.deeds[at++], play->problem);
            continue;
        }
        if (heap.times[first] == INT64_MAX)
            break;
        if (life_stream_take(heap.streams[first], &deed))
            status = recorder_tell(play->recorder, &deed, play->problem);
        heap.times[first] = life_stream_peek(heap.streams[first]);
        sift_down(&heap, 0);
        play->deeds++;
    }
    heap_done(&heap);
    enum status ended = recorder_end(play->recorder, status == STATUS_OK ? play->problem : NULL);
    return status == STATUS_OK ? ended : status;
}

// Days up to the last deed of an attack; without --days at least those.
static enum status settle_days(struct play *play) {
    struct organisation *organisation = play->organisation;
    const struct attack_script *script = &play->script;
    int64_t last_ns = script->count ? script->deeds[script->count - 1].time_ns : 0;
    uint32_t needed = 1, days = play->options->days;
    if (last_ns > organisation->start_ns)
        needed = (uint32_t)((last_ns - organisation->start_ns) / DAY_NS) + 1;
    if (days == 0)
        days = needed > play->scenario->days ? needed : play->scenario->days;
    if (days > SCENARIO_DAYS_MAX || days < needed)
        return problem_set(play->problem, STATUS_USAGE,
                           "days: this variant needs %u (up to %d are possible)", (unsigned)needed,
                           SCENARIO_DAYS_MAX);
    organisation->end_ns = organisation->start_ns + days * DAY_NS;
    return STATUS_OK;
}

static void make_recorder(struct play *play) {
    const struct drill_play_options *options = play->options;
    struct recorder_options recording = {
        .organisation = play->organisation,
        .evidence = play->evidence,
        .choices = {.evtx = options->evtx,
                    .winlogbeat = options->winlogbeat,
                    .zeek_json = options->seed % 2,
                    .tomcat_format = (uint8_t)(options->seed % 3),
                    .gateway_decrypts = options->seed / 2 % 2},
        .loss_millionths = options->loss_millionths,
        .damage_millionths = DAMAGE_MILLIONTHS,
        .packed = true,
    };
    play->recorder = recorder_new(&recording);
}

static bool knows_variant(const struct scenario *scenario, const char *word) {
    for (size_t i = 0; i < scenario->campaign_count; i++)
        for (size_t j = 0; j < scenario->campaigns[i].choice_count; j++)
            for (size_t k = 0; k < scenario->campaigns[i].choices[j].words.count; k++)
                if (strcmp(scenario->campaigns[i].choices[j].words.items[k], word) == 0)
                    return true;
    return false;
}

static enum status want_variants(const struct play *play, struct scenario_words *ret_wanted) {
    const struct drill_play_options *options = play->options;
    if (options->variant_count > SCENARIO_WORDS_MAX)
        return problem_set(play->problem, STATUS_USAGE, "more than %d variants",
                           SCENARIO_WORDS_MAX);
    *ret_wanted = (struct scenario_words){.count = options->variant_count};
    for (size_t i = 0; i < options->variant_count; i++) {
        if (!knows_variant(play->scenario, options->variants[i]))
            return problem_set(play->problem, STATUS_USAGE, "%s has no variant %.60s",
                               play->scenario->name, options->variants[i]);
        ret_wanted->items[i] = options->variants[i];
    }
    return STATUS_OK;
}

static void watch_leases(const struct play *play) {
    for (uint32_t i = 0; i < play->organisation->host_count; i++)
        if (play->organisation->hosts[i].leases && truth_touches(play->truth, i))
            evidence_watch(play->evidence, i);
}

// Nothing is on disk before all of it is known to be possible.
static enum status prepare(struct play *play) {
    const struct drill_play_options *options = play->options;
    struct scenario_words wanted;
    enum status status = scenario_read_file(options->scenario, &play->scenario, play->problem);
    if (status == STATUS_OK)
        status = want_variants(play, &wanted);
    if (status != STATUS_OK)
        return status;
    struct organisation_options founding = {
        .hosts = options->hosts ? options->hosts : play->scenario->hosts,
        .seed = options->seed,
        .start_ns = play->scenario->start_ns,
        .end_ns = play->scenario->start_ns + SCENARIO_DAYS_MAX * DAY_NS,
    };
    status = organisation_new(play->scenario, &founding, &play->organisation, play->problem);
    if (status != STATUS_OK)
        return status;
    play->truth = truth_new(play->scenario, play->organisation);
    status = attack_make(&(struct attack_options){.scenario = play->scenario,
                                                  .organisation = play->organisation,
                                                  .truth = play->truth,
                                                  .victims = options->victims,
                                                  .wanted = wanted.count ? &wanted : NULL},
                         &play->script, play->problem);
    if (status == STATUS_OK)
        status = settle_days(play);
    if (status == STATUS_OK)
        status = evidence_new(options->directory, &play->evidence, play->problem);
    if (status != STATUS_OK)
        return status;
    play->plan = life_plan_new(play->scenario, play->organisation, options->records_a_day);
    watch_leases(play);
    make_recorder(play);
    return STATUS_OK;
}

static enum status perform(struct play *play) {
    const struct organisation *organisation = play->organisation;
    char path[PATH_SIZE_MAX];
    enum status status = STATUS_OK;
    for (size_t i = organisation->central_count;
         i < organisation->host_count && status == STATUS_OK; i++)
        status = play_station(play, &organisation->hosts[i]);
    if (status == STATUS_OK)
        status = play_central(play);
    if (status != STATUS_OK)
        return status;
    truth_know_deeds(play->truth, play->script.deeds, play->script.count);
    snprintf(path, sizeof path, "%s/truth.json", evidence_directory(play->evidence));
    return truth_write(play->truth, play->evidence, path, play->problem);
}

enum status drill_play(const struct drill_play_options *options,
                       struct drill_play_result *ret_result, struct problem *problem) {
    struct play play = {.options = options, .problem = problem};
    enum status status = prepare(&play);
    if (status == STATUS_OK)
        status = perform(&play);
    if (status == STATUS_OK) {
        struct drill_play_result result = {.hosts = play.organisation->host_count,
                                           .deeds = play.deeds,
                                           .attack_deeds = play.script.count,
                                           .files = evidence_file_count(play.evidence)};
        for (uint32_t i = 0; i < result.files; i++) {
            struct evidence_file file = evidence_file_at(play.evidence, i);
            result.records += file.records;
            result.bytes += file.bytes;
        }
        *ret_result = result;
    }
    recorder_free(play.recorder);
    attack_script_done(&play.script);
    life_plan_free(play.plan);
    truth_free(play.truth);
    evidence_free(play.evidence);
    organisation_free(play.organisation);
    scenario_free(play.scenario);
    return status;
}
