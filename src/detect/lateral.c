// Hosts that were reached from other hosts
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/suspect.h"

#include <stdlib.h>
#include <string.h>

// Cost: movement.h's two passes, one over program starts, files and remote executions, one more
// over relations between hosts to cite them.
//
// 1. A pair of hosts speaks by points: who moves out of habit loses some, who never did wins some.
// 2. What was run on a host is laid to the pair whose session began last before it.

enum lateral_rule {
    LATERAL_EXECUTION,
    LATERAL_EXECUTION_LIKELY,
    LATERAL_TRANSFER,
    LATERAL_ACCOUNT,
    LATERAL_LOGON,
    LATERAL_SESSION,
};

#define STAGE_SPREAD JUDGEMENT_TEXT("vedette.stage.spread")

// Each finding names the technique that its records show (pair_techniques_say).
static const struct slice MOVE_TAGS[] = {JUDGEMENT_TEXT("attack.lateral-movement"),
                                         JUDGEMENT_TEXT("attack.t1021"), STAGE_SPREAD};
static const struct slice TRANSFER_TAGS[] = {JUDGEMENT_TEXT("attack.lateral-movement"),
                                             JUDGEMENT_TEXT("attack.t1570"), STAGE_SPREAD};

static const struct rule RULES[] = {
    [LATERAL_EXECUTION] =
        JUDGEMENT("vedette-lateral-execution", "Host ran a program that another host brought to it",
                  HIGH, MOVE_TAGS),
    [LATERAL_EXECUTION_LIKELY] =
        JUDGEMENT("vedette-lateral-execution-likely",
                  "Host ran a program while another one was logged on", MEDIUM, MOVE_TAGS),
    [LATERAL_TRANSFER] = JUDGEMENT("vedette-lateral-transfer",
                                   "Program written over a share by a host that never did before",
                                   MEDIUM, TRANSFER_TAGS),
    [LATERAL_ACCOUNT] =
        JUDGEMENT("vedette-lateral-account",
                  "Account used from a host where it was never used before", MEDIUM, MOVE_TAGS),
    [LATERAL_LOGON] =
        JUDGEMENT("vedette-lateral-logon", "Logon by a host that does not log on to others", MEDIUM,
                  MOVE_TAGS),
    // Alone it says little; from a host that is in somebody's hands it says a lot (edge.h).
    [LATERAL_SESSION] = JUDGEMENT("vedette-lateral-session",
                                  "First session of a host that had never moved", LOW, MOVE_TAGS),
};

#define SECOND_NS 1000000000ll
#define DAY_NS (86400 * SECOND_NS)
#define BEFORE_NS (60 * SECOND_NS) // clocks that nothing could settle
#define AFTER_NS (900 * SECOND_NS) // a session is young
#define NEAR_NS (3600 * SECOND_NS) // connections that belong to a session

enum {
    FAN_OUT_MIN = 3,      // new targets in a day
    COMMON_HOSTS_MIN = 3, // a program on more hosts was rolled out
    RUNS_CITED_MAX = 8
};

// How something is run from afar.
enum run_way {
    RUN_SERVICE,
    RUN_WMI,
    RUN_WINRM,
    RUN_TASK,
    RUN_WAY_COUNT
};

struct lateral {
    const struct detect_context *context;
    struct movement movement;
    bool *quiet;         // by host: it did not move to others before
    uint32_t *by_target; // pairs that are no habit, by (to, first)
    uint32_t by_target_count;
    struct run {
        uint32_t pair;
        bool sure;    // parent or mechanism says that it came from afar
        unsigned how; // 1 << enum run_way
        int64_t time_ns;
        struct reference reference;
    } * runs; // at last by (pair, reference)
    uint32_t run_count;
};

static bool pair_is_novel(const struct movement_pair *pair) {
    return pair->day_count <= NOVEL_DAYS_MAX;
}

