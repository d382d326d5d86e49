// Mailboxes that were read in bulk
// SPDX-License-Identifier: Apache-2.0
//
// An account's reads through web services, its own mailbox and others' apart, by day. Clients are
// not told apart: who reads in bulk changes addresses.
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/detection.h"
#include "detect/exfiltration.h"
#include "detect/exfiltration_forward.h"
#include "detect/reading.h"

#include <stdlib.h>
#include <string.h>

// Thresholds: intrusions.md 6 proposes five mailboxes, 200 MB, ten times the account's own 95th
// percentile; published ones for servers of one's own were not found.
enum {
    MAILBOXES_MIN = 5,
    MAILBOXES_OUTSIDE_MIN = 3, // when the client is outside
    REQUESTS_ODD_MIN = 100,    // by a program that no one else uses
    HISTORY_FACTOR = 10,
    APART_DAYS = 2,
    SPAN_DAYS = 7,
    ROWS_MAX = 1 << 17, // relations of one account
    MAILBOXES_SAID = 6,
    SOURCES_SAID = 3
};
#define VOLUME_MIN 200000000ull

struct read_row {
    struct relation relation; // texts, references and days are kept
    uint64_t mailbox;         // hash
};

struct read_day {
    int32_t day;
    uint64_t bytes, requests, odd_requests;
    uint32_t mailboxes;
    bool is_outside; // some client was
    bool is_bulk;
};

struct reads {
    const struct detect_context *context;
    struct arena arena;
    struct read_row *rows;
    uint32_t count, capacity;
    struct read_day *days;
    uint32_t day_count;
    struct buffer account;
};

static bool agent_is_odd(struct slice agent) {
    static const char *const WORDS[] = {"python", "curl/",  "go-http",    "/0.0.0.0",
                                        "libwww", "okhttp", "powershell", "wget/"};
    uint8_t folded[128];
    agent = slice_part(agent, 0, sizeof folded);
    text_fold_ascii(agent.data, agent.size, folded);
    for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++)
        if (agent.size && memmem(folded, agent.size, WORDS[i], strlen(WORDS[i])))
            return true;
    return agent.size == 0;
}

static bool client_is_outside(const struct relation *relation) {
    return relation->from_host == RELATION_NO_HOST && address_is_outside(relation->from);
}

static void row_keep(struct reads *reads, const struct relation *relation) {
    if (reads->count == ROWS_MAX)
        return;
    struct relation kept = *relation;
    const struct reference *references =
        references_keep(&reads->arena, relation->references, relation->reference_count);
    struct relation_day *days = arena_new(&reads->arena, relation->day_count + 1u, sizeof *days);
    if (!references || !days)
        return;
    memcpy(days, relation->days, relation->day_count * sizeof *days);
    kept.references = references;
    kept.days = days;
    kept.from = arena_keep(&reads->arena, reading_from(reads->context, relation));
    kept.to = arena_keep(&reads->arena, reading_to(reads->context, relation));
    kept.artefact = arena_keep(&reads->arena, relation->artefact);
    kept.detail[1] = arena_keep(&reads->arena, relation->detail[1]);
    kept.detail[2] = arena_keep(&reads->arena, relation->detail[2]);
    if (reads->count == reads->capacity) {
        reads->capacity = reads->capacity ? 2 * reads->capacity : 256;
        reads->rows = memory_resize(reads->rows, reads->capacity, sizeof *reads->rows);
    }
    reads->rows[reads->count++] =
        (struct read_row){.relation = kept, .mailbox = digest_hash64(relation->artefact)};
}

// One mailbox on one day.
struct mailbox_day {
    int32_t day;
    uint64_t mailbox, bytes, requests, odd_requests;
    bool is_outside;
};

static int mailbox_day_compare(const void *left, const void *right) {
    const struct mailbox_day *a = left, *b = right;
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    return a->mailbox < b->mailbox ? -1 : a->mailbox > b->mailbox;
}

static void days_sum(struct reads *reads, bool is_impersonated) {
    size_t total = 0, count = 0;
    for (uint32_t i = 0; i < reads->count; i++)
        total += reads->rows[i].relation.day_count;
    struct mailbox_day *all = memory_new(total + 1, sizeof *all);
    for (uint32_t i = 0; i < reads->count; i++) {
        const struct relation *row = &reads->rows[i].relation;
        bool odd = agent_is_odd(row->detail[1]);
        for (uint32_t j = 0; j < row->day_count && (row->detail[2].size != 0) == is_impersonated;
             j++)
            all[count++] = (struct mailbox_day){
                row->days[j].day,   reads->rows[i].mailbox,       row->days[j].bytes_in,
                row->days[j].count, odd ? row->days[j].count : 0, client_is_outside(row)};
    }
    if (count)
        qsort(all, count, sizeof *all, mailbox_day_compare);
    reads->day_count = 0;
    reads->days = memory_resize(reads->days, count + 1, sizeof *reads->days);
    for (size_t i = 0; i < count; i++) {
        bool is_new = i == 0 || all[i].day != all[i - 1].day;
        if (is_new)
            reads->days[reads->day_count++] = (struct read_day){.day = all[i].day};
        struct read_day *day = &reads->days[reads->day_count - 1];
        day->bytes += all[i].bytes;
        day->requests += all[i].requests;
        day->odd_requests += all[i].odd_requests;
        day->mailboxes += is_new || all[i].mailbox != all[i - 1].mailbox;
        day->is_outside |= all[i].is_outside;
    }
    memory_free(all);
}

