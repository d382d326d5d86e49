// Data that left: to the outside, or by way of a server
// SPDX-License-Identifier: Apache-2.0
#include "detect/exfiltration.h"

#include "base/clock.h"
#include "base/text.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/reading.h"

#include <stdio.h>

// Cost: volume.h's two passes; where uploads were found two more over web requests and contacts and
// one over files; one over mail and one over mailbox reads.

static const struct slice OUTSIDE_TAGS[] = {JUDGEMENT_TEXT("attack.exfiltration"),
                                            JUDGEMENT_TEXT("attack.t1048"),
                                            JUDGEMENT_TEXT("vedette.stage.theft")};
static const struct slice INTERNAL_TAGS[] = {
    JUDGEMENT_TEXT("attack.exfiltration"), JUDGEMENT_TEXT("attack.t1041"),
    JUDGEMENT_TEXT("attack.t1090.001"), JUDGEMENT_TEXT("vedette.stage.theft")};
static const struct slice READ_TAGS[] = {JUDGEMENT_TEXT("attack.collection"),
                                         JUDGEMENT_TEXT("attack.t1114.002"),
                                         JUDGEMENT_TEXT("vedette.stage.collection")};
static const struct slice FORWARD_TAGS[] = {
    JUDGEMENT_TEXT("attack.collection"), JUDGEMENT_TEXT("attack.t1114.003"),
    JUDGEMENT_TEXT("attack.exfiltration"), JUDGEMENT_TEXT("vedette.stage.theft")};

static const struct rule RULES[] = {
    [EXFILTRATION_OUTSIDE] =
        JUDGEMENT("vedette-exfiltration-outside", "Host sent much to a rare place outside", HIGH,
                  OUTSIDE_TAGS),
    [EXFILTRATION_OUTSIDE_SMALL] =
        JUDGEMENT("vedette-exfiltration-outside-unusual",
                  "Host sent more than ever to a rare place outside", MEDIUM, OUTSIDE_TAGS),
    [EXFILTRATION_INTERNAL] =
        JUDGEMENT("vedette-exfiltration-internal",
                  "Hosts sent much more than usual to a server inside", HIGH, INTERNAL_TAGS),
    [EXFILTRATION_INTERNAL_SINGLE] = JUDGEMENT(
        "vedette-exfiltration-internal-single",
        "One host sent much more than all others to a server inside", MEDIUM, INTERNAL_TAGS),
    [EXFILTRATION_MAIL_READ] =
        JUDGEMENT("vedette-exfiltration-mail-read",
                  "Many mailboxes, or much of them, read through web services", HIGH, READ_TAGS),
    [EXFILTRATION_MAIL_READ_UNUSUAL] =
        JUDGEMENT("vedette-exfiltration-mail-read-unusual",
                  "Account read more mail through web services than ever", MEDIUM, READ_TAGS),
    [EXFILTRATION_FORWARDING] =
        JUDGEMENT("vedette-exfiltration-forwarding",
                  "Mail of several people goes on to one address outside", HIGH, FORWARD_TAGS),
    [EXFILTRATION_MAIL_VOLUME] = JUDGEMENT(
        "vedette-exfiltration-mail-volume",
        "Sender mailed far more than usual to a rare domain outside", MEDIUM, FORWARD_TAGS),
};

#define MEGABYTE 1000000ull

enum {
    SMALL_STAGED_MB = 1, // after an archive was written, or to several rare places
    SMALL_MB = 10,       // without
    LARGE_STAGED_MB = 50,
    LARGE_MB = 100,
    SINGLE_MB = 16,
    COHORT_MB = 1, // of each of several hosts: less is what clients say of themselves
    COHORT_MIN = 2,
    DAYS_TEXT = 2 * CLOCK_TEXT_SIZE + 16
};

// Days of a time in UTC, as everything is told. The days of uploads are those of the recorders'
// clocks, and are said only of what has no time.
static int32_t day_told(int64_t time_ns, int32_t day) {
    return time_ns == CLOCK_NONE ? day : volume_day_of(time_ns);
}

static void days_text(const struct draft *draft, const struct upload *upload,
                      char text[DAYS_TEXT]) {
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
    int32_t first_day = day_told(draft->detection.first_ns, upload->first_day);
    int32_t last_day = day_told(draft->detection.last_ns, upload->last_day);
    day_text(first_day, first);
    day_text(last_day, last);
    if (first_day == last_day)
        snprintf(text, DAYS_TEXT, "on %s", first);
    else
        snprintf(text, DAYS_TEXT, "from %s to %s", first, last);
}