static int by_target_compare(const void *left, const void *right, void *context) {
    const struct movement_pair *pairs = context;
    const struct movement_pair *a = &pairs[*(const uint32_t *)left];
    const struct movement_pair *b = &pairs[*(const uint32_t *)right];
    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return a->from < b->from ? -1 : a->from > b->from;
}

static void targets_index(struct lateral *lateral) {
    struct movement *movement = &lateral->movement;
    lateral->by_target = memory_new(movement->pair_count + 1, sizeof *lateral->by_target);
    for (uint32_t i = 0; i < movement->pair_count; i++)
        if (pair_is_novel(&movement->pairs[i]) && movement->pairs[i].first_ns != INT64_MAX)
            lateral->by_target[lateral->by_target_count++] = i;
    qsort_r(lateral->by_target, lateral->by_target_count, sizeof *lateral->by_target,
            by_target_compare, movement->pairs);
}

static bool time_is_in_session(const struct movement_pair *pair, int64_t time_ns) {
    return (time_ns >= pair->first_ns - BEFORE_NS && time_ns <= pair->first_ns + AFTER_NS) ||
           (time_ns >= pair->last_ns - BEFORE_NS && time_ns <= pair->last_ns + AFTER_NS);
}

// The pair whose session began last before a time; TABLE_NONE.
static uint32_t session_find(const struct lateral *lateral, uint32_t to, int64_t time_ns) {
    const struct movement_pair *pairs = lateral->movement.pairs;
    uint32_t low = 0, high = lateral->by_target_count, found = TABLE_NONE;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pairs[lateral->by_target[middle]].to < to)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint32_t i = low; i < lateral->by_target_count && pairs[lateral->by_target[i]].to == to;
         i++)
        if (time_is_in_session(&pairs[lateral->by_target[i]], time_ns))
            found = lateral->by_target[i];
    return found;
}

static bool parent_serves_others(struct slice parent) {
    static const char *const PARENTS[] = {"\\wmiprvse.exe", "\\wsmprovhost.exe", "\\winrshost.exe",
                                          "\\psexesvc.exe"};
    for (size_t i = 0; i < ARRAY_SIZE(PARENTS); i++)
        if (slice_ends(parent, slice_of_string(PARENTS[i])))
            return true;
    return false;
}

// By the program that started it, or by the name of the interface that was called.
static unsigned relation_ways(const struct relation *relation) {
    static const struct {
        const char *parent, *interface;
        enum run_way way;
    } WAYS[] = {
        {"\\services.exe", "service", RUN_SERVICE}, {"\\psexesvc.exe", "service", RUN_SERVICE},
        {"\\wmiprvse.exe", "wmi", RUN_WMI},         {"\\wsmprovhost.exe", "winrm", RUN_WINRM},
        {"\\winrshost.exe", "winrm", RUN_WINRM},    {"\\taskeng.exe", "task", RUN_TASK},
    };
    unsigned ways = 0;
    for (size_t i = 0; i < ARRAY_SIZE(WAYS); i++)
        if (relation->kind == RELATION_SPAWN
                ? slice_ends(relation->detail[0], slice_of_string(WAYS[i].parent))
                : relation->kind == RELATION_REMOTE_EXECUTION &&
                      slice_equal_string(relation->artefact, WAYS[i].interface))
            ways |= 1u << WAYS[i].way;
    return ways;
}

static bool path_is_program(struct slice path) {
    return slice_ends(path, SLICE(".exe")) || slice_ends(path, SLICE(".dll")) ||
           slice_ends(path, SLICE(".sys")) || slice_ends(path, SLICE(".bat"));
}

// Whether a relation is what is run, or brought, from afar; `ret_sure` without regard to how many
// hosts have the same.
static bool relation_is_run(const struct relation *relation, bool *ret_sure) {
    *ret_sure = false;
    switch (relation->kind) {
    case RELATION_REMOTE_EXECUTION:
        *ret_sure = relation->from.size == 0;
        return *ret_sure;
    case RELATION_SPAWN:
        *ret_sure = parent_serves_others(relation->detail[0]);
        return *ret_sure || slice_ends(relation->detail[0], SLICE("\\services.exe"));
    case RELATION_FILE: // the SMB server writes as "System"
        return path_is_program(relation->artefact) &&
               (slice_equal_string(relation->detail[1], "system") ||
                slice_equal_string(relation->detail[2], "listed"));
    default:
        return false;
    }
}

