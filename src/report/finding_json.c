// A finding as one JSON object, vedette.finding/1
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/stage.h"

static void json_name(struct buffer *to, const char *name) {
    buffer_append_byte(to, ',');
    text_append_json(to, slice_of_string(name));
    buffer_append_byte(to, ':');
}

static void json_text(struct buffer *to, const char *name, struct slice text) {
    json_name(to, name);
    text_append_json(to, text);
}

static void json_time(struct buffer *to, const char *name, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, text);
    json_name(to, name);
    if (size)
        text_append_json(to, slice_of(text, size));
    else
        buffer_append_text(to, "null");
}

// A number, or null when it says nothing.
static void json_number(struct buffer *to, const char *name, uint64_t number, bool known) {
    json_name(to, name);
    if (known)
        buffer_append_u64(to, number);
    else
        buffer_append_text(to, "null");
}

static void json_reference(struct buffer *to, const struct reference *reference,
                           const struct source_names *names) {
    char hex[DIGEST_SHA256_HEX_SIZE];
    digest_hex(reference->sha256, hex);
    const struct position *position = &reference->position;
    buffer_append_text(to, "{\"file\":");
    text_append_json(to, names->path(names->context, position->source));
    json_number(to, "record", position->record_id, position->line == 0);
    json_number(to, "line", position->line, position->line != 0);
    json_number(to, "offset", position->offset, true);
    json_time(to, "time", reference->time_ns);
    json_text(to, "sha256", slice_of_string(hex));
    buffer_append_byte(to, '}');
}

// "attack.t1059.001" is technique T1059.001; "attack.persistence" a tactic.
static bool json_tag_is_technique(struct slice tag) {
    return tag.size > 8 && slice_starts(tag, SLICE("attack.t")) && tag.data[8] >= '0' &&
           tag.data[8] <= '9';
}

static bool json_tag_is_tactic(struct slice tag) {
    if (!slice_starts(tag, SLICE("attack.")) || tag.size == 7)
        return false;
    for (size_t i = 7; i < tag.size; i++)
        if (tag.data[i] >= '0' && tag.data[i] <= '9')
            return false; // a group (g0016), a software (s0002) or a technique
    return true;
}

static void json_tag(struct buffer *to, struct slice tag, bool technique) {
    uint8_t text[64];
    size_t size = 0;
    for (size_t i = 7; i < tag.size && size < sizeof text; i++) {
        uint8_t byte = tag.data[i];
        if (technique && byte == 't')
            byte = 'T';
        text[size++] = byte == '_' && !technique ? '-' : byte;
    }
    text_append_json(to, slice_of(text, size));
}

// What a finding says that it shows itself; else its rule's tags speak for it.
static bool json_own_techniques(struct buffer *to, const struct finding *finding) {
    bool any = false;
    for (uint32_t i = 0; i < finding->field_count; i++) {
        if (!slice_equal_string(finding->fields[i].name, "technique"))
            continue;
        buffer_append_text(to, any ? "," : "");
        text_append_json(to, finding->fields[i].text);
        any = true;
    }
    return any;
}

static void json_threat(struct buffer *to, const struct finding *finding, const char *name,
                        const char *member, bool technique) {
    const struct rule *rule = finding->rule;
    bool first = true;
    buffer_append_format(to, "%s{\"%s\":[", name, member);
    if (technique && json_own_techniques(to, finding)) {
        buffer_append_text(to, "]}");
        return;
    }
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        if (technique ? !json_tag_is_technique(rule->tags[i]) : !json_tag_is_tactic(rule->tags[i]))
            continue;
        if (!first)
            buffer_append_byte(to, ',');
        json_tag(to, rule->tags[i], technique);
        first = false;
    }
    buffer_append_text(to, "]}");
}

static void json_rule(struct buffer *to, const struct finding *finding) {
    const struct rule *rule = finding->rule;
    buffer_append_text(to, ",\"rule\":{\"id\":");
    text_append_json(to, rule->id);
    json_text(to, "name", rule->title);
    json_text(to, "level", slice_of_string(rule_level_text(rule->level)));
    json_text(to, "status", slice_of_string(rule_status_text(rule->status)));
    buffer_append_text(to, ",\"tags\":[");
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        if (i)
            buffer_append_byte(to, ',');
        text_append_json(to, rule->tags[i]);
    }
    buffer_append_text(to, "]},\"threat\":{\"framework\":\"MITRE ATT&CK\"");
    json_threat(to, finding, ",\"tactic\":", "name", false);
    json_threat(to, finding, ",\"technique\":", "id", true);
    buffer_append_byte(to, '}');
    enum stage stage = stage_of_rule(rule);
    json_name(to, "stage");
    if (stage)
        text_append_json(to, slice_of_string(stage_name(stage)));
    else
        buffer_append_text(to, "null");
}

static void json_event(struct buffer *to, const struct finding *finding) {
    buffer_append_text(to, ",\"event\":{\"kind\":\"alert\"");
    json_name(to, "code");
    if (finding->code >= 0)
        buffer_append_format(to, "\"%lld\"", (long long)finding->code);
    else
        buffer_append_text(to, "null");
    json_text(to, "provider", finding->provider);
    json_number(to, "severity", (uint64_t)finding->rule->level, true);
    json_time(to, "start", finding->first_ns);
    json_time(to, "end", finding->last_ns);
    buffer_append_text(to, "},\"winlog\":{\"channel\":");
    text_append_json(to, finding->channel);
    buffer_append_byte(to, '}');
}

static void json_matched(struct buffer *to, const struct finding *finding) {
    buffer_append_text(to, ",\"matched\":[");
    for (uint32_t i = 0; i < finding->field_count; i++) {
        const struct finding_field *field = &finding->fields[i];
        if (i)
            buffer_append_byte(to, ',');
        buffer_append_text(to, "{\"field\":");
        text_append_json(to, field->name);
        json_name(to, "ecs");
        if (field->ecs.size)
            text_append_json(to, field->ecs);
        else
            buffer_append_text(to, "null");
        json_text(to, "value", field->text);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

void report_append_finding(struct buffer *to, const struct finding *finding,
                           const struct source_names *names) {
    buffer_append_text(to, "{\"schema\":\"vedette.finding/1\"");
    json_time(to, "@timestamp", finding->first_ns);
    json_event(to, finding);
    json_rule(to, finding);
    buffer_append_text(to, ",\"host\":{\"name\":");
    text_append_json(to, finding->host);
    buffer_append_text(to, "},\"user\":{\"name\":");
    text_append_json(to, finding->account);
    buffer_append_byte(to, '}');
    json_number(to, "count", finding->count, true);
    json_matched(to, finding);
    buffer_append_text(to, ",\"evidence\":");
    json_reference(to, &finding->references[0], names);
    buffer_append_text(to, ",\"more_evidence\":[");
    for (uint32_t i = 1; i < finding->reference_count; i++) {
        if (i > 1)
            buffer_append_byte(to, ',');
        json_reference(to, &finding->references[i], names);
    }
    buffer_append_text(to, "]}");
}
