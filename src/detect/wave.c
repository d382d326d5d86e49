// Waves: packages that many hosts took
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/reading.h"
#include "detect/wave_book.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// Cost: two passes over fetches, one over program starts, files and contacts (wave_victims.c), and
// one sort of the victims.

enum wave_rule {
    WAVE_REPLACED,
    WAVE_HOST,
    WAVE_WHOLE,
};

static const struct slice WAVE_TAGS[] = {
    JUDGEMENT_TEXT("attack.initial-access"), JUDGEMENT_TEXT("attack.t1195.002"),
    JUDGEMENT_TEXT("attack.lateral-movement"), JUDGEMENT_TEXT("attack.t1072"),
    JUDGEMENT_TEXT("vedette.stage.spread")};

static const struct rule RULES[] = {
    [WAVE_REPLACED] =
        JUDGEMENT("vedette-wave-package-replaced",
                  "Package of an upgrade server replaced by bytes never released", HIGH, WAVE_TAGS),
    [WAVE_HOST] = JUDGEMENT("vedette-wave-host", "Host took a package that was never released",
                            HIGH, WAVE_TAGS),
    [WAVE_WHOLE] = JUDGEMENT("vedette-wave-hosts", "Wave of a package that was never released",
                             HIGH, WAVE_TAGS),
};

#define WINDOW_NS (600 * 1000000000ll)
#define QUIET_NS (86400 * 1000000000ll) // between two waves of one package