static void run_take(struct lateral *lateral, const struct relation *relation, bool sure) {
    uint32_t to = intern_find(&lateral->movement.names, reading_to(lateral->context, relation));
    if (to == INTERN_FULL)
        return;
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        int64_t time_ns = reading_time(lateral->context, relation, &relation->references[i]);
        if (time_ns == CLOCK_NONE || lateral->run_count == MOVEMENT_RUNS_MAX)
            continue;
        uint32_t pair = session_find(lateral, to, time_ns);
        if (pair == TABLE_NONE)
            continue;
        lateral->runs[lateral->run_count++] = (struct run){.pair = pair,
                                                           .sure = sure,
                                                           .how = relation_ways(relation),
                                                           .time_ns = time_ns,
                                                           .reference = relation->references[i]};
    }
}

// The runs of one artefact: programs that many hosts have say nothing.
struct run_group {
    struct buffer artefact, host;
    uint32_t hosts, first_run;
};

// In evidence of a day or two nobody's habits are known. Where hosts log on to each other all the
// same, a program beside a session is chance: only what surely came from afar counts.
static bool habits_are_unknown(const struct lateral *lateral) {
    return lateral->movement.span_days < BASELINE_DAYS &&
           lateral->by_target_count > lateral->context->fleet->count;
}

static void run_group_end(struct lateral *lateral, const struct run_group *group) {
    uint32_t part = lateral->context->fleet->count / 50;
    uint32_t common = part > COMMON_HOSTS_MIN ? part : COMMON_HOSTS_MIN;
    uint32_t to = group->first_run;
    if (habits_are_unknown(lateral))
        common = 0;
    for (uint32_t i = group->first_run; i < lateral->run_count; i++)
        if (lateral->runs[i].sure || group->hosts <= common)
            lateral->runs[to++] = lateral->runs[i];
    lateral->run_count = to;
}

static int run_compare(const void *left, const void *right) {
    const struct run *a = left, *b = right;
    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    return reference_compare(&a->reference, &b->reference);
}

static void runs_assign(struct lateral *lateral) {
    if (lateral->run_count)
        qsort(lateral->runs, lateral->run_count, sizeof *lateral->runs, run_compare);
    for (uint32_t i = 0; i < lateral->run_count; i++) {
        struct movement_pair *pair = &lateral->movement.pairs[lateral->runs[i].pair];
        if (pair->run_count++ == 0)
            pair->run = i;
        pair->signs |= MOVEMENT_RUN;
    }
}

static enum status runs_read(struct lateral *lateral, struct problem *problem) {
    struct run_group group = {.hosts = 0};
    buffer_init(&group.artefact, RELATION_PART_BYTES_MAX);
    buffer_init(&group.host, RELATION_PART_BYTES_MAX);
    lateral->runs = memory_new(MOVEMENT_RUNS_MAX, sizeof *lateral->runs);
    struct reading reading;
    enum status status =
        reading_open(&reading, lateral->context,
                     RELATION_MASK(REMOTE_EXECUTION) | RELATION_MASK(SPAWN) | RELATION_MASK(FILE),
                     RELATION_ORDER_ARTEFACT, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        bool sure;
        if (!relation_is_run(relation, &sure))
            continue;
        if (!slice_equal(relation->artefact, buffer_slice(&group.artefact))) {
            run_group_end(lateral, &group);
            buffer_reset(&group.artefact);
            buffer_append_slice(&group.artefact, relation->artefact);
            buffer_reset(&group.host);
            group.hosts = 0;
            group.first_run = lateral->run_count;
        }
        if (!slice_equal(relation->to, buffer_slice(&group.host))) {
            buffer_reset(&group.host);
            buffer_append_slice(&group.host, relation->to);
            group.hosts++;
        }
        run_take(lateral, relation, sure);
    }
    run_group_end(lateral, &group);
    reading_close(&reading);
    buffer_done(&group.artefact);
    buffer_done(&group.host);
    runs_assign(lateral);
    return status;
}

