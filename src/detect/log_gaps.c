// Logs that were cleared, cut or stopped
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/log_habit.h"

// Cost: two passes over what was cleared and one over the coverage rows (hosts x logs).

enum log_gaps_rule {
    LOG_GAPS_CLEARED,
    LOG_GAPS_HABIT,
    LOG_GAPS_SEVERAL,
    LOG_GAPS_RECORDS,
    LOG_GAPS_DAYS,
};

static const struct slice COVER_TAGS[] = {JUDGEMENT_TEXT("attack.defense-evasion"),
                                          JUDGEMENT_TEXT("attack.t1070.001"),
                                          JUDGEMENT_TEXT("vedette.stage.cover")};

static const struct rule RULES[] = {
    [LOG_GAPS_CLEARED] =
        JUDGEMENT("vedette-log-cleared", "A log was cleared or deleted", MEDIUM, COVER_TAGS),
    [LOG_GAPS_HABIT] =
        JUDGEMENT("vedette-log-cleared-by-habit",
                  "A log that its clearer clears on host after host", LOW, COVER_TAGS),
    [LOG_GAPS_SEVERAL] = JUDGEMENT("vedette-logs-cleared-on-several-hosts",
                                   "One account cleared logs of several hosts", HIGH, COVER_TAGS),
    [LOG_GAPS_RECORDS] = JUDGEMENT("vedette-log-records-missing",
                                   "Record numbers of a log are missing", LOW, COVER_TAGS),
    [LOG_GAPS_DAYS] =
        JUDGEMENT("vedette-log-days-missing",
                  "A log that is written every day has days without a record", LOW, COVER_TAGS),
};

enum {
    DAYS_BEFORE_AND_AFTER = 5, // a log is daily when it has so many days on both sides of a hole
    DAYS_MISSING_MIN = 2,      // week-ends of workstations are shorter than a hole that speaks
};

// What the judgement of cleared logs works with.
struct clearings {
    const struct detect_context *context;
    struct draft draft;
    struct log_habit habit;
};

// Of the records of one log's clearings by one account those that are out of habit, or the others.
static enum status cleared_tell(struct clearings *clearings, const struct relation *relation,
                                bool is_habit, const struct detection_sink *sink,
                                struct problem *problem) {
    const struct detect_context *context = clearings->context;
    struct draft *draft = &clearings->draft;
    char time[CLOCK_TEXT_SIZE];
    struct slice host = reading_to(context, relation);
    draft_begin(draft, is_habit ? LOG_GAPS_HABIT : LOG_GAPS_CLEARED, host, relation->account);
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        const struct reference *reference = &relation->references[i];
        int64_t time_ns = reading_time(context, relation, reference);
        if (log_habit_has(&clearings->habit, context, relation, time_ns) == is_habit)
            draft_cite_record(draft, reference, time_ns);
    }
    if (draft->detection.reference_count == 0)
        return STATUS_OK;
    clock_format_second(draft->detection.first_ns, time);
    draft_say(draft, "what", "The %.*s log of %.*s was cleared at %s%s%.*s.",
              SLICE_FORMAT(relation->artefact), SLICE_FORMAT(host), time,
              relation->account.size ? " by " : "", SLICE_FORMAT(relation->account));
    draft_say(draft, "why",
              "What this log held before is gone: absence of findings on this host "
              "before that time says nothing.");
    draft_say(draft, "benign",
              is_habit ? "The same account clears this log, and no other, on host after host and "
                         "on many days."
                       : "Administrators clear logs when they set up or repair a host; no "
                         "record of the evidence says that this was one.");
    return draft_tell(draft, sink, problem);
}

static enum status cleared_judge(struct clearings *clearings, const struct detection_sink *sink,
                                 struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, clearings->context, RELATION_MASK(LOG_CLEARED),
                                      RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        status = cleared_tell(clearings, &reading.relation, false, sink, problem);
        if (status == STATUS_OK)
            status = cleared_tell(clearings, &reading.relation, true, sink, problem);
    }
    reading_close(&reading);
    return status;
}

// The hosts whose logs one account cleared in one burst. `met` has a place for each host, and is
// left as it was: none.
static enum status burst_tell(struct clearings *clearings, const struct log_clearing *rows,
                              size_t count, bool *met, const struct detection_sink *sink,
                              struct problem *problem) {
    const struct log_habit *habit = &clearings->habit;
    struct draft *draft = &clearings->draft;
    struct slice account = intern_text(&habit->accounts, rows[0].account);
    uint32_t hosts = 0;
    for (size_t i = 0; i < count; i++) {
        hosts += !met[rows[i].host];
        met[rows[i].host] = true;
    }
    draft_begin(draft, LOG_GAPS_SEVERAL, intern_text(&habit->hosts, rows[0].host), account);
    draft_say(draft, "what", "%.*s cleared logs of %u hosts.", SLICE_FORMAT(account), hosts);
    draft_say(draft, "why",
              "Clearing the logs of several hosts by hand is no routine: "
              "whoever did it went from host to host.");
    for (size_t i = 0; i < count; i++) {
        draft_cite_record(draft, &rows[i].reference, rows[i].time_ns);
        if (met[rows[i].host])
            draft_say_text(draft, "host", intern_text(&habit->hosts, rows[i].host));
        met[rows[i].host] = false;
    }
    return hosts > 1 ? draft_tell(draft, sink, problem) : STATUS_OK;
}

