// Connections that stand for hours to places hardly anybody knows
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/reading.h"

// A tunnel is one connection that stays: sensors see how long, whatever runs in it. RITA warns from
// an hour on. Services that people use all day (chats, calls, remote desktops of a provider) are
// known to many hosts, or come back on many days.
//
// Cost: one pass over flows and contacts by destination; memory is a number for each host.

enum long_connection_rule {
    LONG_CONNECTION_RARE,
};

static const struct slice TAGS[] = {JUDGEMENT_TEXT("attack.command-and-control"),
                                    JUDGEMENT_TEXT("attack.t1572"),
                                    JUDGEMENT_TEXT("vedette.stage.control")};

static const struct rule RULES[] = {
    [LONG_CONNECTION_RARE] = JUDGEMENT(
        "vedette-beacon-long-connection",
        "Connection of hours to a place outside that hardly any host knows", MEDIUM, TAGS),
};

enum {
    TAKEN_MS_MIN = 3600 * 1000,
    BYTES_MIN = 1 << 20,      // both ways together: an idle connection carries nothing
    BYTES_BACK_MIN = 1 << 16, // an upload gets acknowledgements only
    RARE_HOSTS = 3,           // or 2 % of the fleet
    HABIT_DAYS = 4,           // on so many days it is what the host does
    CANDIDATES_MAX = 32       // of one destination; more are no rare ones
};

struct candidate {
    struct relation relation;
    struct reference references[FINDING_REFERENCES_MAX];
    struct buffer host;
};

struct long_judge {
    const struct detect_context *context;
    const struct detection_sink *sink;
    struct draft draft;
    struct buffer destination;
    uint32_t *seen; // by host: the last destination (numbered) it was counted for
    uint32_t number, hosts;
    struct candidate *candidates;
    uint32_t count;
};

static bool relation_is_long(const struct relation *relation) {
    return relation->count > 0 && relation->taken_ms / relation->count >= TAKEN_MS_MIN &&
           relation->bytes_out + relation->bytes_in >= BYTES_MIN &&
           relation->bytes_out >= BYTES_BACK_MIN && relation->bytes_in >= BYTES_BACK_MIN &&
           relation->day_count < HABIT_DAYS;
}

static void candidate_take(struct long_judge *judge, const struct relation *relation) {
    if (judge->count == CANDIDATES_MAX)
        return;
    struct candidate *candidate = &judge->candidates[judge->count++];
    candidate->relation = *relation;
    memcpy(candidate->references, relation->references,
           relation->reference_count * sizeof *relation->references);
    candidate->relation.references = candidate->references;
    buffer_reset(&candidate->host);
    buffer_append_slice(&candidate->host, reading_from(judge->context, relation));
}

static enum status candidate_tell(struct long_judge *judge, const struct candidate *candidate,
                                  struct problem *problem) {
    const struct relation *relation = &candidate->relation;
    struct draft *draft = &judge->draft;
    struct slice host = buffer_slice(&candidate->host);
    struct slice destination = buffer_slice(&judge->destination);
    uint64_t minutes = relation->taken_ms / relation->count / 60000;
    draft_begin(draft, LONG_CONNECTION_RARE, host, SLICE(""));
    draft_cite(draft, relation);
    draft_say(draft, "what", "%.*s held a connection to %.*s for %llu hours %llu minutes.",
              SLICE_FORMAT(host), SLICE_FORMAT(destination), (unsigned long long)(minutes / 60),
              (unsigned long long)(minutes % 60));
    draft_say(
        draft, "why",
        "%u of %u hosts ever met this place; on %u days; %.1f MB out, %.1f MB in; an hour and "
        "data both ways speak for a tunnel",
        judge->hosts, judge->context->fleet->count, relation->day_count ? relation->day_count : 1,
        (double)relation->bytes_out / 1e6, (double)relation->bytes_in / 1e6);
    draft_say(draft, "confidence", "medium: what ran in it is not known");
    draft_say(
        draft, "benign",
        "Remote support and a partner's private network look the same; they come back on other "
        "days (from %d on it would be a habit) or are known to more hosts.",
        HABIT_DAYS);
    draft_say_text(draft, "destination", destination);
    return draft_tell(draft, judge->sink, problem);
}

static enum status destination_end(struct long_judge *judge, struct problem *problem) {
    enum status status = STATUS_OK;
    uint32_t share = judge->context->fleet->count / 50;
    bool rare = judge->hosts <= (share > RARE_HOSTS ? share : RARE_HOSTS);
    for (uint32_t i = 0; i < judge->count && rare && status == STATUS_OK; i++)
        status = candidate_tell(judge, &judge->candidates[i], problem);
    judge->count = 0;
    judge->hosts = 0;
    judge->number++;
    return status;
}

static enum status relation_take(struct long_judge *judge, const struct relation *relation,
                                 struct problem *problem) {
    enum status status = STATUS_OK;
    if (!slice_equal(relation->to, buffer_slice(&judge->destination))) {
        status = destination_end(judge, problem);
        buffer_reset(&judge->destination);
        buffer_append_slice(&judge->destination, relation->to);
    }
    if (judge->seen[relation->from_host] != judge->number) {
        judge->seen[relation->from_host] = judge->number;
        judge->hosts++;
    }
    if (relation_is_long(relation))
        candidate_take(judge, relation);
    return status;
}

static enum status long_connection_judge(const struct detect_context *context,
                                         const struct detection_sink *sink,
                                         struct problem *problem) {
    struct long_judge judge = {.context = context, .sink = sink, .number = 1};
    draft_init(&judge.draft);
    buffer_init(&judge.destination, RELATION_PART_BYTES_MAX);
    judge.seen = memory_new(context->fleet->count + 1, sizeof *judge.seen);
    judge.candidates = memory_new(CANDIDATES_MAX, sizeof *judge.candidates);
    for (uint32_t i = 0; i < CANDIDATES_MAX; i++)
        buffer_init(&judge.candidates[i].host, RELATION_PART_BYTES_MAX);
    struct reading reading;
    enum status status =
        reading_open(&reading, context, RELATION_MASK(FLOW) | RELATION_MASK(CONTACT),
                     RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        bool ours = relation->from_host < context->fleet->count;
        bool outside = relation->to_host == RELATION_NO_HOST &&
                       (!address_is_address(relation->to) || address_is_outside(relation->to));
        if (ours && outside)
            status = relation_take(&judge, relation, problem);
    }
    if (status == STATUS_OK)
        status = destination_end(&judge, problem);
    reading_close(&reading);
    for (uint32_t i = 0; i < CANDIDATES_MAX; i++)
        buffer_done(&judge.candidates[i].host);
    memory_free(judge.candidates);
    memory_free(judge.seen);
    buffer_done(&judge.destination);
    draft_done(&judge.draft);
    return status;
}

const struct detector detector_long_connection = {
    .name = "long_connection",
    .summary = "connections of hours to places that hardly any host knows",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = long_connection_judge,
};