// The account came to its source from elsewhere: not at home there, and used from others before,
// or by nobody for days.
static bool account_is_strange(const struct lateral *lateral, const struct movement_pair *pair) {
    const struct movement *movement = &lateral->movement;
    if (pair->account == INTERN_FULL)
        return false;
    // An address that nothing names may be its own user's host today.
    if (address_is_address(intern_text(&movement->names, pair->from)) &&
        !(pair->signs & (MOVEMENT_SSH | MOVEMENT_NTLM)))
        return false;
    struct movement_use use = movement_use_of(movement, pair->account, pair->from);
    if (use.remote_ns == INT64_MAX || use.local_ns < use.remote_ns)
        return false;
    return movement->account_first_ns[pair->account] < use.remote_ns ||
           use.remote_ns - movement->first_ns >= BASELINE_DAYS * DAY_NS;
}

static bool source_fans_out(const struct lateral *lateral, const struct movement_pair *pair) {
    const struct movement *movement = &lateral->movement;
    if (pair->first_ns == INT64_MAX)
        return false;
    uint32_t count = 0, at = (uint32_t)(pair - movement->pairs), from = at;
    while (from > 0 && movement->pairs[from - 1].from == pair->from)
        from--;
    for (uint32_t i = from; i < movement->pair_count && movement->pairs[i].from == pair->from;
         i++) {
        const struct movement_pair *other = &movement->pairs[i];
        int64_t apart = other->first_ns == INT64_MAX       ? INT64_MAX
                        : other->first_ns > pair->first_ns ? other->first_ns - pair->first_ns
                                                           : pair->first_ns - other->first_ns;
        count +=
            pair_is_novel(other) && apart <= DAY_NS && !movement_is_popular(movement, other->to);
        if (count >= FAN_OUT_MIN)
            return true;
    }
    return false;
}

static int pair_score(const struct lateral *lateral, const struct movement_pair *pair) {
    const struct movement *movement = &lateral->movement;
    int score = movement_is_habit(movement, pair->from) ? -2 : 2;
    score -= movement_is_popular(movement, pair->to) ? 3 : 0;
    score += account_is_strange(lateral, pair);
    score += pair->signs & MOVEMENT_NTLM ? 1 : 0;
    score += pair->signs & (MOVEMENT_RUN | MOVEMENT_EXECUTION) ? 2 : 0;
    score += pair->signs & MOVEMENT_PROGRAM ? 1 : 0;
    score -= pair->signs & MOVEMENT_SEEN ? 0 : 1; // on the wire only
    return score + (source_fans_out(lateral, pair) ? 1 : 0);
}

static void pairs_judge(struct lateral *lateral) {
    struct movement *movement = &lateral->movement;
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        struct movement_pair *pair = &movement->pairs[i];
        pair->score = pair_is_novel(pair) ? pair_score(lateral, pair) : 0;
    }
}

static enum lateral_rule pair_rule(const struct lateral *lateral,
                                   const struct movement_pair *pair) {
    if (pair->signs & (MOVEMENT_RUN | MOVEMENT_EXECUTION))
        return pair->score >= POINTS_HIGH ? LATERAL_EXECUTION : LATERAL_EXECUTION_LIKELY;
    if (pair->signs & MOVEMENT_PROGRAM)
        return LATERAL_TRANSFER;
    if (account_is_strange(lateral, pair))
        return LATERAL_ACCOUNT;
    return pair->score < POINTS_MEDIUM ? LATERAL_SESSION : LATERAL_LOGON;
}

static const char *signs_words(unsigned signs) {
    if (signs & MOVEMENT_SSH)
        return "over SSH";
    if (signs & MOVEMENT_DESKTOP)
        return "to its desktop";
    return signs & MOVEMENT_NTLM ? "over the network by NTLM" : "over the network";
}