static void bytes_text(uint64_t bytes, char text[32]) {
    uint64_t tenths = bytes / 100000;
    if (tenths >= 10000)
        snprintf(text, 32, "%llu.%02llu GB", (unsigned long long)(tenths / 10000),
                 (unsigned long long)(tenths % 10000 / 100));
    else
        snprintf(text, 32, "%llu.%llu MB", (unsigned long long)(tenths / 10),
                 (unsigned long long)(tenths % 10));
}

static void upload_cite(struct draft *draft, const struct uploads *uploads,
                        const struct upload *upload) {
    if (upload->pair != UPLOAD_NO_PAIR) {
        const struct volume_pair *pair = &uploads->book.pairs[upload->pair];
        for (uint32_t i = 0; i < pair->row_count; i++)
            volume_cite(draft, &pair->rows[i], upload->first_day, upload->last_day);
    }
    for (const struct upload_note *note = upload->notes; note; note = note->next) {
        struct detection *detection = &draft->detection;
        int64_t first_ns = detection->first_ns, last_ns = detection->last_ns;
        volume_cite(draft, &note->row, upload->first_day - 1, upload->last_day + 1);
        // An archive that was written before is no sending.
        if (note->is_archive && first_ns != CLOCK_NONE) {
            detection->first_ns = first_ns;
            detection->last_ns = last_ns;
        }
    }
}

static void volume_say(struct draft *draft, const struct uploads *uploads,
                       const struct upload *upload) {
    if (upload->bytes_out == 0)
        return;
    draft_say(draft, "volume", "%llu", (unsigned long long)upload->bytes_out);
    draft_say(draft, "volume_is", "%s",
              volume_is_whole(&uploads->book, upload->first_day, upload->last_day) ? "measured"
                                                                                   : "at least");
}

static bool outside_rule(const struct upload *upload, enum exfiltration_rule *ret_rule) {
    // Who takes data changes where it goes; who sends a file to somebody does not.
    bool staged = upload->archive.size != 0 || upload->places > 1;
    if (upload->host_bytes < (staged ? SMALL_STAGED_MB : SMALL_MB) * MEGABYTE)
        return false;
    *ret_rule = upload->host_bytes >= (staged ? LARGE_STAGED_MB : LARGE_MB) * MEGABYTE
                    ? EXFILTRATION_OUTSIDE
                    : EXFILTRATION_OUTSIDE_SMALL;
    return true;
}

static enum status outside_tell(const struct uploads *uploads, const struct upload *upload,
                                struct draft *draft, const struct detection_sink *sink,
                                struct problem *problem) {
    const struct volume_pair *pair = &uploads->book.pairs[upload->pair];
    const struct volume_destination *to = &uploads->book.destinations[pair->to_number];
    char when[DAYS_TEXT], bytes[32], first[CLOCK_TEXT_SIZE];
    enum exfiltration_rule rule;
    if (!outside_rule(upload, &rule))
        return STATUS_OK;
    draft_begin(draft, rule, upload->from, SLICE(""));
    upload_cite(draft, uploads, upload);
    if (draft->detection.reference_count == 0)
        return STATUS_OK;
    days_text(draft, upload, when);
    day_text(day_told(to->first_ns, to->first_day), first);
    bytes_text(upload->bytes_out, bytes);
    draft_say(draft, "what", "%.*s sent %s to %.*s %s.", SLICE_FORMAT(upload->from), bytes,
              SLICE_FORMAT(pair->to), when);
    draft_say(draft, "why",
              "robust z of the host's day %d.%d; sent to received %llu : 1; %u host%s ever sent "
              "there, first on %s%s%.*s",
              upload->z / 10, upload->z % 10,
              (unsigned long long)(upload->bytes_out / (upload->bytes_in + 1)), to->hosts,
              to->hosts == 1 ? "" : "s", first,
              upload->archive.size ? "; an archive was written there within a day before: " : "",
              SLICE_FORMAT(upload->archive));
    draft_say(draft, "confidence", "%s",
              rule == EXFILTRATION_OUTSIDE ? "high: much, unusual for the host, and to a rare place"
                                           : "medium: unusual for the host, to a rare place");
    draft_say(draft, "benign",
              "A backup or a service that many use was weighed: there is no habit of such days, "
              "and few hosts know the place. Calls and browsing receive as much as they send.");
    draft_say_text(draft, "destination", pair->to);
    if (upload->archive.size)
        draft_say_text(draft, "artefact", upload->archive);
    volume_say(draft, uploads, upload);
    return draft_tell(draft, sink, problem);
}

