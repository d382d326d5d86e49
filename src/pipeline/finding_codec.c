// A finding as bytes: key and payload
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/finding_codec.h"

#include "base/bytes.h"

#include <assert.h>

static void codec_append_u32(struct buffer *to, uint32_t number) {
    buffer_append(to, &number, sizeof number);
}

static void codec_append_text(struct buffer *to, struct slice text) {
    assert(text.size <= UINT32_MAX);
    codec_append_u32(to, (uint32_t)text.size);
    buffer_append_slice(to, text);
}

void finding_append_key(struct buffer *to, uint32_t rule, const struct finding *finding) {
    assert(finding->field_count <= FINDING_FIELDS_MAX);
    codec_append_u32(to, __builtin_bswap32(rule));
    buffer_append(to, &finding->code, sizeof finding->code);
    codec_append_text(to, finding->host);
    codec_append_text(to, finding->account);
    codec_append_text(to, finding->provider);
    codec_append_text(to, finding->channel);
    codec_append_u32(to, finding->field_count);
    for (uint32_t i = 0; i < finding->field_count; i++) {
        codec_append_text(to, finding->fields[i].name);
        codec_append_text(to, finding->fields[i].ecs);
        codec_append_text(to, finding->fields[i].text);
    }
}

void finding_append_sum(struct buffer *to, const struct finding *finding) {
    assert(finding->reference_count <= FINDING_REFERENCES_MAX);
    buffer_append(to, &finding->first_ns, sizeof finding->first_ns);
    buffer_append(to, &finding->last_ns, sizeof finding->last_ns);
    buffer_append(to, &finding->count, sizeof finding->count);
    codec_append_u32(to, finding->reference_count);
    buffer_append(to, finding->references,
                  finding->reference_count * sizeof finding->references[0]);
}

static bool codec_take(struct slice *from, void *to, size_t size) {
    if (from->size < size)
        return false;
    memcpy(to, from->data, size);
    *from = slice_part(*from, size, SIZE_MAX);
    return true;
}

static bool codec_take_text(struct slice *from, struct slice *ret_text) {
    uint32_t size;
    if (!codec_take(from, &size, sizeof size) || from->size < size)
        return false;
    *ret_text = slice_part(*from, 0, size);
    *from = slice_part(*from, size, SIZE_MAX);
    return true;
}

bool finding_read_key(struct slice key, struct finding *ret_finding, uint32_t *ret_rule) {
    uint32_t rule;
    if (!codec_take(&key, &rule, sizeof rule) ||
        !codec_take(&key, &ret_finding->code, sizeof ret_finding->code) ||
        !codec_take_text(&key, &ret_finding->host) ||
        !codec_take_text(&key, &ret_finding->account) ||
        !codec_take_text(&key, &ret_finding->provider) ||
        !codec_take_text(&key, &ret_finding->channel) ||
        !codec_take(&key, &ret_finding->field_count, sizeof ret_finding->field_count) ||
        ret_finding->field_count > FINDING_FIELDS_MAX)
        return false;
    for (uint32_t i = 0; i < ret_finding->field_count; i++) {
        struct finding_field *field = &ret_finding->fields[i];
        if (!codec_take_text(&key, &field->name) || !codec_take_text(&key, &field->ecs) ||
            !codec_take_text(&key, &field->text))
            return false;
    }
    *ret_rule = __builtin_bswap32(rule);
    return key.size == 0;
}

bool finding_read_sum(struct slice payload, struct finding *ret_finding) {
    return codec_take(&payload, &ret_finding->first_ns, sizeof ret_finding->first_ns) &&
           codec_take(&payload, &ret_finding->last_ns, sizeof ret_finding->last_ns) &&
           codec_take(&payload, &ret_finding->count, sizeof ret_finding->count) &&
           codec_take(&payload, &ret_finding->reference_count,
                      sizeof ret_finding->reference_count) &&
           ret_finding->reference_count <= FINDING_REFERENCES_MAX &&
           codec_take(&payload, ret_finding->references,
                      ret_finding->reference_count * sizeof ret_finding->references[0]) &&
           payload.size == 0;
}

void finding_merge_sum(struct finding *finding, const struct finding *other) {
    if (other->first_ns != CLOCK_NONE &&
        (finding->first_ns == CLOCK_NONE || other->first_ns < finding->first_ns))
        finding->first_ns = other->first_ns;
    if (other->last_ns > finding->last_ns)
        finding->last_ns = other->last_ns;
    finding->count += other->count;
    for (uint32_t i = 0; i < other->reference_count; i++)
        reference_insert(finding->references, &finding->reference_count, &other->references[i]);
}