static enum status several_judge(struct clearings *clearings, const struct detection_sink *sink,
                                 struct problem *problem) {
    const struct log_habit *habit = &clearings->habit;
    const struct log_clearing *rows = habit->bursts;
    bool *met = memory_new((size_t)habit->hosts.count + 1, sizeof *met);
    enum status status = STATUS_OK;
    for (size_t from = 0, to; from < habit->burst_row_count && status == STATUS_OK; from = to) {
        for (to = from; to < habit->burst_row_count && rows[to].burst == rows[from].burst;)
            to++;
        status = burst_tell(clearings, &rows[from], to - from, met, sink, problem);
    }
    memory_free(met);
    return status;
}

// The widest hole between days with records that has enough days on both sides; its end's index.
static uint32_t widest_hole(const struct relation *relation) {
    uint32_t widest = 0;
    int32_t width = DAYS_MISSING_MIN;
    for (uint32_t i = DAYS_BEFORE_AND_AFTER; i + DAYS_BEFORE_AND_AFTER <= relation->day_count;
         i++) {
        int32_t missing = relation->days[i].day - relation->days[i - 1].day - 1;
        int32_t before = relation->days[i - 1].day - relation->days[i - DAYS_BEFORE_AND_AFTER].day;
        if (missing > width && before == DAYS_BEFORE_AND_AFTER - 1) {
            widest = i;
            width = missing;
        }
    }
    return widest;
}

static enum status coverage_tell(struct draft *draft, const struct detect_context *context,
                                 const struct relation *relation, const struct detection_sink *sink,
                                 struct problem *problem) {
    struct slice host = reading_to(context, relation);
    uint64_t span = relation->bytes_in_max - relation->bytes_in_min + 1;
    enum status status = STATUS_OK;
    if (relation->bytes_in_max && span > relation->count + 1) {
        draft_begin(draft, LOG_GAPS_RECORDS, host, SLICE(""));
        draft_cite(draft, relation);
        draft_say(draft, "what", "%llu records of the %.*s log of %.*s are missing.",
                  (unsigned long long)(span - relation->count), SLICE_FORMAT(relation->artefact),
                  SLICE_FORMAT(host));
        draft_say(draft, "why", "record ids run from %llu to %llu, %llu records are there",
                  (unsigned long long)relation->bytes_in_min,
                  (unsigned long long)relation->bytes_in_max, (unsigned long long)relation->count);
        draft_say(draft, "benign", "A damaged or filtered log looks the same: see the gaps.");
        status = draft_tell(draft, sink, problem);
    }
    uint32_t hole = widest_hole(relation);
    if (status != STATUS_OK || !hole)
        return status;
    char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
    day_text(relation->days[hole - 1].day, from);
    day_text(relation->days[hole].day, to);
    draft_begin(draft, LOG_GAPS_DAYS, host, SLICE(""));
    draft_cite(draft, relation);
    draft_say(draft, "what", "The %.*s log of %.*s has no record between %s and %s.",
              SLICE_FORMAT(relation->artefact), SLICE_FORMAT(host), from, to);
    draft_say(draft, "why", "it has records on each of the %d days before and on %d after",
              DAYS_BEFORE_AND_AFTER, DAYS_BEFORE_AND_AFTER);
    draft_say(draft, "benign", "A host that was switched off looks the same.");
    return draft_tell(draft, sink, problem);
}

static enum status coverage_judge(const struct detect_context *context, struct draft *draft,
                                  const struct detection_sink *sink, struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, context, RELATION_MASK(COVERAGE), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        status = coverage_tell(draft, context, &reading.relation, sink, problem);
    reading_close(&reading);
    return status;
}

static enum status log_gaps_judge(const struct detect_context *context,
                                  const struct detection_sink *sink, struct problem *problem) {
    struct clearings clearings = {.context = context};
    draft_init(&clearings.draft);
    enum status status = log_habit_init(&clearings.habit, context, problem);
    if (status == STATUS_OK)
        status = cleared_judge(&clearings, sink, problem);
    if (status == STATUS_OK)
        status = several_judge(&clearings, sink, problem);
    if (status == STATUS_OK)
        status = coverage_judge(context, &clearings.draft, sink, problem);
    log_habit_done(&clearings.habit);
    draft_done(&clearings.draft);
    return status;
}

const struct detector detector_log_gaps = {
    .name = "log_gaps",
    .summary = "logs that were cleared, cut or stopped",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = log_gaps_judge,
};