static int bytes_compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

// The 95th percentile of the account's days that are a week or more away.
static uint64_t usual_bytes(const struct reads *reads, int32_t day, uint32_t *ret_days) {
    uint64_t *bytes = memory_new(reads->day_count + 1u, sizeof *bytes);
    uint32_t count = 0;
    for (uint32_t i = 0; i < reads->day_count; i++)
        if (reads->days[i].day < day - APART_DAYS || reads->days[i].day > day + APART_DAYS)
            bytes[count++] = reads->days[i].bytes;
    if (count)
        qsort(bytes, count, sizeof *bytes, bytes_compare);
    uint64_t usual = count ? bytes[(uint64_t)(count - 1) * 95 / 100] : 0;
    memory_free(bytes);
    *ret_days = count;
    return usual;
}

// Whether the account reads half as many mailboxes on any other day.
static bool fan_is_habit(const struct reads *reads, const struct read_day *day) {
    for (uint32_t i = 0; i < reads->day_count; i++) {
        const struct read_day *other = &reads->days[i];
        bool is_near = other->day >= day->day - APART_DAYS && other->day <= day->day + APART_DAYS;
        if (!is_near && other->mailboxes * 2 >= day->mailboxes)
            return true;
    }
    return false;
}

static bool day_is_bulk(const struct reads *reads, const struct read_day *day,
                        bool is_impersonated) {
    uint32_t days;
    uint64_t usual = usual_bytes(reads, day->day, &days);
    bool volume = day->bytes >= VOLUME_MIN && day->bytes / HISTORY_FACTOR >= usual &&
                  (days > 0 || is_impersonated || day->is_outside);
    uint32_t least = day->is_outside ? MAILBOXES_OUTSIDE_MIN : MAILBOXES_MIN;
    bool fan = is_impersonated && day->mailboxes >= least && !fan_is_habit(reads, day);
    return volume || fan;
}

struct read_run {
    int32_t first, last;
    uint64_t bytes, requests, odd_requests;
    uint32_t mailboxes_most;
    bool is_outside, is_impersonated;
};

static bool row_in_run(const struct relation *row, const struct read_run *run) {
    if ((row->detail[2].size != 0) != run->is_impersonated)
        return false;
    for (uint32_t i = 0; i < row->day_count; i++)
        if (row->days[i].day >= run->first && row->days[i].day <= run->last)
            return true;
    return false;
}

// Say each different text once, `most` of them.
static void texts_say(struct draft *draft, const struct reads *reads, const struct read_run *run,
                      const char *name, uint32_t most) {
    struct slice said[MAILBOXES_SAID];
    uint32_t count = 0;
    for (uint32_t i = 0; i < reads->count && count < most; i++) {
        const struct relation *row = &reads->rows[i].relation;
        struct slice text = strcmp(name, "mailbox") == 0 ? row->artefact : row->from;
        bool known = !row_in_run(row, run) || text.size == 0;
        for (uint32_t j = 0; j < count && !known; j++)
            known = slice_equal(said[j], text);
        if (known)
            continue;
        said[count++] = text;
        draft_say_text(draft, name, text);
    }
}

static uint32_t mailboxes_count(const struct reads *reads, const struct read_run *run) {
    uint64_t *seen = memory_new(reads->count + 1u, sizeof *seen);
    uint32_t count = 0, different = 0;
    for (uint32_t i = 0; i < reads->count; i++)
        if (row_in_run(&reads->rows[i].relation, run))
            seen[count++] = reads->rows[i].mailbox;
    if (count)
        qsort(seen, count, sizeof *seen, bytes_compare);
    for (uint32_t i = 0; i < count; i++)
        different += i == 0 || seen[i] != seen[i - 1];
    memory_free(seen);
    return different;
}

