// The header in force while text is divided
// SPDX-License-Identifier: Apache-2.0
#include "intake/header_lines.h"

#include "base/text.h"

void header_lines_init(struct header_lines *headers) {
    *headers = (struct header_lines){.run_end = UINT64_MAX};
    buffer_init(&headers->first, HEADER_BYTES_MAX);
    buffer_init(&headers->named, HEADER_BYTES_MAX);
    buffer_init(&headers->run, HEADER_BYTES_MAX);
}

void header_lines_done(struct header_lines *headers) {
    buffer_done(&headers->first);
    buffer_done(&headers->named);
    buffer_done(&headers->run);
}

void header_lines_first(struct header_lines *headers, struct slice line) {
    if (slice_starts(line, SLICE("\xEF\xBB\xBF")))
        line = slice_part(line, headers->first_begin = 3, line.size);
    if (line.size <= HEADER_BYTES_MAX)
        buffer_append_slice(&headers->first, line);
}

// "#Fields:" of W3C and Exchange, "#fields" of Zeek.
static bool line_names_fields(struct slice line) {
    return text_equal_fold_ascii(slice_part(line, 0, 7), SLICE("#fields"));
}

// Begin another run. What is kept is copied once, not with each line.
static void run_start(struct header_lines *headers, uint64_t offset) {
    if (headers->run_names) {
        buffer_reset(&headers->named);
        buffer_append_slice(&headers->named, buffer_slice(&headers->run));
        headers->named_begin = headers->run_begin;
    }
    buffer_reset(&headers->run);
    headers->run_begin = offset;
    headers->run_names = false;
}

void header_lines_add(struct header_lines *headers, uint64_t offset, struct slice line) {
    if (offset != headers->run_end || headers->run.size + line.size > HEADER_BYTES_MAX)
        run_start(headers, offset);
    headers->run_end = offset + line.size;
    if (line.size > HEADER_BYTES_MAX)
        return;
    buffer_append_slice(&headers->run, line);
    headers->run_names = headers->run_names || line_names_fields(line);
}

void header_lines_append(const struct header_lines *headers, struct buffer *buffer) {
    const struct buffer *run = headers->run_names ? &headers->run : &headers->named;
    uint64_t begin = headers->run_names ? headers->run_begin : headers->named_begin;
    if (run->size == 0 || begin != headers->first_begin)
        buffer_append_slice(buffer, buffer_slice(&headers->first));
    buffer_append_slice(buffer, buffer_slice(run));
}
