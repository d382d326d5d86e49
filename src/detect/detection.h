// Wording and citing a detector's finding
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_DETECTION_H
#define DETECT_DETECTION_H

#include "base/buffer.h"
#include "base/clock.h"
#include "detect/detector.h"

// Collects one detection while its relations go by; reused for the next. Texts are copied.
//
//     draft_begin(&draft, rule, host, account);
//     draft_cite(&draft, &relation);                     as often as wanted
//     draft_say(&draft, "what", "%s fetched ...", ...);
//     status = draft_tell(&draft, sink, problem);
struct draft {
    struct detection detection;
    struct buffer text;
    struct draft_part {
        size_t offset, size;
    } parts[FINDING_FIELDS_MAX], host, account;
};

void draft_init(struct draft *draft);
void draft_done(struct draft *draft);

// `rule` is the index of a judgement of the detector.
void draft_begin(struct draft *draft, uint32_t rule, struct slice host, struct slice account);

// Takes the relation's references, span and count in.
void draft_cite(struct draft *draft, const struct relation *relation);

// One record, and when it happened by a clock that is right (reading_time).
void draft_cite_record(struct draft *draft, const struct reference *reference, int64_t time_ns);

// A field of the finding, `name` being static text: "what", "why", "confidence", "benign", or a
// named value. Fields beyond FINDING_FIELDS_MAX are left out, texts are cut at 2,048 bytes.
void draft_say(struct draft *draft, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void draft_say_text(struct draft *draft, const char *name, struct slice text);
void draft_say_time(struct draft *draft, const char *name, int64_t time_ns); // for clock_parse

// "%.*s" of a slice.
#define SLICE_FORMAT(text) (int)((text).size > 512 ? 512 : (text).size), (const char *)(text).data

// "2026-03-10" of a day since 1970.
void day_text(int32_t day, char text[CLOCK_TEXT_SIZE]);

// Hands it to the sink. A draft that cites nothing is a programming error: asserted.
enum status draft_tell(struct draft *draft, const struct detection_sink *sink,
                       struct problem *problem);

#endif
