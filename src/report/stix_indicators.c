// Indicators of a campaign as STIX 2.1 patterns
// SPDX-License-Identifier: Apache-2.0
#include "report/stix_object.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/indicator_list.h"

enum {
    INDICATORS_MAX = 2000,
    PATTERN_MAX = 1 << 14
};

// A string literal of a pattern (STIX 2.1, 9.2): only the quote and the backslash are escaped.
static void pattern_literal(struct buffer *to, struct slice text) {
    buffer_append_byte(to, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'' || text.data[i] == '\\')
            buffer_append_byte(to, '\\');
        buffer_append_byte(to, text.data[i]);
    }
    buffer_append_byte(to, '\'');
}

static void pattern_compare(struct buffer *to, const char *property, struct slice value) {
    buffer_append_format(to, "%s = ", property);
    pattern_literal(to, value);
}

static void pattern_file(struct buffer *to, struct slice path) {
    struct slice name = slice_behind_last(path, "/\\");
    size_t at = path.size - name.size;
    pattern_compare(to, "file:name", name);
    if (at > 1) {
        buffer_append_text(to, " AND ");
        pattern_compare(to, "file:parent_directory_ref.path", slice_part(path, 0, at - 1));
    }
}

// False for what no pattern says: web paths, and whatever is no plain text.
static bool pattern_of(struct buffer *to, const struct indicator_told *row) {
    static const char *const PROPERTIES[INDICATOR_TYPE_COUNT] = {
        [INDICATOR_SHA256] = "file:hashes.'SHA-256'",
        [INDICATOR_SHA1] = "file:hashes.'SHA-1'",
        [INDICATOR_MD5] = "file:hashes.MD5",
        [INDICATOR_IPV4] = "ipv4-addr:value",
        [INDICATOR_IPV6] = "ipv6-addr:value",
        [INDICATOR_EMAIL] = "email-addr:value",
        [INDICATOR_URL] = "url:value",
        [INDICATOR_DOMAIN] = "domain-name:value",
    };
    bool plain = text_is_utf8(row->value);
    for (size_t i = 0; i < row->value.size; i++)
        plain = plain && row->value.data[i] >= 0x20 && row->value.data[i] != 0x7F;
    if (!plain || (row->type != INDICATOR_FILE && !PROPERTIES[row->type]))
        return false;
    buffer_append_byte(to, '[');
    if (row->type == INDICATOR_FILE)
        pattern_file(to, row->value);
    else
        pattern_compare(to, PROPERTIES[row->type], row->value);
    buffer_append_byte(to, ']');
    return !to->failed;
}

static void indicator_append(struct buffer *to, const struct report_input *input,
                             const struct campaign *campaign, const struct indicator_told *row,
                             struct slice pattern) {
    stix_object_begin(to, input, "indicator", campaign->id, pattern, row->first_ns);
    stix_append_text(to, "name", row->value);
    stix_append_text(to, "description", slice_of_string(row->role));
    buffer_append_text(to, ",\"indicator_types\":[\"malicious-activity\"],\"pattern_type\":"
                           "\"stix\"");
    stix_append_text(to, "pattern", pattern);
    stix_append_time(to, "valid_from", row->first_ns);
    stix_append_evidence(to, input, row->references, row->reference_count);
    buffer_append_byte(to, '}');
    const char *type = campaign->is_incident ? "incident" : "campaign";
    char uuid[STIX_UUID_SIZE];
    stix_uuid("indicator", campaign->id, pattern, uuid);
    stix_object_begin(to, input, "relationship", campaign->id, slice_of(uuid, STIX_UUID_SIZE - 1),
                      row->first_ns);
    buffer_append_format(to, ",\"relationship_type\":\"%s\",\"source_ref\":\"indicator--%s\"",
                         campaign->is_incident ? "related-to" : "indicates", uuid);
    buffer_append_text(to, ",\"target_ref\":");
    stix_append_id(to, type, campaign->id, SLICE(""));
    buffer_append_byte(to, '}');
}

void stix_append_indicators(struct buffer *to, const struct report_input *input,
                            const struct campaign *campaign) {
    uint32_t count;
    struct indicator_told *rows = indicators_of(campaign, &count);
    struct buffer pattern;
    buffer_init(&pattern, PATTERN_MAX);
    for (uint32_t i = 0; i < count && i < INDICATORS_MAX; i++) {
        buffer_reset(&pattern);
        if (rows[i].first_ns != CLOCK_NONE && pattern_of(&pattern, &rows[i]))
            indicator_append(to, input, campaign, &rows[i], buffer_slice(&pattern));
    }
    buffer_done(&pattern);
    memory_free(rows);
}