static void pair_begin(const struct lateral *lateral, const struct movement_pair *pair,
                       struct draft *draft) {
    const struct movement *movement = &lateral->movement;
    struct slice account =
        pair->account == INTERN_FULL ? SLICE("") : intern_text(&movement->accounts, pair->account);
    draft_begin(draft, pair_rule(lateral, pair), intern_text(&movement->names, pair->to), account);
    uint32_t cited = pair->run_count < RUNS_CITED_MAX ? pair->run_count : RUNS_CITED_MAX;
    for (uint32_t i = 0; i < cited; i++) {
        const struct run *run = &lateral->runs[pair->run + i];
        draft_cite_record(draft, &run->reference, run->time_ns);
    }
}

// What the cited records show, and nothing beside it.
static void pair_techniques_say(const struct lateral *lateral, const struct movement_pair *pair,
                                struct draft *draft) {
    static const char *const WAYS[RUN_WAY_COUNT] = {[RUN_SERVICE] = "T1569.002",
                                                    [RUN_WMI] = "T1047",
                                                    [RUN_WINRM] = "T1021.006",
                                                    [RUN_TASK] = "T1053.005"};
    unsigned ways = 0;
    uint32_t cited = pair->run_count < RUNS_CITED_MAX ? pair->run_count : RUNS_CITED_MAX;
    for (uint32_t i = 0; i < cited; i++)
        ways |= lateral->runs[pair->run + i].how;
    bool program = pair->signs & MOVEMENT_PROGRAM;
    draft_say(draft, "technique", "%s",
              pair->signs & MOVEMENT_SSH       ? "T1021.004"
              : pair->signs & MOVEMENT_DESKTOP ? "T1021.001"
              : program                        ? "T1021.002"
                                               : "T1021");
    if (program)
        draft_say(draft, "technique", "T1570");
    for (int way = 0; way < RUN_WAY_COUNT; way++)
        if (ways >> way & 1)
            draft_say(draft, "technique", "%s", WAYS[way]);
    if (account_is_strange(lateral, pair))
        draft_say(draft, "technique", "T1078");
}

static enum status pair_tell(const struct lateral *lateral, const struct movement_pair *pair,
                             struct draft *draft, const struct detection_sink *sink,
                             struct problem *problem) {
    const struct movement *movement = &lateral->movement;
    const struct movement_host *source = &movement->hosts[pair->from];
    struct slice from = intern_text(&movement->names, pair->from);
    struct slice to = intern_text(&movement->names, pair->to);
    bool named = pair->account != INTERN_FULL, strange = account_is_strange(lateral, pair);
    draft_say(draft, "what", "%.*s %s %.*s %s%s%.*s%s%s.", SLICE_FORMAT(from),
              pair->signs & MOVEMENT_SEEN ? "logged on to" : "opened a session to",
              SLICE_FORMAT(to), signs_words(pair->signs), named ? " as " : "",
              SLICE_FORMAT(named ? intern_text(&movement->accounts, pair->account) : SLICE("")),
              pair->signs & MOVEMENT_PROGRAM ? ", wrote a program to a share" : "",
              pair->signs & (MOVEMENT_RUN | MOVEMENT_EXECUTION) ? ", and something was run there"
                                                                : "");
    draft_say(
        draft, "why",
        "seen on %u day%s; the source logs on to %u hosts, to %u of them on several days%s%s; "
        "%d points (%d are enough)",
        pair->day_count, pair->day_count == 1 ? "" : "s", source->targets, source->recurrent,
        strange ? "; the account was never used from there before" : "",
        source_fans_out(lateral, pair) ? "; it reached several new hosts within a day" : "",
        pair->score, POINTS_MEDIUM);
    draft_say(draft, "confidence",
              pair->score >= POINTS_HIGH ? "high: several signs agree"
              : pair->score >= POINTS_MEDIUM
                  ? "medium"
                  : "low: a session alone, though the first of its source");
    draft_say(draft, "benign",
              movement_is_habit(movement, pair->from)
                  ? "The source logs on to others out of habit; what was run, or as whom, is new."
                  : "An administrator's host or a management tool would log on to the same hosts "
                    "again and again: this source does not.");
    draft_say_text(draft, "source", from);
    draft_say(draft, "source_quiet_days", "%u",
              lateral->quiet[pair->from] ? movement->span_days : 0);
    pair_techniques_say(lateral, pair, draft);
    return draft_tell(draft, sink, problem);
}

