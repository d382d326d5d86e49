// A relation and a host as one JSON object each
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/clock.h"
#include "base/text.h"

static void relation_name(struct buffer *to, const char *name) {
    buffer_append_byte(to, ',');
    text_append_json(to, slice_of_string(name));
    buffer_append_byte(to, ':');
}

static void relation_text(struct buffer *to, const char *name, struct slice text) {
    relation_name(to, name);
    text_append_json(to, text);
}

static void relation_time(struct buffer *to, const char *name, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, text);
    relation_name(to, name);
    if (size)
        text_append_json(to, slice_of(text, size));
    else
        buffer_append_text(to, "null");
}

static void relation_number(struct buffer *to, const char *name, uint64_t number) {
    relation_name(to, name);
    buffer_append_u64(to, number);
}

static void relation_reference(struct buffer *to, const struct reference *reference,
                               const struct source_names *names) {
    char hex[DIGEST_SHA256_HEX_SIZE];
    const struct position *position = &reference->position;
    digest_hex(reference->sha256, hex);
    buffer_append_text(to, "{\"file\":");
    text_append_json(to, names->path(names->context, position->source));
    if (position->line)
        relation_number(to, "line", position->line);
    else
        relation_number(to, "record", position->record_id);
    relation_number(to, "offset", position->offset);
    relation_time(to, "time", reference->time_ns);
    relation_text(to, "sha256", slice_of_string(hex));
    buffer_append_byte(to, '}');
}

static void relation_sums(struct buffer *to, const struct relation *relation) {
    relation_number(to, "count", relation->count);
    if (relation->bytes_out || relation->bytes_in) {
        relation_number(to, "bytes_out", relation->bytes_out);
        relation_number(to, "bytes_in", relation->bytes_in);
    }
    if (relation->taken_ms)
        relation_number(to, "taken_ms", relation->taken_ms);
    if (relation->time_count)
        relation_number(to, "times", relation->time_count);
    if (relation->day_count)
        relation_number(to, "days", relation->day_count);
}

void report_append_relation(struct buffer *to, const struct relation *relation,
                            const struct source_names *names) {
    buffer_append_text(to, "{\"kind\":");
    text_append_json(to, slice_of_string(relation_kind_name(relation->kind)));
    relation_text(to, "from", relation->from);
    relation_text(to, "to", relation->to);
    relation_text(to, "account", relation->account);
    relation_text(to, "artefact", relation->artefact);
    relation_name(to, "detail");
    for (size_t i = 0; i < RELATION_DETAILS; i++) {
        buffer_append_byte(to, i ? ',' : '[');
        text_append_json(to, relation->detail[i]);
    }
    buffer_append_byte(to, ']');
    relation_text(to, "recorder", relation->recorder);
    relation_time(to, "first", relation->first_ns);
    relation_time(to, "last", relation->last_ns);
    relation_sums(to, relation);
    relation_name(to, "evidence");
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        if (i)
            buffer_append_byte(to, ',');
        relation_reference(to, &relation->references[i], names);
    }
    buffer_append_text(to, "]}");
}

static void host_roles(struct buffer *to, unsigned roles) {
    static const char *const NAMES[] = {"mail",  "document", "upgrade", "controller",
                                        "proxy", "web",      "file",    "server"};
    bool first = true;
    relation_name(to, "roles");
    buffer_append_byte(to, '[');
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        if (!(roles >> i & 1))
            continue;
        if (!first)
            buffer_append_byte(to, ',');
        text_append_json(to, slice_of_string(NAMES[i]));
        first = false;
    }
    buffer_append_byte(to, ']');
}

void report_append_host(struct buffer *to, const struct fleet_host *host) {
    buffer_append_text(to, "{\"host\":");
    text_append_json(to, host->name);
    relation_text(to, "fqdn", host->fqdn);
    host_roles(to, host->roles);
    buffer_append_format(to, ",\"evidence\":%s", host->has_evidence ? "true" : "false");
    buffer_append_format(to, ",\"skew_ns\":%lld,\"skew_pairs\":%u", (long long)host->skew_ns,
                         host->skew_pairs);
    relation_name(to, "aliases");
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < host->alias_count; i++) {
        const struct fleet_alias *alias = &host->aliases[i];
        buffer_append_text(to, i ? ",{\"name\":" : "{\"name\":");
        text_append_json(to, alias->text);
        if (alias->first_ns != CLOCK_MIN) {
            relation_time(to, "first", alias->first_ns);
            relation_time(to, "last", alias->last_ns);
        }
        buffer_append_byte(to, '}');
    }
    buffer_append_text(to, "]}");
}