static enum status replaced_tell(const struct wave_interval *interval, struct draft *draft,
                                 const struct detection_sink *sink, struct problem *problem) {
    if (interval->cited.reference_count == 0 || interval->is_inferred)
        return STATUS_OK;
    char from[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
    clock_format_minute(interval->from_ns, from);
    clock_format_minute(interval->until_ns, until);
    draft_begin(draft, WAVE_REPLACED, interval->server, SLICE(""));
    draft_cite(draft, &interval->cited);
    bool other_signer = interval->signer.size && interval->signer_before.size &&
                        !slice_equal(interval->signer, interval->signer_before);
    draft_say(draft, "what",
              "%.*s offered %.*s with bytes that were never released%s%.*s%s%.*s, from %s%s%s.",
              SLICE_FORMAT(interval->server), SLICE_FORMAT(interval->path),
              other_signer ? ", signed by " : "",
              SLICE_FORMAT(other_signer ? interval->signer : SLICE("")),
              other_signer ? " and no longer by " : "",
              SLICE_FORMAT(other_signer ? interval->signer_before : SLICE("")), from,
              interval->until_ns == INT64_MAX ? " on" : " to ",
              interval->until_ns == INT64_MAX ? "" : until);
    draft_say(draft, "why",
              "%s; version %.*s stayed the same; %u different digest%s; size %llu, "
              "before %llu",
              interval->has_list ? "the maker's list of releases does not hold its digest"
                                 : "the digest changed and the version did not",
              SLICE_FORMAT(interval->version), interval->digest_count,
              interval->digest_count == 1 ? "" : "s", (unsigned long long)interval->size,
              (unsigned long long)interval->size_before);
    draft_say(draft, "confidence",
              interval->has_list ? "high: a list says what was released"
                                 : "medium: no list of releases was given");
    draft_say(draft, "benign",
              "A maker who repacks a release without a new version looks the same; "
              "ask him for the digest.");
    draft_say_text(draft, "artefact", interval->path);
    for (uint32_t i = 0; i < interval->digest_count && i < WAVE_DIGESTS_MAX; i++)
        draft_say_text(draft, "artefact", interval->digests[i]);
    return draft_tell(draft, sink, problem);
}

// G-test of a source: of m victims k fetched from it within the window before the package arrived;
// b is the share of all such windows in which a host fetches from it anyway.
struct source_test {
    uint32_t victims, fetched;
    double base, g;
};

static struct source_test source_test_of(const struct wave_book *book, uint32_t interval,
                                         double base) {
    struct source_test test = {.base = base};
    for (uint32_t i = 0; i < book->victim_count; i++) {
        const struct wave_victim *victim = &book->victims[i];
        if (victim->interval != interval)
            continue;
        test.victims++;
        bool before = victim->fetched_ns != CLOCK_NONE &&
                      (victim->arrived_ns == CLOCK_NONE ||
                       (victim->arrived_ns >= victim->fetched_ns - WINDOW_NS &&
                        victim->arrived_ns <= victim->fetched_ns + QUIET_NS));
        test.fetched += before;
    }
    double m = test.victims, c = test.victims ? test.fetched / m : 0;
    if (c > base && base > 0) {
        test.g = c * log(c / base);
        if (c < 1)
            test.g += (1 - c) * log((1 - c) / (1 - base));
        test.g *= 2 * m;
    }
    return test;
}

// How often a host fetches from the server in a window, over all hosts and all of the time.
static enum status base_rate(const struct wave_book *book, const struct wave_interval *interval,
                             double *ret_base, struct problem *problem) {
    const struct detect_context *context = book->context;
    uint64_t fetches = 0;
    struct reading reading;
    enum status status =
        reading_open(&reading, context, RELATION_MASK(UPDATE_FETCH), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        if (reading.relation.to_host == interval->server_host)
            fetches += reading.relation.count;
    reading_close(&reading);
    double windows = (double)(context->last_ns - context->first_ns) / (double)WINDOW_NS *
                     (context->fleet->count ? context->fleet->count : 1);
    double base = windows > 0 ? (double)fetches / windows : 1;
    *ret_base = base < 1e-9 ? 1e-9 : base > 1 ? 1 : base;
    return status;
}

static void evidence_words(unsigned evidence, char text[64]) {
    static const char *const WORDS[] = {"fetched", "present", "executed", "called back"};
    size_t size = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < 4; i++)
        if (evidence >> i & 1)
            size += (size_t)snprintf(text + size, 64 - size, "%s%s", size ? ", " : "", WORDS[i]);
}

static enum status host_tell(const struct wave_book *book, const struct wave_victim *victim,
                             struct draft *draft, const struct detection_sink *sink,
                             struct problem *problem) {
    const struct wave_interval *interval = &book->intervals[victim->interval];
    if (victim->reference_count == 0)
        return STATUS_OK;
    struct relation cited = {.references = victim->references,
                             .reference_count = victim->reference_count,
                             .first_ns = victim->first_ns,
                             .last_ns = victim->last_ns,
                             .count = victim->records};
    char words[64];
    evidence_words(victim->evidence, words);
    draft_begin(draft, WAVE_HOST, victim->name, SLICE(""));
    draft_cite(draft, &cited);
    struct slice server = interval->server.size ? interval->server : SLICE("an unknown server");
    if (victim->first_ns == CLOCK_NONE)
        draft_say(draft, "what",
                  "%.*s has the very bytes that %.*s offered as %.*s and that were never released; "
                  "when they came is unknown.",
                  SLICE_FORMAT(victim->name), SLICE_FORMAT(server), SLICE_FORMAT(interval->name));
    else if (victim->by_dropped)
        draft_say(
            draft, "what",
            "%.*s had %.*s (%s), as had hosts that took %.*s from %.*s while it was none that "
            "was released.",
            SLICE_FORMAT(victim->name), SLICE_FORMAT(victim->dropped), words,
            SLICE_FORMAT(interval->name), SLICE_FORMAT(server));
    else
        draft_say(
            draft, "what", "%.*s took %.*s from %.*s while it was none that was released (%s).",
            SLICE_FORMAT(victim->name), SLICE_FORMAT(interval->name), SLICE_FORMAT(server), words);
    struct slice dropped = victim->dropped.size ? victim->dropped : SLICE("a program");
    if (interval->is_inferred)
        draft_say(
            draft, "why",
            "no catalogue is left; there or elsewhere the package started %.*s out of a place "
            "that any user may write to; evidence: %s",
            SLICE_FORMAT(dropped), words);
    else
        draft_say(draft, "why", "evidence: %s%s", words,
                  victim->first_ns == CLOCK_NONE ? " (same SHA-256; the record has no time)" : "");
    bool is_sure = victim->evidence & WAVE_EXECUTED && !victim->by_dropped;
    draft_say(draft, "confidence", is_sure ? "high" : "medium");
    if (interval->server.size)
        draft_say_text(draft, "source", interval->server);
    if (victim->dropped.size)
        draft_say_text(draft, "artefact", victim->dropped);
    draft_say_text(draft, "artefact", interval->path);
    return draft_tell(draft, sink, problem);
}

static int victim_compare(const void *left, const void *right) {
    const struct wave_victim *a = left, *b = right;
    if (a->interval != b->interval)
        return a->interval < b->interval ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return slice_compare(a->name, b->name);
}

// Without a quiet day between them. Those whose time nothing tells come first, by themselves.
static bool victims_are_near(const struct wave_victim *before, const struct wave_victim *after) {
    if (before->interval != after->interval)
        return false;
    if (before->first_ns == CLOCK_NONE || after->first_ns == CLOCK_NONE)
        return before->first_ns == after->first_ns;
    return after->first_ns - before->first_ns < QUIET_NS;
}

// Victims [from, to) of one interval: one wave.
static enum status wave_tell(const struct wave_book *book, uint32_t from, uint32_t to,
                             const struct source_test *test, struct draft *draft,
                             const struct detection_sink *sink, struct problem *problem) {
    const struct wave_interval *interval = &book->intervals[book->victims[from].interval];
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
    clock_format_minute(book->victims[from].first_ns, first);
    clock_format_minute(book->victims[to - 1].first_ns, last);
    draft_begin(draft, WAVE_WHOLE, interval->server, SLICE(""));
    for (uint32_t i = from; i < to; i++) {
        struct relation cited = {.references = book->victims[i].references,
                                 .reference_count = book->victims[i].reference_count ? 1 : 0,
                                 .first_ns = book->victims[i].first_ns,
                                 .last_ns = book->victims[i].first_ns,
                                 .count = 1};
        draft_cite(draft, &cited);
    }
    if (draft->detection.reference_count == 0)
        return STATUS_OK;
    const char *plural = to - from == 1 ? "" : "s";
    if (first[0])
        draft_say(draft, "what", "%u host%s took %.*s from %.*s between %s and %s.", to - from,
                  plural, SLICE_FORMAT(interval->name), SLICE_FORMAT(interval->server), first,
                  last);
    else
        draft_say(draft, "what", "%u host%s took %.*s from %.*s at a time that nothing tells.",
                  to - from, plural, SLICE_FORMAT(interval->name), SLICE_FORMAT(interval->server));
    draft_say(draft, "why",
              "%u of %u victims fetched from this server before the package was there; chance "
              "would be %.4f of them; G = %.0f (1e-6 is at 24)",
              test->fetched, test->victims, test->base, test->g);
    draft_say(draft, "benign",
              "A listed release was weighed: its digest is in no list of releases.");
    draft_say_text(draft, "artefact", interval->path);
    return draft_tell(draft, sink, problem);
}

static enum status waves_tell(struct wave_book *book, struct draft *draft,
                              const struct detection_sink *sink, struct problem *problem) {
    enum status status = STATUS_OK;
    struct source_test test = {0};
    for (uint32_t from = 0, to; from < book->victim_count && status == STATUS_OK; from = to) {
        uint32_t interval = book->victims[from].interval;
        for (to = from + 1; to < book->victim_count &&
                            victims_are_near(&book->victims[to - 1], &book->victims[to]);)
            to++;
        // Victims of one interval lie together: their source is tested once.
        if (from == 0 || book->victims[from - 1].interval != interval) {
            double base = 1;
            status = base_rate(book, &book->intervals[interval], &base, problem);
            test = source_test_of(book, interval, base);
        }
        if (status == STATUS_OK)
            status = wave_tell(book, from, to, &test, draft, sink, problem);
    }
    return status;
}

static enum status wave_judge(const struct detect_context *context,
                              const struct detection_sink *sink, struct problem *problem) {
    struct wave_book book;
    struct draft draft;
    wave_book_init(&book, context);
    draft_init(&draft);
    enum status status = wave_find_intervals(&book, problem);
    if (status == STATUS_OK)
        status = wave_find_victims(&book, problem);
    if (status == STATUS_OK)
        status = wave_infer(&book, problem);
    if (status == STATUS_OK)
        status = wave_find_dropped(&book, problem);
    if (status == STATUS_OK && book.victim_count)
        qsort(book.victims, book.victim_count, sizeof *book.victims, victim_compare);
    for (uint32_t i = 0; i < book.interval_count && status == STATUS_OK; i++)
        status = replaced_tell(&book.intervals[i], &draft, sink, problem);
    for (uint32_t i = 0; i < book.victim_count && status == STATUS_OK; i++)
        status = host_tell(&book, &book.victims[i], &draft, sink, problem);
    if (status == STATUS_OK)
        status = waves_tell(&book, &draft, sink, problem);
    draft_done(&draft);
    wave_book_done(&book);
    return status;
}

const struct detector detector_wave = {
    .name = "wave",
    .summary = "packages never released that hosts took from an upgrade server",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = wave_judge,
};
