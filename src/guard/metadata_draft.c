// Metadata written, and signatures added
// SPDX-License-Identifier: Apache-2.0
#include "guard/metadata_draft.h"

#include "guard/canonical_json.h"

#include "base/clock.h"
#include "base/text.h"

#include <assert.h>

#define DRAFT_OPEN "{\"signatures\":[],\"signed\":{"

void draft_append_time(int64_t time_ns, struct buffer *to) {
    struct clock_date date;
    clock_to_date(time_ns, &date);
    buffer_append_format(to, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)date.year, date.month,
                         date.day, date.hour, date.minute, date.second);
}

static void append_expires(const struct draft_head *head, struct buffer *to) {
    buffer_append_text(to, "\"expires\":\"");
    draft_append_time(head->expires_ns, to);
    buffer_append_byte(to, '"');
}

static void append_tail(const struct draft_head *head, struct buffer *to) {
    buffer_append_format(to, ",\"spec_version\":\"1.0.34\",\"version\":%lld",
                         (long long)head->version);
}

static void append_owner_role(const char *name, const struct owner_set *owners, struct buffer *to) {
    buffer_append_format(to, "\"%s\":{\"keyids\":[", name);
    for (uint32_t i = 0; i < owners->count; i++)
        buffer_append_format(to, "%s\"%.*s\"", i ? "," : "", (int)owners->owners[i].keyid.size,
                             (const char *)owners->owners[i].keyid.data);
    buffer_append_format(to, "],\"threshold\":%u}", owners->threshold);
}

static void append_online_role(const char *name, const struct owner_set *owners,
                               struct buffer *to) {
    buffer_append_format(to, "\"%s\":{\"keyids\":[\"%.*s\"],\"threshold\":1}", name,
                         (int)owners->online.keyid.size, (const char *)owners->online.keyid.data);
}

static void append_key(const struct owner *owner, bool first, struct buffer *to) {
    buffer_append_format(to, "%s\n\"%.*s\":", first ? "" : ",", (int)owner->keyid.size,
                         (const char *)owner->keyid.data);
    buffer_append_slice(to, owner->json);
}

void draft_append_root(const struct draft_head *head, const struct owner_set *owners,
                       struct buffer *to) {
    assert(owners->has_online && owners->count);
    buffer_append_text(to, DRAFT_OPEN "\"_type\":\"root\",\"consistent_snapshot\":true,");
    append_expires(head, to);
    buffer_append_text(to, ",\"keys\":{");
    append_key(&owners->online, true, to);
    for (uint32_t i = 0; i < owners->count; i++)
        append_key(&owners->owners[i], false, to);
    buffer_append_text(to, "},\n\"roles\":{");
    append_owner_role("root", owners, to);
    buffer_append_byte(to, ',');
    append_online_role("snapshot", owners, to);
    buffer_append_byte(to, ',');
    append_owner_role("targets", owners, to);
    buffer_append_byte(to, ',');
    append_online_role("timestamp", owners, to);
    buffer_append_byte(to, '}');
    append_tail(head, to);
    if (owners->ledger.size) {
        buffer_append_text(to, ",\"x-vedette-ledger\":");
        text_append_json(to, owners->ledger);
    }
    buffer_append_text(to, "}}\n");
}

static void append_release(const struct release *release, bool first, struct buffer *to) {
    char hex[DIGEST_SHA256_HEX_SIZE];
    const char *between = "";
    digest_hex(release->sha256, hex);
    buffer_append_text(to, first ? "\n" : ",\n");
    text_append_json(to, release->path);
    buffer_append_text(to, ":{\"custom\":{");
    if (release->first_seen_ns != CLOCK_NONE) {
        buffer_append_text(to, "\"first_seen\":\"");
        draft_append_time(release->first_seen_ns, to);
        between = "\",";
    }
    buffer_append_format(to, "%s\"since\":%lld", between, (long long)release->since);
    if (release->vouched.size) {
        buffer_append_text(to, ",\"vouched\":");
        text_append_json(to, release->vouched);
    }
    buffer_append_format(to, "},\"hashes\":{\"sha256\":\"%s\"},\"length\":%lld}", hex,
                         (long long)release->length);
}

