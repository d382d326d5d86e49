// Nested objects out of sorted dotted names
// SPDX-License-Identifier: Apache-2.0
#include "normalise/ecs_writer.h"

#include <assert.h>
#include <string.h>

void ecs_writer_init(struct ecs_writer *writer, struct buffer *buffer) {
    *writer = (struct ecs_writer){.buffer = buffer};
    buffer_append_byte(buffer, '{');
}

// Bytes of the parents that both names have, with the dot after them: "process." for
// process.name and process.parent.name.
static size_t parents_common(const char *a, const char *b) {
    size_t common = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '.')
            common = i + 1;
    return common;
}

static void writer_close(struct ecs_writer *writer, size_t common) {
    for (const char *at = writer->last + common; *at; at++)
        if (*at == '.')
            buffer_append_byte(writer->buffer, '}');
}

void ecs_writer_key(struct ecs_writer *writer, const char *name) {
    size_t common = 0;
    if (writer->last) {
        assert(strcmp(writer->last, name) < 0);
        common = parents_common(writer->last, name);
        writer_close(writer, common);
    }
    if (writer->last)
        buffer_append_byte(writer->buffer, ',');
    writer->last = name;
    for (const char *at = name + common;;) {
        const char *dot = strchr(at, '.');
        size_t size = dot ? (size_t)(dot - at) : strlen(at);
        buffer_append_byte(writer->buffer, '"');
        buffer_append(writer->buffer, at, size);
        buffer_append_text(writer->buffer, dot ? "\":{" : "\":");
        if (!dot)
            return;
        at = dot + 1;
    }
}

bool ecs_writer_has(const struct ecs_writer *writer, const char *name) {
    return writer->last && strcmp(writer->last, name) == 0;
}

void ecs_writer_done(struct ecs_writer *writer) {
    if (writer->last)
        writer_close(writer, 0);
    buffer_append_byte(writer->buffer, '}');
}
