// The pieces that reports in JSON are made of
// SPDX-License-Identifier: Apache-2.0
#include "report/json_piece.h"

#include "base/clock.h"
#include "base/text.h"

void json_key(struct buffer *to, const char *name, bool first) {
    if (!first)
        buffer_append_byte(to, ',');
    text_append_json(to, slice_of_string(name));
    buffer_append_byte(to, ':');
}

void json_string(struct buffer *to, const char *name, struct slice text) {
    json_key(to, name, false);
    text_append_json(to, text);
}

void json_when(struct buffer *to, const char *name, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, text);
    json_key(to, name, false);
    if (size)
        text_append_json(to, slice_of(text, size));
    else
        buffer_append_text(to, "null");
}

void json_tags(struct buffer *to, const struct report_input *input,
               const struct reference *references, uint32_t count) {
    json_key(to, "evidence", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < count; i++) {
        char tag[TAG_SIZE];
        cited_tag(input->cited, &references[i], tag);
        buffer_append_format(to, i ? ",\"%s\"" : "\"%s\"", tag);
    }
    buffer_append_byte(to, ']');
}

void json_slices(struct buffer *to, const char *name, const struct slice *texts, uint32_t count) {
    json_key(to, name, false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buffer_append_byte(to, ',');
        text_append_json(to, texts[i]);
    }
    buffer_append_byte(to, ']');
}

void json_sentence_list(struct buffer *to, const struct report_input *input,
                        const struct sentence *sentences, uint32_t count) {
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < count; i++) {
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "text", true);
        text_append_json(to, sentences[i].text);
        json_tags(to, input, sentences[i].references, sentences[i].reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

void json_sentences(struct buffer *to, const struct report_input *input, const char *name,
                    const struct sentence *sentences, uint32_t count) {
    json_key(to, name, false);
    json_sentence_list(to, input, sentences, count);
}

void json_evidence(struct buffer *to, const struct report_input *input) {
    json_key(to, "evidence", false);
    buffer_append_byte(to, '{');
    for (uint32_t i = 0; i < input->cited->count; i++) {
        const struct reference *reference = &input->cited->references[i];
        const struct position *position = &reference->position;
        char tag[TAG_SIZE], hex[DIGEST_SHA256_HEX_SIZE];
        cited_tag(input->cited, reference, tag);
        digest_hex(reference->sha256, hex);
        json_key(to, tag, i == 0);
        buffer_append_byte(to, '{');
        json_key(to, "file", true);
        text_append_json(to, input->names->path(input->names->context, position->source));
        json_string(to, "sha256", slice_of_string(hex));
        bool line = position->line != 0;
        buffer_append_format(
            to, line ? ",\"record\":null,\"line\":%llu" : ",\"record\":%llu,\"line\":null",
            (unsigned long long)(line ? position->line : position->record_id));
        buffer_append_format(to, ",\"offset\":%llu", (unsigned long long)position->offset);
        json_when(to, "time", reference->time_ns);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, '}');
}