static enum status run_tell(const struct reads *reads, const struct read_run *run,
                            enum exfiltration_rule rule, struct draft *draft,
                            const struct detection_sink *sink, struct problem *problem) {
    const struct relation *first = NULL;
    for (uint32_t i = 0; i < reads->count && !first; i++)
        if (row_in_run(&reads->rows[i].relation, run))
            first = &reads->rows[i].relation;
    if (!first)
        return STATUS_OK;
    draft_begin(draft, rule, first->to, buffer_slice(&reads->account));
    for (uint32_t i = 0; i < reads->count; i++)
        if (row_in_run(&reads->rows[i].relation, run))
            volume_cite(draft, &reads->rows[i].relation, run->first, run->last);
    if (draft->detection.reference_count == 0)
        return STATUS_OK;
    uint32_t days, mailboxes = mailboxes_count(reads, run);
    uint64_t usual = usual_bytes(reads, run->first, &days);
    draft_say(draft, "what", "%.*s read %u mailbox%s through web services%s: %llu MB.",
              SLICE_FORMAT(buffer_slice(&reads->account)), mailboxes, mailboxes == 1 ? "" : "es",
              run->is_outside ? " from outside" : "", (unsigned long long)(run->bytes / 1000000));
    draft_say(draft, "why",
              "%llu requests; 95th percentile of its other %u days: %llu bytes; %s; %llu requests "
              "by a program that names itself as scripts do, or not",
              (unsigned long long)run->requests, days, (unsigned long long)usual,
              run->is_impersonated ? "by impersonation" : "its own mailbox",
              (unsigned long long)run->odd_requests);
    draft_say(draft, "confidence", "%s",
              rule == EXFILTRATION_MAIL_READ ? "high: many mailboxes or much, and no habit"
                                             : "medium: no habit of the account");
    draft_say(draft, "benign",
              "Archives, migrations and room booking read many mailboxes as well, from inside and "
              "day by day: this account has no such days.");
    texts_say(draft, reads, run, "source", SOURCES_SAID);
    texts_say(draft, reads, run, "mailbox", MAILBOXES_SAID);
    draft_say(draft, "volume", "%llu", (unsigned long long)run->bytes);
    draft_say(draft, "volume_is", "measured");
    return draft_tell(draft, sink, problem);
}

// Days of the account by program: a script that asks much, although not by the thresholds above.
static bool day_is_odd(const struct reads *reads, const struct read_day *day) {
    uint64_t others = 0;
    for (uint32_t i = 0; i < reads->day_count; i++)
        if (reads->days[i].day < day->day - APART_DAYS)
            others += reads->days[i].odd_requests;
    return day->odd_requests >= REQUESTS_ODD_MIN && others == 0;
}

static enum status stream_judge(struct reads *reads, bool is_impersonated, struct draft *draft,
                                const struct detection_sink *sink, struct problem *problem) {
    days_sum(reads, is_impersonated);
    struct read_run run = {.first = INT32_MIN};
    bool is_high = false;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i <= reads->day_count && status == STATUS_OK; i++) {
        const struct read_day *day = i < reads->day_count ? &reads->days[i] : NULL;
        bool bulk = day && day_is_bulk(reads, day, is_impersonated);
        bool odd = day && !bulk && day_is_odd(reads, day);
        if (day && !bulk && !odd)
            continue;
        bool joins = day && run.first != INT32_MIN && day->day <= run.last + APART_DAYS &&
                     day->day < run.first + SPAN_DAYS;
        if (!joins && run.first != INT32_MIN)
            status = run_tell(reads, &run,
                              is_high ? EXFILTRATION_MAIL_READ : EXFILTRATION_MAIL_READ_UNUSUAL,
                              draft, sink, problem);
        if (!joins) {
            run =
                (struct read_run){.first = day ? day->day : 0, .is_impersonated = is_impersonated};
            is_high = false;
        }
        if (!day)
            break;
        is_high |= bulk;
        run.last = day->day;
        run.bytes += day->bytes;
        run.requests += day->requests;
        run.odd_requests += day->odd_requests;
        run.is_outside |= day->is_outside;
    }
    return status;
}

static enum status account_end(struct reads *reads, struct draft *draft,
                               const struct detection_sink *sink, struct problem *problem) {
    enum status status = STATUS_OK;
    if (reads->count)
        status = stream_judge(reads, false, draft, sink, problem);
    if (reads->count && status == STATUS_OK)
        status = stream_judge(reads, true, draft, sink, problem);
    reads->count = 0;
    arena_reset(&reads->arena);
    return status;
}

static enum status reads_judge(const struct detect_context *context, struct draft *draft,
                               const struct detection_sink *sink, struct problem *problem) {
    struct reads reads = {.context = context};
    arena_init(&reads.arena, (size_t)256 << 20);
    buffer_init(&reads.account, RELATION_PART_BYTES_MAX);
    struct reading reading;
    enum status status =
        reading_open(&reading, context, RELATION_MASK(MAIL_READ), RELATION_ORDER_ACCOUNT, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        if (!slice_equal(reading.relation.account, buffer_slice(&reads.account))) {
            status = account_end(&reads, draft, sink, problem);
            buffer_reset(&reads.account);
            buffer_append_slice(&reads.account, reading.relation.account);
        }
        row_keep(&reads, &reading.relation);
    }
    reading_close(&reading);
    if (status == STATUS_OK)
        status = account_end(&reads, draft, sink, problem);
    arena_done(&reads.arena);
    buffer_done(&reads.account);
    memory_free(reads.rows);
    memory_free(reads.days);
    return status;
}

enum status exfiltration_mail_judge(const struct detect_context *context,
                                    const struct detection_sink *sink, struct problem *problem) {
    struct draft draft;
    draft_init(&draft);
    enum status status = reads_judge(context, &draft, sink, problem);
    if (status == STATUS_OK)
        status = exfiltration_forward_judge(context, &draft, sink, problem);
    draft_done(&draft);
    return status;
}