static bool inside_rule(const struct upload *upload, enum exfiltration_rule *ret_rule) {
    *ret_rule = EXFILTRATION_INTERNAL;
    bool told = upload->bytes_out == 0 || upload->bytes_out >= COHORT_MB * MEGABYTE;
    if (upload->cohort >= COHORT_MIN && told)
        return true;
    *ret_rule = EXFILTRATION_INTERNAL_SINGLE;
    return upload->bytes_out >= SINGLE_MB * MEGABYTE;
}

static void inside_say(struct draft *draft, const struct uploads *uploads,
                       const struct upload *upload) {
    const struct volume_destination *to = &uploads->book.destinations[upload->server];
    char when[DAYS_TEXT], bytes[32], usual[32];
    days_text(draft, upload, when);
    bytes_text(upload->bytes_out, bytes);
    bytes_text(to->history ? volume_history_median(to->history) : 0, usual);
    if (upload->bytes_out)
        draft_say(draft, "what", "%.*s sent %s to %.*s %s.", SLICE_FORMAT(upload->from), bytes,
                  SLICE_FORMAT(to->name), when);
    else
        draft_say(draft, "what",
                  "%.*s sent to %.*s by %.*s %s, which other hosts' large uploads went by.",
                  SLICE_FORMAT(upload->from), SLICE_FORMAT(to->name), SLICE_FORMAT(upload->way),
                  when);
    draft_say(draft, "why",
              "%u host%s did within days; robust z against all hosts' days there %d.%d; a usual "
              "day is %s; sent to received %llu : 1%s%.*s",
              upload->cohort, upload->cohort == 1 ? "" : "s", upload->z / 10, upload->z % 10, usual,
              (unsigned long long)(upload->bytes_out / (upload->bytes_in + 1)),
              upload->way.size ? "; hardly used but for these: " : "", SLICE_FORMAT(upload->way));
    draft_say(draft, "confidence", "%s",
              upload->cohort >= COHORT_MIN ? "high: several hosts at once, with little sent back"
                                           : "medium: one host alone");
    draft_say(draft, "benign",
              "A backup was weighed: that server would get as much on other days. A large file "
              "put there by hand is one host's, once.");
    draft_say_text(draft, "source", to->name);
    draft_say_text(draft, "destination", to->name);
    if (upload->way.size)
        draft_say_text(draft, upload->way.data[0] == '/' ? "path" : "artefact", upload->way);
    volume_say(draft, uploads, upload);
}

static enum status inside_tell(const struct uploads *uploads, const struct upload *upload,
                               struct draft *draft, const struct detection_sink *sink,
                               struct problem *problem) {
    enum exfiltration_rule rule;
    if (!inside_rule(upload, &rule))
        return STATUS_OK;
    draft_begin(draft, rule, upload->from, SLICE(""));
    upload_cite(draft, uploads, upload);
    if (draft->detection.reference_count == 0)
        return STATUS_OK;
    inside_say(draft, uploads, upload);
    return draft_tell(draft, sink, problem);
}

static enum status exfiltration_judge(const struct detect_context *context,
                                      const struct detection_sink *sink, struct problem *problem) {
    struct uploads uploads;
    struct draft draft;
    uploads_init(&uploads, context);
    draft_init(&draft);
    enum status status = volume_book_read(&uploads.book, problem);
    if (status == STATUS_OK) {
        uploads_find(&uploads);
        status = uploads_explain(&uploads, problem);
    }
    if (status == STATUS_OK)
        uploads_count_cohorts(&uploads);
    for (uint32_t i = 0; i < uploads.count && status == STATUS_OK; i++)
        status = uploads.rows[i].is_inside
                     ? inside_tell(&uploads, &uploads.rows[i], &draft, sink, problem)
                     : outside_tell(&uploads, &uploads.rows[i], &draft, sink, problem);
    draft_done(&draft);
    uploads_done(&uploads);
    return status == STATUS_OK ? exfiltration_mail_judge(context, sink, problem) : status;
}

const struct detector detector_exfiltration = {
    .name = "exfiltration",
    .summary = "data that left to the outside or by way of a server inside, and mail",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = exfiltration_judge,
};
