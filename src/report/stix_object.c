// The pieces of a STIX bundle
// SPDX-License-Identifier: Apache-2.0
#include "report/stix_object.h"

#include "base/clock.h"
#include "base/text.h"

#define AUTHOR_TIME "2026-01-01T00:00:00.000Z"

void stix_uuid(const char *type, struct slice owner, struct slice name,
               char ret_uuid[STIX_UUID_SIZE]) {
    static const uint8_t NAMESPACE[16] = {0x3b, 0x1f, 0xc2, 0x5e, 0x70, 0x9a, 0x4d, 0x16,
                                          0x9e, 0x27, 0x51, 0x8c, 0x04, 0xd3, 0xb6, 0xa8};
    uint8_t digest[DIGEST_SIZE_MAX];
    struct digest_pass *pass = digest_pass_new();
    digest_pass_begin(pass, 1u << DIGEST_SHA1);
    digest_pass_add(pass, slice_of(NAMESPACE, sizeof NAMESPACE));
    digest_pass_add(pass, slice_of(type, strlen(type) + 1));
    digest_pass_add(pass, owner);
    digest_pass_add(pass, slice_of("", 1));
    digest_pass_add(pass, name);
    digest_pass_end(pass, DIGEST_SHA1, digest);
    digest_pass_free(pass);
    digest[6] = (uint8_t)((digest[6] & 0x0F) | 0x50);
    digest[8] = (uint8_t)((digest[8] & 0x3F) | 0x80);
    char hex[DIGEST_HEX_SIZE_MAX];
    digest_hex_of(digest, 16, hex);
    static const size_t parts[] = {0, 8, 12, 16, 20, 32};
    size_t size = 0;
    for (size_t i = 0; i + 1 < ARRAY_SIZE(parts); i++) {
        memcpy(ret_uuid + size, hex + parts[i], parts[i + 1] - parts[i]);
        size += parts[i + 1] - parts[i];
        ret_uuid[size++] = '-';
    }
    ret_uuid[STIX_UUID_SIZE - 1] = '\0';
}

void stix_append_id(struct buffer *to, const char *type, struct slice owner, struct slice name) {
    char uuid[STIX_UUID_SIZE];
    stix_uuid(type, owner, name, uuid);
    buffer_append_format(to, "\"%s--%s\"", type, uuid);
}

void stix_append_text(struct buffer *to, const char *name, struct slice text) {
    buffer_append_format(to, ",\"%s\":", name);
    text_append_json(to, text);
}

void stix_append_time(struct buffer *to, const char *name, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, text);
    if (size)
        stix_append_text(to, name, slice_of(text, size));
}

void stix_object_begin(struct buffer *to, const struct report_input *input, const char *type,
                       struct slice owner, struct slice name, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    struct slice time = slice_of(text, clock_format(time_ns, text));
    if (time.size == 0)
        time = SLICE(AUTHOR_TIME);
    buffer_append_format(to, ",\n{\"type\":\"%s\",\"spec_version\":\"2.1\",\"id\":", type);
    stix_append_id(to, type, owner, name);
    buffer_append_text(to, ",\"created_by_ref\":");
    stix_append_id(to, "identity", SLICE("author"), SLICE("Vedette"));
    stix_append_text(to, "created", time);
    stix_append_text(to, "modified", time);
    buffer_append_format(to, ",\"object_marking_refs\":[\"marking-definition--%s\"]",
                         marking_uuid(report_marking(input)));
}

void stix_append_evidence(struct buffer *to, const struct report_input *input,
                          const struct reference *references, uint32_t count) {
    if (count == 0)
        return;
    buffer_append_text(to, ",\"external_references\":[");
    for (uint32_t i = 0; i < count; i++) {
        const struct position *position = &references[i].position;
        char tag[TAG_SIZE], hex[DIGEST_SHA256_HEX_SIZE];
        cited_tag(input->cited, &references[i], tag);
        digest_hex(references[i].sha256, hex);
        buffer_append_format(to, "%s{\"source_name\":\"vedette-evidence\",\"external_id\":\"%s\"",
                             i ? "," : "", tag);
        stix_append_text(to, "description",
                         input->names->path(input->names->context, position->source));
        to->size -= !to->failed; // the closing quote: the text goes on
        buffer_append_format(
            to, ", %s %llu, SHA-256 %s\"}", position->line ? "line" : "record",
            (unsigned long long)(position->line ? position->line : position->record_id), hex);
    }
    buffer_append_byte(to, ']');
}

void stix_append_common(struct buffer *to, const struct report_input *input) {
    enum marking marking = report_marking(input);
    buffer_append_format(
        to,
        "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--"
        "%s\",\"created\":\"2022-10-01T00:00:00.000Z\",\"name\":\"%s\",\"extensions\":{\"extension-"
        "definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d\":{\"extension_type\":\"property-"
        "extension\",\"tlp_2_0\":\"%s\"}}}",
        marking_uuid(marking), marking_name(marking), marking_label(marking));
    buffer_append_text(to, ",\n{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":");
    stix_append_id(to, "identity", SLICE("author"), SLICE("Vedette"));
    buffer_append_text(
        to,
        ",\"created\":\"" AUTHOR_TIME "\",\"modified\":\"" AUTHOR_TIME
        "\",\"name\":\"Vedette\",\"description\":\"reconstructs intrusions from logs\","
        "\"identity_class\":\"system\"}"
        ",\n{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"identity--fb9c968a-745b-"
        "4ade-9b25-c324172197f4\",\"created\":\"2022-08-02T19:34:35.143Z\",\"modified\":\"2022-"
        "08-02T19:34:35.143Z\",\"name\":\"MITRE Center for Threat-Informed Defense\","
        "\"identity_class\":\"organization\"}"
        ",\n{\"type\":\"extension-definition\",\"spec_version\":\"2.1\",\"id\":\"" //
        STIX_FLOW_EXTENSION
        "\",\"created_by_ref\":\"identity--fb9c968a-745b-4ade-9b25-c324172197f4\",\"created\":"
        "\"2022-08-02T19:34:35.143Z\",\"modified\":\"2022-08-02T19:34:35.143Z\",\"name\":"
        "\"Attack Flow\",\"description\":\"Extends STIX 2.1 with features to create Attack "
        "Flows.\",\"schema\":\"https://center-for-threat-informed-defense.github.io/attack-flow/"
        "stix/attack-flow-schema-2.0.0.json\",\"version\":\"2.0.0\",\"extension_types\":[\"new-"
        "sdo\"]}");
}