void draft_append_targets(const struct draft_head *head, const struct release_list *releases,
                          struct buffer *to) {
    buffer_append_text(to, DRAFT_OPEN "\"_type\":\"targets\",");
    append_expires(head, to);
    append_tail(head, to);
    buffer_append_text(to, ",\"targets\":{");
    for (uint32_t i = 0; i < releases->count; i++)
        append_release(&releases->items[i], i == 0, to);
    buffer_append_text(to, "}}}\n");
}

void draft_append_list(const struct draft_head *head, enum metadata_type type,
                       const struct draft_listed *listed, struct buffer *to) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    char hex[DIGEST_SHA256_HEX_SIZE];
    digest_sha256(listed->bytes, digest);
    digest_hex(digest, hex);
    buffer_append_format(to, DRAFT_OPEN "\"_type\":\"%s\",", metadata_type_name(type));
    append_expires(head, to);
    buffer_append_format(to,
                         ",\"meta\":{\"%s\":{\"hashes\":{\"sha256\":\"%s\"},\"length\":%zu,"
                         "\"version\":%lld}}",
                         listed->name, hex, listed->bytes.size, (long long)listed->version);
    append_tail(head, to);
    buffer_append_text(to, "}}\n");
}

static void append_signature(struct slice keyid, struct slice hex, bool *first, struct buffer *to) {
    buffer_append_text(to, *first ? "\n{\"keyid\":" : ",\n{\"keyid\":");
    text_append_json(to, keyid);
    buffer_append_text(to, ",\"sig\":");
    text_append_json(to, hex);
    buffer_append_byte(to, '}');
    *first = false;
}

static void append_signed(const struct metadata *metadata, struct buffer *to) {
    buffer_append_text(to, "],\"signed\":");
    canonical_append_json(&metadata->document, metadata->signed_part, to);
    buffer_append_text(to, "}\n");
}

static enum status draft_finish(const struct buffer *to, struct problem *problem) {
    if (to->failed)
        return problem_set(problem, STATUS_LIMIT, "the metadata would be too long");
    return STATUS_OK;
}

enum status draft_sign(const struct metadata *metadata, const struct secret_key *key,
                       struct slice keyid, struct buffer *to, struct problem *problem) {
    struct buffer signature, hex;
    bool first = true;
    buffer_init(&signature, KEY_SIGNATURE_BYTES_MAX);
    buffer_init(&hex, 2 * KEY_SIGNATURE_BYTES_MAX);
    enum status status = secret_key_sign(
        key, canonical_bytes(&metadata->document, metadata->signed_part), &signature, problem);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < signature.size; i++)
            buffer_append_format(&hex, "%02x", signature.data[i]);
        buffer_append_text(to, "{\"signatures\":[");
        for (uint32_t i = 0; i < metadata->signature_count; i++)
            if (!slice_equal(metadata->signatures[i].keyid, keyid))
                append_signature(metadata->signatures[i].keyid, metadata->signatures[i].hex, &first,
                                 to);
        append_signature(keyid, buffer_slice(&hex), &first, to);
        append_signed(metadata, to);
        status = draft_finish(to, problem);
    }
    buffer_done(&signature);
    buffer_done(&hex);
    return status;
}

static bool draft_has(const struct metadata *metadata, struct slice keyid) {
    for (uint32_t i = 0; i < metadata->signature_count; i++)
        if (slice_equal(metadata->signatures[i].keyid, keyid))
            return true;
    return false;
}

enum status draft_merge(const struct metadata *metadata, const struct metadata *other,
                        struct buffer *to, struct problem *problem) {
    bool first = true;
    if (!slice_equal(canonical_bytes(&metadata->document, metadata->signed_part),
                     canonical_bytes(&other->document, other->signed_part)))
        return problem_set(problem, STATUS_FORMAT,
                           "these signatures are for another %s.json than the one staged here",
                           metadata_type_name(metadata->type));
    buffer_append_text(to, "{\"signatures\":[");
    for (uint32_t i = 0; i < metadata->signature_count; i++)
        append_signature(metadata->signatures[i].keyid, metadata->signatures[i].hex, &first, to);
    for (uint32_t i = 0; i < other->signature_count; i++)
        if (!draft_has(metadata, other->signatures[i].keyid))
            append_signature(other->signatures[i].keyid, other->signatures[i].hex, &first, to);
    append_signed(metadata, to);
    return draft_finish(to, problem);
}
