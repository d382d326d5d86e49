// Findings of YARA rules
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/yara_tell.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

enum {
    YARA_TELL_TEXT_MAX = 1 << 20,
    YARA_TELL_VALUE_MAX = 4096,
    YARA_TELL_LINE_MAX = 1 << 20, // of a longer line the beginning is cited
};

static void finding_add(struct finding *finding, struct slice name, struct slice text) {
    if (text.size && finding->field_count < FINDING_FIELDS_MAX)
        finding->fields[finding->field_count++] = (struct finding_field){
            .name = name, .ecs = SLICE(""), .text = text_cut(text, YARA_TELL_VALUE_MAX)};
}

static struct finding *finding_begin(const struct yara_tell *tell) {
    struct finding *finding = memory_new(1, sizeof *finding);
    finding->host = tell->host;
    finding->code = -1;
    finding->first_ns = finding->last_ns = CLOCK_NONE;
    finding->count = 1;
    return finding;
}

static void finding_end(struct yara_tell *tell, const struct yara_hit *hit,
                        struct finding *finding) {
    for (uint32_t i = 0; i < hit->meta_count; i++)
        finding_add(finding, hit->metas[i][0], hit->metas[i][1]);
    if (tell->status == STATUS_OK)
        tell->status = collector_add_finding(tell->collector, tell->rule_first + hit->rule, finding,
                                             tell->problem);
    tell->hits += finding->count;
    memory_free(finding);
}

static struct slice event_text(const struct event *event, const char *name) {
    for (uint32_t i = 0; i < event->shape->field_count; i++)
        if (slice_equal_string(event->shape->fields[i].name, name)) {
            const struct value *value = event_value(event, i);
            return slice_of(value->data, value->kind == VALUE_UTF8 ? value->size : 0);
        }
    return (struct slice){0};
}

// "$a at 0x1f, 0x40; $b at 0x80; 12 more"
static void append_places(const struct yara_hit *hit, struct buffer *text) {
    for (uint32_t i = 0; i < hit->match_count; i++) {
        const struct yara_match *match = &hit->matches[i];
        bool same = i && slice_equal(hit->matches[i - 1].identifier, match->identifier);
        buffer_append_text(text, same ? ", " : i ? "; " : "");
        if (!same) {
            buffer_append_slice(text, match->identifier);
            buffer_append_text(text, " at ");
        }
        buffer_append_format(text, "0x%llx", (unsigned long long)match->offset);
    }
    if (hit->match_total > hit->match_count)
        buffer_append_format(text, "; %llu more",
                             (unsigned long long)(hit->match_total - hit->match_count));
}

void yara_tell_file(void *context, const struct yara_hit *hit) {
    struct yara_tell *tell = context;
    struct finding *finding = finding_begin(tell);
    struct buffer places;
    buffer_init(&places, YARA_TELL_TEXT_MAX);
    append_places(hit, &places);
    finding_add(finding, SLICE("TargetFilename"), event_text(tell->event, "TargetFilename"));
    finding_add(finding, SLICE("sha256"), event_text(tell->event, "sha256"));
    finding_add(finding, SLICE("SignedBy"), event_text(tell->event, "SignedBy"));
    finding_add(finding, SLICE("Matches"), buffer_slice(&places));
    finding->references[0].position = tell->event->position;
    finding->references[0].time_ns = CLOCK_NONE;
    reference_digest(tell->event, finding->references[0].sha256);
    finding->reference_count = 1;
    finding_end(tell, hit, finding);
    buffer_done(&places);
}

static uint64_t lines_above(struct slice text, size_t at) {
    uint64_t count = 0;
    struct slice before = slice_part(text, 0, at);
    for (const uint8_t *end; before.size && (end = memchr(before.data, '\n', before.size)); count++)
        before = slice_part(before, (size_t)(end - before.data) + 1, SIZE_MAX);
    return count;
}

// The line that a match begins on becomes a reference; false when it is one already.
static bool line_cite(const struct unit *unit, size_t at, struct finding *finding) {
    struct slice text = unit->bytes;
    const uint8_t *feed = at ? memrchr(text.data, '\n', at) : NULL;
    size_t from = feed ? (size_t)(feed - text.data) + 1 : 0;
    struct slice line = slice_part(text, from, YARA_TELL_LINE_MAX);
    const uint8_t *end = line.size ? memchr(line.data, '\n', line.size) : NULL;
    if (end)
        line.size = (size_t)(end - line.data);
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    struct reference reference;
    memset(&reference, 0, sizeof reference);
    reference.time_ns = CLOCK_NONE;
    reference.position = (struct position){.source = unit->source,
                                           .offset = unit->offset + from,
                                           .line = unit->first_line + lines_above(text, from)};
    for (uint32_t i = 0; i < finding->reference_count; i++)
        if (reference_compare(&finding->references[i], &reference) == 0)
            return false;
    digest_sha256(line, reference.sha256);
    reference_insert(finding->references, &finding->reference_count, &reference);
    return true;
}

void yara_tell_log(void *context, const struct yara_hit *hit) {
    struct yara_tell *tell = context;
    struct finding *finding = finding_begin(tell);
    struct buffer names;
    buffer_init(&names, YARA_TELL_TEXT_MAX);
    uint64_t lines = 0;
    for (uint32_t i = 0; i < hit->match_count; i++) {
        struct slice name = hit->matches[i].identifier;
        if (!i || !slice_equal(name, hit->matches[i - 1].identifier)) {
            buffer_append_text(&names, i ? ", " : "");
            buffer_append_slice(&names, name);
        }
        if (hit->matches[i].offset < tell->unit->bytes.size)
            lines += line_cite(tell->unit, (size_t)hit->matches[i].offset, finding);
    }
    // A rule without strings is about the text as a whole: its first line stands for it.
    if (!hit->match_count)
        lines += line_cite(tell->unit, 0, finding);
    finding->count = lines ? lines : 1;
    finding_add(finding, SLICE("Matches"), buffer_slice(&names));
    finding_end(tell, hit, finding);
    buffer_done(&names);
}
