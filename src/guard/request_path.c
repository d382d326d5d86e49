// What a client asks for, decoded in one way only
// SPDX-License-Identifier: Apache-2.0
#include "guard/request_path.h"

#include "base/text.h"

#include <assert.h>
#include <stdbool.h>

static bool is_control(uint8_t byte) {
    return byte < 0x20 || byte == 0x7F;
}

// RFC 3986 2.3, and '/' between segments.
static bool is_unreserved(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
           byte == '~' || byte == '/';
}

static bool is_one_of(uint8_t byte, const char *set) {
    return byte && strchr(set, byte);
}

// One byte of the path, at `*at`, which goes to behind it.
static enum status byte_read(struct slice target, size_t *at, uint8_t *ret_byte,
                             struct problem *problem) {
    uint8_t byte = target.data[*at];
    if (byte != '%') {
        if (is_control(byte) || is_one_of(byte, " #\\;"))
            return problem_set_offset(problem, STATUS_FORMAT, *at, "byte 0x%02x in a path", byte);
        *ret_byte = byte;
        *at += 1;
        return STATUS_OK;
    }
    int high = *at + 2 < target.size ? text_hex_digit(target.data[*at + 1]) : -1;
    int low = *at + 2 < target.size ? text_hex_digit(target.data[*at + 2]) : -1;
    if (high < 0 || low < 0)
        return problem_set_offset(problem, STATUS_FORMAT, *at, "an escape that is none");
    byte = (uint8_t)(high << 4 | low);
    if (is_control(byte) || is_one_of(byte, "/\\%.;?#"))
        return problem_set_offset(problem, STATUS_FORMAT, *at, "an escape hides byte 0x%02x", byte);
    *ret_byte = byte;
    *at += 3;
    return STATUS_OK;
}

// Segments that file systems and servers take for others.
static enum status segments_check(struct slice path, struct problem *problem) {
    size_t from = 0;
    for (size_t i = 0; i <= path.size; i++) {
        if (i < path.size && path.data[i] != '/')
            continue;
        struct slice segment = slice_part(path, from, i - from);
        bool is_last = i == path.size;
        if (segment.size == 0 && !is_last)
            return problem_set(problem, STATUS_FORMAT, "an empty segment in a path");
        if (segment.size && is_one_of(segment.data[segment.size - 1], ". "))
            return problem_set(problem, STATUS_FORMAT, "a segment that ends in a dot or a blank");
        from = i + 1;
    }
    return STATUS_OK;
}

enum status request_path_read(struct slice target, struct request_path *ret_path,
                              struct problem *problem) {
    if (target.size > REQUEST_TARGET_BYTES_MAX)
        return problem_set(problem, STATUS_FORMAT, "a request target over %d bytes",
                           REQUEST_TARGET_BYTES_MAX);
    if (target.size == 0 || target.data[0] != '/')
        return problem_set(problem, STATUS_FORMAT, "a request target that is no path");
    const uint8_t *mark = memchr(target.data, '?', target.size);
    struct slice query = {NULL, 0};
    if (mark) {
        size_t size = (size_t)(mark - target.data);
        query = slice_part(target, size + 1, target.size);
        target.size = size;
    }
    size_t size = 1;
    ret_path->bytes[0] = '/';
    for (size_t at = 1; at < target.size;) {
        enum status status = byte_read(target, &at, &ret_path->bytes[size], problem);
        if (status != STATUS_OK)
            return status;
        size++;
    }
    struct slice path = slice_of(ret_path->bytes + 1, size - 1);
    if (!text_is_utf8(path))
        return problem_set(problem, STATUS_FORMAT, "a path that is not UTF-8");
    enum status status = segments_check(path, problem);
    if (status != STATUS_OK)
        return status;
    ret_path->path = path;
    ret_path->whole = slice_of(ret_path->bytes, size);
    ret_path->query = query;
    return STATUS_OK;
}

void request_path_append(struct buffer *buffer, struct slice path) {
    static const char DIGITS[] = "0123456789ABCDEF";
    for (size_t i = 0; i < path.size; i++) {
        uint8_t byte = path.data[i];
        if (is_unreserved(byte)) {
            buffer_append_byte(buffer, byte);
            continue;
        }
        uint8_t escape[] = {'%', (uint8_t)DIGITS[byte >> 4], (uint8_t)DIGITS[byte & 15]};
        buffer_append(buffer, escape, sizeof escape);
    }
}

bool request_path_is_plain(struct slice target, const struct request_path *path) {
    struct buffer written;
    buffer_init(&written, 1 + 3 * REQUEST_TARGET_BYTES_MAX);
    buffer_append_byte(&written, '/');
    request_path_append(&written, path->path);
    size_t size = path->query.data ? (size_t)(path->query.data - 1 - target.data) : target.size;
    bool plain = slice_equal(slice_part(target, 0, size), buffer_slice(&written));
    buffer_done(&written);
    return plain;
}
