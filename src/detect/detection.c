// Wording and citing a detector's finding
// SPDX-License-Identifier: Apache-2.0
#include "detect/detection.h"

#include "base/clock.h"
#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    DRAFT_TEXT_MAX = 2048,
    DRAFT_BYTES_MAX = 1 << 20
};

void draft_init(struct draft *draft) {
    *draft = (struct draft){0};
    buffer_init(&draft->text, DRAFT_BYTES_MAX);
}

void draft_done(struct draft *draft) {
    buffer_done(&draft->text);
}

static struct draft_part draft_keep(struct draft *draft, struct slice text) {
    struct draft_part part = {.offset = draft->text.size};
    buffer_append_slice(&draft->text, text_cut(text, DRAFT_TEXT_MAX));
    part.size = draft->text.size - part.offset;
    return part;
}

static struct slice draft_text(const struct draft *draft, struct draft_part part) {
    return slice_part(buffer_slice(&draft->text), part.offset, part.size);
}

void draft_begin(struct draft *draft, uint32_t rule, struct slice host, struct slice account) {
    buffer_reset(&draft->text);
    draft->detection.rule = rule;
    draft->detection.first_ns = CLOCK_NONE;
    draft->detection.last_ns = CLOCK_NONE;
    draft->detection.count = 0;
    draft->detection.field_count = 0;
    draft->detection.reference_count = 0;
    draft->host = draft_keep(draft, host);
    draft->account = draft_keep(draft, account);
}

void draft_cite(struct draft *draft, const struct relation *relation) {
    struct detection *detection = &draft->detection;
    for (uint32_t i = 0; i < relation->reference_count; i++)
        reference_insert(detection->references, &detection->reference_count,
                         &relation->references[i]);
    detection->count += relation->count;
    if (relation->first_ns != CLOCK_NONE &&
        (detection->first_ns == CLOCK_NONE || relation->first_ns < detection->first_ns))
        detection->first_ns = relation->first_ns;
    if (relation->last_ns > detection->last_ns)
        detection->last_ns = relation->last_ns;
}

void draft_cite_record(struct draft *draft, const struct reference *reference, int64_t time_ns) {
    struct relation relation = {.references = reference,
                                .reference_count = 1,
                                .first_ns = time_ns,
                                .last_ns = time_ns,
                                .count = 1};
    draft_cite(draft, &relation);
}

void draft_say_text(struct draft *draft, const char *name, struct slice text) {
    struct detection *detection = &draft->detection;
    if (detection->field_count == FINDING_FIELDS_MAX)
        return;
    draft->parts[detection->field_count] = draft_keep(draft, text);
    detection->fields[detection->field_count++] =
        (struct finding_field){.name = slice_of_string(name)};
}

void draft_say(struct draft *draft, const char *name, const char *format, ...) {
    char text[DRAFT_TEXT_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert(size >= 0);
    size_t kept = (size_t)size < sizeof text ? (size_t)size : sizeof text - 1;
    draft_say_text(draft, name, slice_of(text, kept));
}

void draft_say_time(struct draft *draft, const char *name, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    draft_say_text(draft, name, slice_of(text, clock_format(time_ns, text)));
}

enum status draft_tell(struct draft *draft, const struct detection_sink *sink,
                       struct problem *problem) {
    struct detection *detection = &draft->detection;
    assert(detection->reference_count);
    for (uint32_t i = 0; i < detection->field_count; i++)
        detection->fields[i].text = draft_text(draft, draft->parts[i]);
    detection->host = draft_text(draft, draft->host);
    detection->account = draft_text(draft, draft->account);
    return sink->found(sink->context, detection, problem);
}

void day_text(int32_t day, char text[CLOCK_TEXT_SIZE]) {
    if (clock_format((int64_t)day * 86400 * 1000000000, text) >= 10)
        text[10] = '\0';
}