// Of a relation's records those that belong to the pair's sessions: the same connections may have
// been made the day before.
static void near_cite(const struct lateral *lateral, const struct movement_pair *pair,
                      const struct relation *relation, struct draft *draft) {
    bool timeless = pair->first_ns == INT64_MAX || relation->first_ns == CLOCK_NONE;
    int64_t from = pair->first_ns - NEAR_NS, until = pair->last_ns + NEAR_NS;
    if (timeless || (relation->first_ns >= from && relation->last_ns <= until)) {
        draft_cite(draft, relation);
        return;
    }
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        int64_t time_ns = reading_time(lateral->context, relation, &relation->references[i]);
        if (time_ns >= from && time_ns <= until)
            draft_cite_record(draft, &relation->references[i], time_ns);
    }
}

// In a day or two of evidence every logon is the first one: nothing can be said to be new.
static bool pair_is_told(const struct lateral *lateral, const struct movement_pair *pair) {
    const struct detect_context *context = lateral->context;
    bool long_enough = context->last_ns - context->first_ns >= 2 * DAY_NS;
    enum lateral_rule rule = pair_rule(lateral, pair);
    if (rule == LATERAL_SESSION)
        return long_enough && pair->score >= POINTS_SESSION && lateral->quiet[pair->from];
    return pair->score >= POINTS_MEDIUM &&
           (long_enough || (rule != LATERAL_ACCOUNT && rule != LATERAL_LOGON));
}

// The same walk as the one that made the pairs, so that they come in the same order.
static enum status pairs_tell(const struct lateral *lateral, const struct detection_sink *sink,
                              struct problem *problem) {
    const struct movement *movement = &lateral->movement;
    struct draft draft;
    draft_init(&draft);
    struct movement_walk walk;
    enum status status = movement_walk_open(&walk, movement, problem);
    const struct movement_pair *open = NULL;
    while (status == STATUS_OK && (status = movement_walk_next(&walk, problem)) == STATUS_OK) {
        if (open && open != walk.pair)
            status = pair_tell(lateral, open, &draft, sink, problem);
        if (!walk.more || status != STATUS_OK)
            break;
        bool told = walk.pair && pair_is_told(lateral, walk.pair);
        if (told && open != walk.pair)
            pair_begin(lateral, walk.pair, &draft);
        open = told ? walk.pair : NULL;
        if (told)
            near_cite(lateral, walk.pair, &walk.reading.relation, &draft);
    }
    movement_walk_close(&walk);
    draft_done(&draft);
    return status;
}

static enum status lateral_judge(const struct detect_context *context,
                                 const struct detection_sink *sink, struct problem *problem) {
    struct lateral lateral = {.context = context};
    movement_init(&lateral.movement, context);
    enum status status = movement_read(&lateral.movement, problem);
    if (status == STATUS_OK && lateral.movement.pair_count) {
        targets_index(&lateral);
        status = runs_read(&lateral, problem);
        pairs_judge(&lateral);
        lateral.quiet = quiet_hosts_find(&lateral.movement);
        suspects_judge(&lateral.movement, lateral.quiet);
        if (status == STATUS_OK)
            status = pairs_tell(&lateral, sink, problem);
    }
    memory_free(lateral.quiet);
    memory_free(lateral.by_target);
    memory_free(lateral.runs);
    movement_done(&lateral.movement);
    return status;
}

const struct detector detector_lateral = {
    .name = "lateral",
    .summary = "hosts that were reached from other hosts, against what is habit",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = lateral_judge,
};
